"""The console of Windows: that of the start, and one that is closed."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Generator
from typing import Final, TextIO

from probe_tray.adapters.systems.windows_library import windows_library
from probe_tray.adapters.systems.windows_processes import ancestors

_ATTACH_PARENT_PROCESS: Final = -1
_LAUNCHERS: Final = frozenset({"probe-tray.exe", "pythonw.exe"})
"""What pip, uv and virtual environments put before this program; they have no console either."""
_STANDARD_HANDLES: Final = {1: -11, 2: -12}
_VIRTUAL_TERMINAL: Final = 0x0004
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING, a mode of the console since Windows 10 1511."""
_ENDING: Final = frozenset({2, 5, 6})
"""CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT."""


def use_console() -> None:
    """Attach this process to the console that it was started from, where it has none and nothing else to print to.

    A program of the graphical subsystem has None for its standard streams (Python, ``sys.__stderr__``).
    """
    if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison] - see above
        return
    if _attach():
        with contextlib.suppress(OSError):
            sys.stdout = sys.stderr = open("CONOUT$", "w", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115 - a device, open until the end


def _attach() -> bool:
    attach = windows_library("kernel32").AttachConsole
    if attach(_ATTACH_PARENT_PROCESS):
        return True
    with contextlib.suppress(OSError):
        for starter in ancestors(os.getpid()):
            if starter.name.lower() not in _LAUNCHERS:
                return bool(attach(starter.number))
    return False


def obeys_sequences(stream: TextIO) -> bool:
    """Tell the console to obey escape sequences; one that is too old refuses."""
    import ctypes

    kernel = windows_library("kernel32")
    kernel.GetStdHandle.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.GetStdHandle(_STANDARD_HANDLES.get(stream.fileno(), 0)))
    mode = ctypes.c_ulong()
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    return bool(kernel.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL))


@contextlib.contextmanager
def outlive_console() -> Generator[None]:
    """Make SIGBREAK of a console that is closed, and let the process live on until this is left.

    The end of a session comes here only in a process that has not loaded user32 (bugs.python.org/issue41298).

    The C runtime makes the same signal of it, but Windows ends the process as soon as its handler returns, before
    Python's has had its turn (HandlerRoutine and "CTRL+CLOSE Signal", learn.microsoft.com; python/cpython#96289). A
    handler that goes on is waited for, 5 seconds at most (SPI_GETHUNGAPPTIMEOUT). Where nobody handles SIGBREAK, there
    is nothing to wait for.
    """
    if sys.platform != "win32":
        raise OSError("a console that sends events is one of Windows")
    import ctypes

    left = threading.Event()

    def handle(event: int) -> int:
        # In a thread of the system's. The numbers of other events go to the handler before this one.
        if event not in _ENDING or signal.getsignal(signal.SIGBREAK) in {signal.SIG_DFL, signal.SIG_IGN, None}:
            return False
        signal.raise_signal(signal.SIGBREAK)
        left.wait()
        return True

    # Held by this frame for as long as the system may call it.
    routine = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint32)(handle)
    change = windows_library("kernel32").SetConsoleCtrlHandler
    added = change(routine, True)  # noqa: FBT003 - the function's own
    try:
        yield
    finally:
        left.set()
        if added:
            change(routine, False)  # noqa: FBT003 - as above
