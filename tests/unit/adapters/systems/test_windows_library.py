"""Programs of Windows itself, by the folder that GetSystemDirectoryW names.

It returns the length without the zero at the end, the size that is needed where the buffer is too small, and 0 where it
fails (learn.microsoft.com). Programs are looked for as "CreateProcessW" says there: the current folder comes first.
"""

import ctypes
import subprocess
from typing import cast

import pytest

from probe_tray.adapters.systems import tools, windows
from probe_tray.adapters.systems.windows import WindowsSystem


class Kernel32:
    length: int | None = None

    def load(self, name: str, **_options: object) -> "Kernel32":
        assert name == "kernel32"
        return self

    def GetSystemDirectoryW(self, folder: "ctypes.Array[ctypes.c_wchar]", size: int) -> int:
        assert size == len(folder)
        folder.value = r"C:\Windows\System32"
        return len(folder.value) if self.length is None else self.length


class EndedProcess:
    pid = 7

    def kill(self) -> None:
        pass


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel32:
    found = Kernel32()
    monkeypatch.setattr(ctypes, "WinDLL", found.load, raising=False)
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(windows, "processes", tuple)
    return found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that are asked something."""
    found: list[str] = []

    def run(command: tuple[str, ...], **_options: object) -> "subprocess.CompletedProcess[str]":
        found.append(command[0])
        return subprocess.CompletedProcess(command, 0, stdout="")

    monkeypatch.setattr(tools.subprocess, "run", run)
    return found


@pytest.mark.usefixtures("kernel")
def test_programs_of_the_system_are_not_looked_for_in_the_current_folder(started: list[str]) -> None:
    assert WindowsSystem().port_holders(frozenset({1455})) == ()
    WindowsSystem().end_with_children(cast("subprocess.Popen[bytes]", EndedProcess()))
    netstat, taskkill = r"C:\Windows\System32\netstat.exe", r"C:\Windows\System32\taskkill.exe"
    assert started == [netstat, netstat, taskkill]


@pytest.mark.parametrize("length", [0, 300])
def test_where_nobody_names_that_folder_none_is_started(kernel: Kernel32, started: list[str], length: int) -> None:
    kernel.length = length
    with pytest.raises(OSError, match="no system folder"):
        WindowsSystem().port_holders(frozenset({1455}))
    assert started == []
