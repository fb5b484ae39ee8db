"""The console of Windows."""

import contextlib
import os
import sys
from typing import Final, TextIO

from probe_tray.adapters.systems.windows_library import windows_library
from probe_tray.adapters.systems.windows_processes import ancestors

_ATTACH_PARENT_PROCESS: Final = -1
_LAUNCHERS: Final = frozenset({"probe-tray.exe", "pythonw.exe"})
"""What pip, uv and virtual environments put before this program; they have no console either."""
_STANDARD_HANDLES: Final = {1: -11, 2: -12}
_VIRTUAL_TERMINAL: Final = 0x0004
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING, a mode of the console since Windows 10 1511."""


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
