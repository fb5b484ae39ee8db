"""What only macOS has, on doubles: osascript as osascript(1) describes it, SMAppService as Apple's documentation does.

``SMAppService.statusForLegacyPlist(at:)`` (Objective-C: ``statusForLegacyURL:``) gives notRegistered 0, enabled 1,
requiresApproval 2, notFound 3.
"""

import plistlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import project
from probe_tray.adapters.desktop.autostart import TextEntryFile
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.systems import macos, posix
from probe_tray.adapters.systems.macos import BUNDLE_ID, LaunchAgent, MacosSystem
from probe_tray.adapters.systems.macos_desktop import MacosDesktop
from probe_tray.core.errors import WriteError


class Script:
    def __init__(self, status: int) -> None:
        self.status, self.command = status, tuple[str, ...]()

    def run(self, command: tuple[str, ...], **_options: object) -> subprocess.CompletedProcess[bytes]:
        self.command = command
        return subprocess.CompletedProcess(command, self.status, b"", b"")


@pytest.mark.parametrize("status", [0, 1])
def test_an_error_is_shown_by_a_script_that_does_not_hold_its_text(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(status)
    monkeypatch.setattr(macos.subprocess, "run", script.run)
    assert MacosSystem().show_error('it\'s "broken"') is (status == 0)
    assert script.command[-2:] == ("--", 'it\'s "broken"')
    assert script.command[:2] == ("/usr/bin/osascript", "-e")


def test_qt_is_kept_from_taking_the_keyboard_at_the_start() -> None:
    environment: dict[str, str] = {}
    MacosDesktop().prepare_start(environment)
    assert environment == {"QT_MAC_DISABLE_FOREGROUND_APPLICATION_TRANSFORM": "1"}


COMMAND = ("/Applications/Probe Tray.app/Contents/MacOS/probe-tray", "--background")
COPY = "/private/var/folders/x/T/AppTranslocation/1/d/Probe Tray.app/Contents/MacOS/probe-tray"


def agent(tmp_path: Path) -> LaunchAgent:
    path = tmp_path / "LaunchAgents" / "io.github.probe-tray.plist"
    return LaunchAgent(path, TextEntryFile(str(path), disk=Disk()), {})


def answer_of_the_system(monkeypatch: pytest.MonkeyPatch, status: int) -> list[str]:
    """Let SMAppService answer with ``status``; returns the agents that it is asked of."""
    asked: list[str] = []

    def status_of(url: str) -> int:
        asked.append(url)
        return status

    classes = {
        "NSURL": SimpleNamespace(fileURLWithPath_=str),
        "SMAppService": SimpleNamespace(statusForLegacyURL_=status_of),
    }
    objc, runtime = ModuleType("rubicon.objc"), ModuleType("rubicon.objc.runtime")
    vars(objc)["ObjCClass"] = classes.__getitem__
    vars(runtime)["load_library"] = str
    monkeypatch.setitem(sys.modules, "rubicon.objc", objc)
    monkeypatch.setitem(sys.modules, "rubicon.objc.runtime", runtime)
    monkeypatch.setattr("fcntl.F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr("sys.platform", "darwin")
    return asked


@pytest.mark.parametrize(("status", "off"), [(0, False), (1, False), (2, True), (3, False)])
def test_an_agent_that_system_settings_switched_off_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, *, off: bool
) -> None:
    asked = answer_of_the_system(monkeypatch, status)
    one = agent(tmp_path)
    assert one.obstacle() == ""
    assert asked == []
    one.put(COMMAND)
    assert ("Login Items" in one.obstacle()) is off
    assert asked == [str(tmp_path / "LaunchAgents" / "io.github.probe-tray.plist")]


def test_before_macos_13_nobody_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_of_the_system(monkeypatch, 2)
    vars(sys.modules["rubicon.objc"])["ObjCClass"] = dict[str, object]().__getitem__
    one = agent(tmp_path)
    one.put(COMMAND)
    assert one.obstacle() == ""


def test_a_bundle_that_macos_runs_from_a_copy_is_not_started_from_there_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = agent(tmp_path)
    with pytest.raises(WriteError, match="Applications"):
        one.put((COPY, "--background"))
    one.put(COMMAND)
    one.renew((COPY, "--background"))
    path = tmp_path / "LaunchAgents" / "io.github.probe-tray.plist"
    assert plistlib.loads(path.read_bytes())["ProgramArguments"] == list(COMMAND)
    monkeypatch.setattr(sys, "executable", COPY)
    assert "Applications" in one.obstacle()


def test_system_settings_show_the_program_s_name_for_the_agent_of_a_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, path = agent(tmp_path), tmp_path / "LaunchAgents" / "io.github.probe-tray.plist"
    one.put(COMMAND)
    assert "AssociatedBundleIdentifiers" not in plistlib.loads(path.read_bytes())
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    one.put(COMMAND)
    assert plistlib.loads(path.read_bytes())["AssociatedBundleIdentifiers"] == BUNDLE_ID == project.APP_ID


PROCESSES = """\
  482 /Applications/Codex.app/Contents/MacOS/Codex
 1071 /Users/ana/.nvm/versions/node/v22.11.0/lib/node_modules/@openai/codex/vendor/aarch64-apple-darwin/codex/codex
 1080 codex
12345 /Applications/Two  Words (beta).app/Contents/MacOS/a name, with "quotes"
  613 (codex)
  700 -zsh
warning: something else
"""


def test_programs_are_those_that_ps_lists_whatever_their_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def output_of(*command: str) -> str:
        asked.append(command)
        return PROCESSES

    monkeypatch.setattr(posix, "output_of", output_of)
    assert [(one.name, one.number, one.codex_home) for one in MacosSystem().user_programs()] == [
        ("Codex", 482, None),
        ("codex", 1071, None),
        ("codex", 1080, None),
        ('a name, with "quotes"', 12345, None),
        ("(codex)", 613, None),
        ("-zsh", 700, None),
    ]
    # Own processes alone, and no path is cut.
    assert asked == [("ps", "-x", "-ww", "-o", "pid=", "-o", "comm=")]


@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.TimeoutExpired("ps", 3)])
def test_a_mac_that_does_not_list_programs_says_nothing_about_who_runs(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def output_of(*_command: str) -> str:
        raise error

    monkeypatch.setattr(posix, "output_of", output_of)
    with pytest.raises(type(error)):
        MacosSystem().user_programs()


def test_a_ps_that_prints_no_process_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def output_of(*_command: str) -> str:
        return "ps: illegal option -- x\n"

    monkeypatch.setattr(posix, "output_of", output_of)
    with pytest.raises(OSError, match="ps lists no process"):
        MacosSystem().user_programs()
