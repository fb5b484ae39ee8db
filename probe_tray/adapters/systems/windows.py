"""What only Windows has or needs; on other systems each function says so or does nothing."""

import sys
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    import ctypes

APP_ID: Final = "ProbeTray.ProbeTray"
"""The AppUserModelID: no spaces, at most 128 characters. Shortcuts that an installer makes must carry the same one."""
_STANDARD_HANDLES: Final = {1: -11, 2: -12}
_VIRTUAL_TERMINAL: Final = 0x0004
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING, a mode of the console since Windows 10 1511."""


def windows_library(name: str) -> "ctypes.CDLL":
    """Load a system library such as ``user32``. Raises OSError where there is none of that name, or no Windows."""
    import ctypes

    if sys.platform != "win32":
        raise OSError(f"{name} is a library of Windows")
    return ctypes.WinDLL(name)


def understands_sequences(stream: TextIO) -> bool:
    """Whether the terminal behind standard output or error obeys escape sequences; a console of Windows is told to."""
    if sys.platform != "win32":
        return True
    import ctypes

    kernel = windows_library("kernel32")
    kernel.GetStdHandle.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.GetStdHandle(_STANDARD_HANDLES.get(stream.fileno(), 0)))
    mode = ctypes.c_ulong()
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    return bool(kernel.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL))


def name_process() -> None:
    """Tell Windows, before there is a window, which program this is; elsewhere do nothing.

    A refusal changes nothing but how the taskbar groups windows, so it is not reported.
    """
    if sys.platform != "win32":
        return
    import ctypes

    shell = windows_library("shell32")
    shell.SetCurrentProcessExplicitAppUserModelID(ctypes.c_wchar_p(APP_ID))


def notification_icon() -> str:
    """The picture beside a notification, a file of ``resources``: toasts of Windows show no SVG.

    The formats are those of "Toast content" on learn.microsoft.com: PNG, JPEG, GIF and others.
    """
    return "icons/probe-tray-256.png" if sys.platform == "win32" else "icons/probe-tray.svg"
