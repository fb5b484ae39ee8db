"""The display: whether there is one, found out before Qt is asked, which ends the process without, and what it can."""

import ctypes
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from probe_tray.core.errors import NoDisplayError, OldSystemError, ProbeError, SystemLibraryError

_WAIT = 2.0
"""Seconds for a display on another machine to answer."""
_SCREENLESS = frozenset({"offscreen", "minimal", "vnc"})
_XLIB = "libX11.so.6"


def check_display(environment: Mapping[str, str], platform: str) -> None:
    """Raise NoDisplayError when there is nothing to show a window on; ``platform`` is ``sys.platform``'s value."""
    if platform in {"win32", "darwin"} or environment.get("QT_QPA_PLATFORM", "").partition(":")[0] in _SCREENLESS:
        return
    wayland = environment.get("WAYLAND_DISPLAY", "")
    if wayland and _answers_unix(str(Path(environment.get("XDG_RUNTIME_DIR", ""), wayland))):
        return
    if not _x_answers(environment.get("DISPLAY", "")):
        raise NoDisplayError


def with_other_platforms(chosen: str, platform: str) -> str:
    """What QT_QPA_PLATFORM says, followed by what Qt tries next, where it would end the process (Linux only).

    Many set it to "wayland" for good and start an X11 session some day.
    """
    if not chosen or not platform.startswith("linux") or chosen.partition(":")[0] in _SCREENLESS:
        return chosen
    return f"{chosen};wayland;xcb"


def check_libraries(plugins: Path, platform: str) -> None:
    """Raise SystemLibraryError naming what Qt's X11 plugin lacks, or OldSystemError.

    ``plugins`` is Qt's plugin folder.
    """
    plugin = plugins / "platforms" / "libqxcb.so"
    if not platform.startswith("linux") or not plugin.exists():
        return
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        raise load_error(error, "a library of X11") from None


def load_error(error: Exception, otherwise: str) -> ProbeError:
    """What the system's loader complains of: its own age or a missing library, ``otherwise`` where it names none."""
    said = str(error)
    if version := re.search(r"version `GLIBC_([\d.]+)' not found", said):
        return OldSystemError(needed=version[1])
    missing = re.match(r"([\w.+-]+\.so[\w.]*)", said)
    return SystemLibraryError(library=missing[1] if missing else otherwise)


def _x_answers(display: str) -> bool:
    found = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?", display)
    if found is None:
        # A path, as XQuartz gives it.
        return display.startswith("/") and _answers_unix(display.partition(":")[0])
    host, number = found["host"], int(found["number"])
    if host in {"", "unix"}:
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where every X server listens
        return _answers_unix(f"\0{path}") or _answers_unix(path)
    try:
        with socket.create_connection((host, 6000 + number), timeout=_WAIT):
            return True
    except OSError:
        return False


def _answers_unix(path: str) -> bool:
    if sys.platform == "win32" or not path:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_WAIT)
        try:
            client.connect(path)
        except (OSError, ValueError):
            return False
    return True


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
