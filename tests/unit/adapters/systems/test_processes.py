"""The program in the taskbar of Windows and the Dock of macOS, with doubles of their libraries."""

import ctypes
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.desktop.instance_socket import StartRequest
from probe_tray.adapters.systems import windows
from probe_tray.adapters.systems.windows import APP_ID, WindowsSystem
from probe_tray.resources import resource
from tests.support.programs import program_start


class FakeLibrary:
    def __init__(self) -> None:
        self.names: list[str | None] = []
        self.allowed: list[int] = []

    def SetCurrentProcessExplicitAppUserModelID(self, name: ctypes.c_wchar_p) -> int:
        self.names.append(name.value)
        return 0

    def AllowSetForegroundWindow(self, process: int) -> int:
        self.allowed.append(process)
        return 1


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    found = FakeLibrary()

    def load(_name: str, **_options: object) -> FakeLibrary:
        return found

    monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
    return found


def test_windows_is_told_which_program_it_is(library: FakeLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[tuple[str, str], str] = {}

    class Key:
        def __init__(self, key: str) -> None:
            self._key = key

        def set(self, name: str, line: str) -> None:
            written[self._key, name] = line

    monkeypatch.setattr(windows, "UserRegistry", Key)
    monkeypatch.setattr(sys, "platform", "win32")
    system = WindowsSystem()
    system.name_process(resource(system.notification_picture))
    assert library.names == [APP_ID]
    # Else balloons and the settings show the id (learn.microsoft.com, "AppUserModelId"; a PNG, not an SVG).
    key = r"Software\Classes\AppUserModelId\ProbeTray.ProbeTray"
    assert written[key, "DisplayName"] == "Probe Tray"
    assert Path(written[key, "IconUri"]).is_file()
    assert written[key, "IconUri"].endswith(".png")
    assert system.notification_sender("Probe Tray") == APP_ID
    assert " " not in APP_ID


def test_a_second_start_on_windows_lets_the_first_come_forward(
    library: FakeLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not program_start(tmp_path / "data").tell(StartRequest.SHOW)
    assert library.allowed == [-1]
