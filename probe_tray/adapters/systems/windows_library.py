"""The libraries and programs of Windows itself."""

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ctypes

_MAX_PATH: Final = 260


def windows_library(name: str) -> "ctypes.CDLL":
    """Load a system library such as ``user32``. Raises OSError where there is none of that name, or no Windows."""
    import ctypes

    if sys.platform != "win32":
        raise OSError(f"{name} is a library of Windows")
    # ctypes then keeps the error of each call: its own calls in between would change what GetLastError says.
    return ctypes.WinDLL(name, use_last_error=True)


def last_error() -> int:
    """What GetLastError said right after the last call in this thread; 0 on other systems."""
    import ctypes

    return ctypes.get_last_error() if sys.platform == "win32" else 0


def system_program(name: str) -> str:
    """The full path of a program of Windows itself. Raises OSError.

    By a name alone CreateProcess finds what is in the current folder before what is in the system's, whoever wrote it
    (learn.microsoft.com, "CreateProcessW", lpApplicationName and lpCommandLine).
    """
    import ctypes

    folder = ctypes.create_unicode_buffer(_MAX_PATH)
    # The length, or where that is too short the one that it takes; 0 is a failure.
    if not 0 < windows_library("kernel32").GetSystemDirectoryW(folder, _MAX_PATH) < _MAX_PATH:
        raise OSError("no system folder")
    return f"{folder.value}\\{name}"
