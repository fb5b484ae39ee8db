"""Start at login: what is written on each platform, and that a person's own changes stay."""

import os
import plistlib
import re
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from configparser import RawConfigParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.desktop.autostart import AutostartingSettings, TextEntryFile, start_command, system_entry
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.systems.linux import DesktopEntry, exec_line
from probe_tray.adapters.systems.macos import LaunchAgent, launch_environment
from probe_tray.adapters.systems.operating_system import LoginEntry
from probe_tray.adapters.systems.run_entry import RunEntry
from probe_tray.adapters.systems.user_registry import APPROVED_KEY, RUN_KEY
from probe_tray.core.errors import WriteError
from probe_tray.core.settings import Settings, SettingsPatch, change
from tests.support.winreg import Winreg

COMMAND = ("/home/ana b/bin/probe-tray", "--background")
OTHER = ("/opt/probe-tray/probe-tray", "--background")


class FakeFile:
    def __init__(self) -> None:
        self.saved: list[Settings] = []

    async def change(
        self, change: SettingsPatch, base: Settings, check: Callable[[Settings], Awaitable[None]]
    ) -> Settings:
        self.saved.append(change.applied_to(self.saved[-1] if self.saved else base))
        await check(self.saved[-1])
        return self.saved[-1]


async def anything(settings: Settings) -> None:
    del settings


class FakeEntry:
    def __init__(self) -> None:
        self.done: list[object] = []

    def put(self, command: Sequence[str]) -> None:
        self.done.append(tuple(command))

    def remove(self) -> None:
        self.done.append("removed")

    def renew(self, command: Sequence[str]) -> None:
        self.done.append(("renewed", *command))

    def obstacle(self) -> str:
        return ""


def parsed(path: Path) -> dict[str, str]:
    reader = RawConfigParser(interpolation=None)
    reader.optionxform = str  # pyright: ignore[reportAttributeAccessIssue] - the documented way to keep capitals
    reader.read_string(path.read_text("utf-8"))
    return dict(reader["Desktop Entry"])


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="XDG")
def test_on_linux_it_is_a_file_in_the_autostart_folder(home: Path) -> None:
    entry = system_entry("probe-tray", os.environ, disk=Disk())
    path = home / ".config" / "autostart" / "probe-tray.desktop"
    entry.remove()
    assert not path.parent.exists()
    entry.put(COMMAND)
    found = parsed(path)
    assert (found["Type"], found["Exec"]) == ("Application", '"/home/ana b/bin/probe-tray" "--background"')
    # Once the program is gone, the desktop overlooks the entry.
    assert found["TryExec"] == "/home/ana b/bin/probe-tray"
    entry.remove()
    entry.remove()
    assert list(path.parent.iterdir()) == []


def test_what_a_desktop_switched_off_stays_off_where_the_program_moved(tmp_path: Path) -> None:
    path = tmp_path / "probe-tray.desktop"
    entry = DesktopEntry(TextEntryFile(str(path), disk=Disk()))
    entry.renew(OTHER)
    assert not path.exists()
    entry.put(COMMAND)
    assert entry.obstacle() == ""
    path.write_text(path.read_text("utf-8").replace("enabled=true", "enabled=false") + "Hidden=true\n", "utf-8")
    entry.renew(OTHER)
    found = parsed(path)
    assert (found["Hidden"], found["X-GNOME-Autostart-enabled"]) == ("true", "false")
    assert "turned it off" in entry.obstacle()
    assert shlex.split(found["Exec"]) == list(OTHER)
    assert found["TryExec"] == OTHER[0]


def words_of(line: str) -> list[str]:
    """What a desktop makes of ``Exec``: the escapes of a string first, then the quotes, then the field codes."""
    line = line.replace("\\\\", "\\")
    return [
        re.sub(r"\\([\"`$\\])", r"\1", word).replace("%%", "%") for word in re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    ]


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_every_command_survives_the_quoting(command: list[str]) -> None:
    assert words_of(exec_line(command)) == command


def test_on_macos_it_is_a_launch_agent(tmp_path: Path) -> None:
    path = tmp_path / "LaunchAgents" / "io.github.probe-tray.plist"
    environment = {"CODEX_HOME": "/codex", "HTTPS_PROXY": "http://ana:pw@p:1", "NO_PROXY": "*"}
    agent = LaunchAgent(path, TextEntryFile(str(path), disk=Disk()), launch_environment(environment))
    agent.renew(COMMAND)
    agent.remove()
    assert not path.exists()
    agent.put(COMMAND)
    found = plistlib.loads(path.read_bytes())
    assert (found["Label"], found["ProgramArguments"], found["RunAtLoad"]) == (
        "io.github.probe-tray",
        list(COMMAND),
        True,
    )
    assert found["ProcessType"] == "Interactive"
    # launchd does not read the shell's profile; a password does not go into the file.
    assert found["EnvironmentVariables"] == {"CODEX_HOME": "/codex", "NO_PROXY": "*"}
    path.write_bytes(plistlib.dumps({**found, "Disabled": True}))
    agent.renew(OTHER)
    found = plistlib.loads(path.read_bytes())
    assert (found["Disabled"], found["ProgramArguments"]) == (True, list(OTHER))
    path.write_bytes(b"no list")
    agent.renew(OTHER)
    assert path.read_bytes() == b"no list"
    agent.remove()
    assert not path.exists()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Winreg:
    return Winreg.installed(monkeypatch)


def test_on_windows_it_is_a_value_of_the_key_run(registry: Winreg) -> None:
    entry = system_entry("probe-tray", {}, disk=Disk())
    entry.remove()
    entry.renew(COMMAND)
    assert registry.values == {}
    entry.put((r"C:\Program Files\Probe Tray\probe-tray.exe", "--background"))
    assert registry.values[RUN_KEY] == {"probe-tray": r'"C:\Program Files\Probe Tray\probe-tray.exe" --background'}
    entry.renew(OTHER)
    assert registry.values[RUN_KEY] == {"probe-tray": "/opt/probe-tray/probe-tray --background"}
    entry.remove()
    assert registry.values[RUN_KEY] == {}


def test_what_task_manager_switched_off_is_on_again_once_the_person_says_so(registry: Winreg) -> None:
    entry = system_entry("probe-tray", {}, disk=Disk())
    entry.put(COMMAND)
    # Task Manager writes a binary value whose first byte is odd.
    registry.values[APPROVED_KEY] = {"probe-tray": b"\x03" + bytes(11)}
    entry.renew(OTHER)
    assert registry.values[APPROVED_KEY] == {"probe-tray": b"\x03" + bytes(11)}
    entry.put(COMMAND)
    assert registry.values[APPROVED_KEY] == {}


@pytest.mark.parametrize(
    ("noted", "off"),
    [
        (b"\x03" + bytes(11), True),
        (b"\x07" + bytes(11), True),
        (b"\x02" + bytes(11), False),
        (b"", False),
        ("3", False),
    ],
)
def test_what_task_manager_has_switched_off_is_told(registry: Winreg, noted: object, *, off: bool) -> None:
    entry = system_entry("probe-tray", {}, disk=Disk())
    entry.put(COMMAND)
    assert entry.obstacle() == ""
    registry.values[APPROVED_KEY] = {"probe-tray": noted}
    assert ("Task Manager" in entry.obstacle()) is off


def test_windows_does_not_see_what_the_store_s_python_writes(registry: Winreg, monkeypatch: pytest.MonkeyPatch) -> None:
    # "Using Python on Windows", "Redirection of local data, registry, and temporary paths".
    monkeypatch.setattr(sys, "base_prefix", r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.13")
    system_entry("probe-tray", {}, disk=Disk()).put(COMMAND)
    assert registry.values[RUN_KEY]
    assert "Microsoft Store" in system_entry("probe-tray", {}, disk=Disk()).obstacle()


async def test_a_registry_that_cannot_be_asked_keeps_nobody_from_the_settings(registry: Winreg) -> None:
    registry.error = PermissionError(13, "Access is denied")
    registry.values[APPROVED_KEY] = {}
    assert await AutostartingSettings(FakeFile(), system_entry("probe-tray", {}, disk=Disk()), COMMAND).obstacle() == ""


def test_a_registry_that_refuses_is_named(registry: Winreg) -> None:
    registry.error = PermissionError(13, "Access is denied")
    with pytest.raises(WriteError) as caught:
        system_entry("probe-tray", {}, disk=Disk()).put(COMMAND)
    assert "HKEY_CURRENT_USER" in caught.value.title
    assert "Access is denied" in caught.value.title


@pytest.mark.parametrize(
    ("platform", "kind"),
    [("linux", DesktopEntry), ("darwin", LaunchAgent), ("win32", RunEntry), ("freebsd14", DesktopEntry)],
)
def test_each_platform_has_its_own_entry(platform: str, kind: type[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert isinstance(system_entry("probe-tray", {}, disk=Disk()), kind)


def test_the_command_is_the_script_beside_this_python() -> None:
    command = start_command({}, demo=False)
    assert Path(command[0]).is_file()
    assert Path(command[0]).stem == "probe-tray"
    assert command[1:] == ("--background",)
    assert start_command({}, demo=True)[1:] == ("--demo", "--background")


@pytest.mark.parametrize(
    ("platform", "python", "expected"),
    [
        ("linux", "python3", ("python3", "-m", "probe_tray")),
        ("win32", "python.exe", ("pythonw.exe", "-m", "probe_tray")),
    ],
)
def test_without_a_script_the_package_is_run(
    platform: str, python: str, expected: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "executable", str(tmp_path / python))
    command = start_command({}, demo=False)
    assert (Path(command[0]).parent, Path(command[0]).name, *command[1:]) == (tmp_path, *expected, "--background")


def test_a_bundle_starts_itself_and_an_appimage_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert start_command({}, demo=False) == (sys.executable, "--background")
    assert start_command({"APPIMAGE": "/apps/pt.AppImage"}, demo=False) == ("/apps/pt.AppImage", "--background")


async def test_the_entry_follows_the_setting_and_nothing_else() -> None:
    file, entry = FakeFile(), FakeEntry()
    settings = AutostartingSettings(file, entry, COMMAND)
    for wanted, expected in (
        (change(poll_minutes=15), Settings(poll_minutes=15)),
        (change(start_at_login=True), Settings(poll_minutes=15, start_at_login=True)),
        (change(poll_minutes=30), Settings(poll_minutes=30, start_at_login=True)),
        (change(start_at_login=False), Settings(poll_minutes=30)),
    ):
        assert await settings.change(wanted, Settings(), anything) == expected
        assert file.saved[-1] == expected
    assert entry.done == [COMMAND, "removed"]


async def test_an_entry_that_cannot_be_written_leaves_the_setting_off(tmp_path: Path) -> None:
    (tmp_path / "autostart").write_text("a file in the folder's place", "utf-8")
    file = FakeFile()
    entry: LoginEntry = DesktopEntry(TextEntryFile(str(tmp_path / "autostart" / "probe-tray.desktop"), disk=Disk()))
    settings = AutostartingSettings(file, entry, COMMAND)
    with pytest.raises(WriteError):
        await settings.change(change(start_at_login=True, poll_minutes=15), Settings(), anything)
    assert file.saved[-1] == Settings()


async def test_a_setting_that_cannot_be_saved_leaves_the_entry_as_it_is() -> None:
    async def refuse(settings: Settings) -> None:
        del settings
        raise WriteError(path="config.json", reason="the disk is full")

    entry = FakeEntry()
    with pytest.raises(WriteError):
        await AutostartingSettings(FakeFile(), entry, COMMAND).change(change(start_at_login=True), Settings(), refuse)
    assert entry.done == []
