"""Whether the screen shows what lies behind a translucent window."""

import ctypes
import sys

_XLIB = "libX11.so.6"


def blends_windows(platform: str = sys.platform) -> bool:
    """Whether translucent pixels of a window are blended with what is behind it, rather than black.

    Windows and macOS always do it. An X11 display does while a compositing manager owns the selection that is meant
    for it. Where there is no X11 display nothing is known, which counts as no.
    """
    if not platform.startswith("linux"):
        return True
    try:
        xlib = ctypes.CDLL(_XLIB)
    except OSError:
        return False
    xlib.XOpenDisplay.argtypes, xlib.XOpenDisplay.restype = [ctypes.c_char_p], ctypes.c_void_p
    xlib.XDefaultScreen.argtypes = [ctypes.c_void_p]
    xlib.XInternAtom.argtypes, xlib.XInternAtom.restype = (
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int],
        ctypes.c_ulong,
    )
    xlib.XGetSelectionOwner.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
    xlib.XGetSelectionOwner.restype = ctypes.c_ulong
    xlib.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = xlib.XOpenDisplay(None)
    if not display:
        return False
    try:
        name = f"_NET_WM_CM_S{xlib.XDefaultScreen(display)}"
        return bool(xlib.XGetSelectionOwner(display, xlib.XInternAtom(display, name.encode(), 0)))
    finally:
        xlib.XCloseDisplay(display)
