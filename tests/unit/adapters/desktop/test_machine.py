"""What the machine is, and that nobody's name goes with it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from probe_tray.adapters.desktop.machine import HIDDEN, MachineInspector, clean, how_installed
from probe_tray.adapters.hygiene import REMOVED
from probe_tray.adapters.proxy.proxy import ProxyChoice


def inspector(tmp_path: Path, **environment: str) -> MachineInspector:
    choice = ProxyChoice(found_in="HTTPS_PROXY", shown="http://proxy.example:8080")
    return MachineInspector(environment, tmp_path / "probe-tray.log", lambda: "SecretService", lambda: choice)


def test_the_machine_is_described(tmp_path: Path) -> None:
    found = inspector(tmp_path, XDG_CURRENT_DESKTOP="XFCE", XDG_SESSION_TYPE="x11").machine()
    assert found.python.startswith("CPython 3.")
    assert found.system
    assert (found.data_folder, found.codex_home) == (str(tmp_path), "~/.codex")
    assert (found.desktop, found.keyring, found.log) == ("XFCE, x11", "SecretService", ())
    assert (found.proxy, found.proxy_found_in) == ("http://proxy.example:8080", "HTTPS_PROXY")


def test_on_windows_nothing_is_asked_that_may_take_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Since CPython 3.12 platform.uname() asks WMI (``Lib/platform.py``, ``_wmi_query``).
    def uname() -> None:
        pytest.fail("WMI was asked")

    version = SimpleNamespace(major=10, minor=0, build=26100)
    monkeypatch.setattr("platform.uname", uname)
    monkeypatch.setattr("sys.getwindowsversion", lambda: version, raising=False)
    monkeypatch.setattr("sysconfig.get_platform", lambda: "win-amd64")
    monkeypatch.setattr("sys.platform", "win32")
    assert inspector(tmp_path).machine().system == "Windows 10.0.26100 (win-amd64)"


@pytest.mark.parametrize(
    ("environment", "platform", "base", "frozen", "expected"),
    [
        ({"APPIMAGE": "/x"}, "linux", "/usr", True, "an AppImage"),
        ({}, "darwin", "/usr", True, "a standalone app"),
        ({}, "win32", r"C:\Program Files\WindowsApps\Python", False, "Python from the Microsoft Store"),
        ({}, "win32", r"C:\Python", False, "a Python environment"),
    ],
)
def test_how_it_was_installed_is_told(
    environment: dict[str, str],
    platform: str,
    base: str,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    frozen: bool,
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("sys.base_prefix", base)
    monkeypatch.setattr("sys.frozen", frozen, raising=False)
    assert how_installed(environment) == expected


def test_the_last_lines_of_the_log_are_read(tmp_path: Path) -> None:
    lines = [f"line {number} {'x' * 90}" for number in range(5000)]
    (tmp_path / "probe-tray.log").write_text("\n".join(lines), "utf-8")
    assert inspector(tmp_path).machine().log == tuple(lines[-40:])


def test_a_proxy_that_cannot_be_used_is_no_obstacle(tmp_path: Path) -> None:
    found = MachineInspector({}, tmp_path / "probe-tray.log", str, lambda: None).machine()
    assert found.proxy == "unknown"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("/home/ana/.config/probe-tray", "~/.config/probe-tray"),
        ("by ana, for Anastasia and banana", f"by {HIDDEN}, for Anastasia and banana"),
        ("refresh_token=rt_0123456789abcdef", f"refresh_token={REMOVED}"),
        ("http://user:word@proxy.example", f"http://{REMOVED}@proxy.example"),
    ],
)
def test_home_user_and_secrets_are_taken_out(text: str, cleaned: str) -> None:
    assert clean(text, "/home/ana", "ana") == cleaned


def test_a_home_and_a_user_that_say_nothing_change_nothing() -> None:
    assert clean("/a/b x", "/", "x") == "/a/b x"


def test_an_inspector_cleans_for_this_person(tmp_path: Path, home: Path) -> None:
    assert inspector(tmp_path).clean(f"{home}/x") == "~/x"
