"""A console of Windows that is closed, on a double of kernel32.

SetConsoleCtrlHandler adds and removes routines. The last one is called first, in a thread of the system's; where it
returns TRUE for CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT or CTRL_SHUTDOWN_EVENT the process is ended, where it returns
FALSE the one before it is called (HandlerRoutine, learn.microsoft.com).
"""

import ctypes
import signal
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from probe_tray.adapters.systems import windows_console
from tests.support.patience import PATIENCE

CTRL_C, CTRL_BREAK, CTRL_CLOSE, CTRL_LOGOFF, CTRL_SHUTDOWN = 0, 1, 2, 5, 6


class FakeConsole:
    """Calls routines as Windows does, and writes down that it ends the process, which goes on in a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.routines: list[Callable[[int], int]] = []
        self.done: list[str] = []
        """What the system does, in its order; a test adds what the program does."""
        self._event = CTRL_CLOSE
        self._thread = threading.Thread(target=self._close)

        def load(_name: str) -> FakeConsole:
            return self

        # Another signal stands for the one that only Windows has.
        monkeypatch.setattr(signal, "SIGBREAK", signal.SIGTERM, raising=False)
        monkeypatch.setattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE, raising=False)
        monkeypatch.setattr(windows_console, "sys", SimpleNamespace(platform="win32"))
        monkeypatch.setattr(windows_console, "windows_library", load)

    def SetConsoleCtrlHandler(self, routine: Callable[[int], int], add: int) -> int:
        (self.routines.append if add else self.routines.remove)(routine)
        return 1

    def close(self, event: int = CTRL_CLOSE) -> None:
        """Begin to close it, in another thread."""
        self._event = event
        self._thread.start()

    def wait_closed(self) -> None:
        self._thread.join(PATIENCE)

    def _close(self) -> None:
        if any(routine(self._event) for routine in reversed(self.routines)):
            self.done.append("ended by the system")
