"""The libraries of Windows, which the standard library of other systems cannot load."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes


def windows_library(name: str) -> "ctypes.CDLL":
    """Load a system library such as ``user32``. Raises OSError where there is none of that name, or no Windows."""
    import ctypes

    if sys.platform != "win32":
        raise OSError(f"{name} is a library of Windows")
    return ctypes.WinDLL(name)
