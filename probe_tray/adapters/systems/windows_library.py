"""The libraries of Windows itself."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes


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
