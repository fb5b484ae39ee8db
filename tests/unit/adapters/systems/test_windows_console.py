"""The console of Windows, on a double of kernel32.

AttachConsole takes the number of a process, or -1 for the one that started this, and fails with ERROR_INVALID_HANDLE
where that has no console (learn.microsoft.com). The launchers of pip (``w64.exe`` of distlib), of uv
and of virtual environments (``PC/launcher.c`` of CPython) each start the next program and wait for it.
"""

import ctypes
import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.adapters.systems import windows_console
from probe_tray.adapters.systems.operating_system import UserProgram
from probe_tray.adapters.systems.windows import WindowsSystem
from tests.desktop.waiting import wait_for
from tests.support.consoles import CTRL_BREAK, CTRL_C, CTRL_CLOSE, CTRL_LOGOFF, CTRL_SHUTDOWN, FakeConsole


class Kernel32:
    """The console is that of one process."""

    def __init__(self) -> None:
        self.owner = 0
        self.asked: list[int] = []

    def load(self, name: str, **_options: object) -> "Kernel32":
        assert name == "kernel32"
        return self

    def AttachConsole(self, process: int) -> int:
        self.asked.append(process)
        return int(process == self.owner)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel32:
    """The console is a file in the current folder."""
    found = Kernel32()
    monkeypatch.setattr(ctypes, "WinDLL", found.load, raising=False)
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.chdir(tmp_path)
    return found


def started_by(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    chain = tuple(UserProgram(name, number) for number, name in enumerate(names, 101))

    def ancestors(number: int) -> Iterator[UserProgram]:
        assert number == os.getpid()
        return iter(chain)

    monkeypatch.setattr(windows_console, "ancestors", ancestors)


def printed(monkeypatch: pytest.MonkeyPatch) -> str:
    """What a person reads in the terminal of a program that has no streams."""
    with monkeypatch.context() as without:
        without.setattr(sys, "stdout", None)
        without.setattr(sys, "stderr", None)
        WindowsSystem().use_console()
        if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison] - see above
            return ""
        assert sys.stdout is sys.stderr
        with sys.stdout as console:
            console.write("Probe Tray is quitting.\n")
    return Path("CONOUT$").read_text("utf-8")


@pytest.mark.parametrize(
    ("names", "owner", "asked"),
    [
        # The bundle, or pythonw, in a terminal.
        (("cmd.exe",), -1, [-1]),
        # The script of an environment, and the same by uv.
        (("pythonw.exe", "probe-tray.exe", "powershell.exe", "WindowsTerminal.exe"), 103, [-1, 103]),
        (("pythonw.exe", "Probe-Tray.exe", "uv.exe", "cmd.exe"), 103, [-1, 103]),
    ],
)
def test_what_is_printed_is_read_in_the_terminal_of_the_start(
    kernel: Kernel32, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], owner: int, asked: list[int]
) -> None:
    started_by(monkeypatch, *names)
    kernel.owner = owner
    assert printed(monkeypatch) == "Probe Tray is quitting.\n"
    assert kernel.asked == asked


@pytest.mark.parametrize(
    "names", [("explorer.exe", "userinit.exe"), ("probe-tray.exe", "explorer.exe"), ("pythonw.exe",), ()]
)
def test_a_start_without_a_terminal_prints_nothing(
    kernel: Kernel32, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    started_by(monkeypatch, *names)
    # A terminal further up is somebody else's: the numbers of programs that have ended are given again.
    kernel.owner = 102 if names[:1] == ("explorer.exe",) else 0
    assert printed(monkeypatch) == ""


def test_where_nobody_says_who_started_it_nothing_is_printed(kernel: Kernel32, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_number: int) -> None:
        raise OSError("no list of processes: error 5")

    monkeypatch.setattr(windows_console, "ancestors", fail)
    assert printed(monkeypatch) == ""
    assert kernel.asked == [-1]


def test_a_program_that_has_its_streams_takes_no_console(kernel: Kernel32, monkeypatch: pytest.MonkeyPatch) -> None:
    redirected = io.StringIO()
    monkeypatch.setattr(sys, "stdout", redirected)
    WindowsSystem().use_console()
    assert (sys.stdout, kernel.asked) == (redirected, [])


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> FakeConsole:
    return FakeConsole(monkeypatch)


@pytest.fixture
def received() -> Iterator[list[int]]:
    """What a handler of SIGBREAK has received, for which another signal stands."""
    found: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: found.append(number))
    yield found
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("event", [CTRL_CLOSE, CTRL_LOGOFF, CTRL_SHUTDOWN])
def test_a_process_whose_console_is_closed_lives_until_it_has_tidied_up(
    console: FakeConsole, received: list[int], event: int
) -> None:
    with WindowsSystem().outlive_console():
        console.close(event)
        assert wait_for("the signal", lambda: received == [signal.SIGTERM])
        console.done.append("tidied up")
    console.wait_closed()
    assert console.done == ["tidied up", "ended by the system"]
    assert console.routines == []


@pytest.mark.parametrize("event", [CTRL_C, CTRL_BREAK])
def test_other_events_go_to_the_handler_of_the_runtime(console: FakeConsole, received: list[int], event: int) -> None:
    with WindowsSystem().outlive_console():
        assert [routine(event) for routine in console.routines] == [0]
    assert received == []


@pytest.mark.parametrize("nobody", [signal.SIG_DFL, signal.SIG_IGN])
@pytest.mark.usefixtures("received")
def test_where_nobody_would_tidy_up_nothing_is_waited_for(console: FakeConsole, nobody: signal.Handlers) -> None:
    signal.signal(signal.SIGTERM, nobody)
    with WindowsSystem().outlive_console():
        console.close()
        console.wait_closed()
    assert console.done == []
