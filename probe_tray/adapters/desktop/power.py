"""What the system says about power, screen and network, asked in a thread.

============  =====================  ====================================  ==========================
              on battery             screen locked                         network metered
============  =====================  ====================================  ==========================
Linux         kernel (sysfs)         logind's hint for this session        NetworkManager
Windows       GetSystemPowerStatus   the desktop that takes the keyboard   Qt, asked by the caller
macOS         IOKit's power sources  the session's dictionary              Qt, once its backend can
============  =====================  ====================================  ==========================

Another network is noticed everywhere by another address of this machine on the way out.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, final

import msgspec

from probe_tray.adapters.systems.windows import windows_library
from probe_tray.core.polling.situation import Sensed, Situation

if TYPE_CHECKING:
    import ctypes

_FAR: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses for examples (RFC 5737, RFC 3849): asked for the way there, a datagram socket sends nothing."""
_PORT: Final = 443
_UTF_8: Final = 0x0800_0100
"""CoreFoundation's kCFStringEncodingUTF8."""


@final
class SystemMonitor:
    """Implements ``MachineMonitor``."""

    def __init__(self, metered: Callable[[], bool | None]) -> None:
        """Take whether the network is metered from ``metered``; None leaves it to what the system says.

        It is called on the event loop's thread, since Qt answers on no other.
        """
        self._metered = metered

    async def look(self) -> Sensed:
        """Ask the system."""
        told: bool | None = None
        # Like a system call: whatever it does, the program goes on.
        with contextlib.suppress(Exception):
            told = self._metered()
        seen = await asyncio.to_thread(_look)
        if told is None:
            return seen
        return msgspec.structs.replace(seen, situation=msgspec.structs.replace(seen.situation, metered=told))


def way_out(far: tuple[tuple[socket.AddressFamily, str], ...] = _FAR) -> str:
    """This machine's addresses on the way to the world; empty where there is no way."""
    found: list[str] = []
    for family, address in far:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, _PORT))
            found.append(str(probe.getsockname()[0]))
    return " ".join(found)


def _look() -> Sensed:
    found = Situation()
    # No system call of this kind is worth more than a guess: whatever one does, the program goes on.
    with contextlib.suppress(Exception):
        match sys.platform:
            case "linux":
                from probe_tray.adapters.desktop.power_linux import situation

                found = situation()
            case "win32":
                found = Situation(on_battery=_windows_on_battery(), locked=_windows_is_locked())
            case "darwin":
                found = Situation(on_battery=_mac_on_battery(), locked=_mac_is_locked())
            case _:
                pass
    return Sensed(situation=found, network=way_out())


def _windows_on_battery() -> bool:
    import ctypes

    # SYSTEM_POWER_STATUS has 12 bytes; the first one is the line: 0 offline, 1 online, 255 unknown.
    buffer = ctypes.create_string_buffer(12)
    return bool(windows_library("kernel32").GetSystemPowerStatus(buffer)) and buffer.raw[0] == 0


def _windows_is_locked() -> bool:
    import ctypes

    user = windows_library("user32")
    user.OpenInputDesktop.restype = ctypes.c_void_p
    # While the screen is locked the keyboard belongs to a desktop that no program of the user may open.
    desktop = user.OpenInputDesktop(0, 0, 0x0100)
    if desktop:
        user.CloseDesktop(ctypes.c_void_p(desktop))
    return not desktop


def _mac_on_battery() -> bool:
    import ctypes

    foundation, power = _mac("CoreFoundation"), _mac("IOKit")
    power.IOPSCopyPowerSourcesInfo.restype = ctypes.c_void_p
    power.IOPSGetProvidingPowerSourceType.restype = ctypes.c_void_p
    foundation.CFStringGetCString.restype = ctypes.c_bool
    info = power.IOPSCopyPowerSourcesInfo()
    if not info:
        return False
    try:
        buffer = ctypes.create_string_buffer(64)
        kind = power.IOPSGetProvidingPowerSourceType(ctypes.c_void_p(info))
        value = (ctypes.c_void_p(kind), buffer, ctypes.c_long(len(buffer)), ctypes.c_uint32(_UTF_8))
        return bool(kind and foundation.CFStringGetCString(*value)) and buffer.value == b"Battery Power"
    finally:
        foundation.CFRelease(ctypes.c_void_p(info))


def _mac_is_locked() -> bool:
    import ctypes

    foundation, graphics = _mac("CoreFoundation"), _mac("CoreGraphics")
    graphics.CGSessionCopyCurrentDictionary.restype = ctypes.c_void_p
    foundation.CFStringCreateWithCString.restype = ctypes.c_void_p
    foundation.CFDictionaryContainsKey.restype = ctypes.c_bool
    session = graphics.CGSessionCopyCurrentDictionary()
    if not session:
        return False
    # The key is there only while the screen is locked.
    key = foundation.CFStringCreateWithCString(None, b"CGSSessionScreenIsLocked", ctypes.c_uint32(_UTF_8))
    try:
        return bool(foundation.CFDictionaryContainsKey(ctypes.c_void_p(session), ctypes.c_void_p(key)))
    finally:
        for held in (session, key):
            foundation.CFRelease(ctypes.c_void_p(held))


def _mac(framework: str) -> "ctypes.CDLL":
    import ctypes

    return ctypes.CDLL(f"/System/Library/Frameworks/{framework}.framework/{framework}")
