"""What only macOS has, on doubles: osascript as osascript(1) describes it."""

import subprocess

import pytest

from probe_tray.adapters.systems import macos
from probe_tray.adapters.systems.macos import show_alert_by_script, start_in_the_background


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
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(macos.subprocess, "run", script.run)
    assert show_alert_by_script('it\'s "broken"') is (status == 0)
    assert script.command[-2:] == ("--", 'it\'s "broken"')
    assert script.command[:2] == ("/usr/bin/osascript", "-e")


def test_elsewhere_no_script_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(0)
    monkeypatch.setattr(macos.subprocess, "run", script.run)
    assert not show_alert_by_script("x")
    assert script.command == ()


@pytest.mark.parametrize(("platform", "set_there"), [("darwin", True), ("linux", False), ("win32", False)])
def test_qt_is_kept_from_taking_the_keyboard_at_the_start(
    platform: str, monkeypatch: pytest.MonkeyPatch, *, set_there: bool
) -> None:
    environment: dict[str, str] = {}
    monkeypatch.setattr("sys.platform", platform)
    start_in_the_background(environment)
    assert ("QT_MAC_DISABLE_FOREGROUND_APPLICATION_TRANSFORM" in environment) is set_there
