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
from collections.abc import Callable
from typing import Final, final

import msgspec

from probe_tray.adapters.systems.current import this_system
from probe_tray.core.polling.situation import Sensed, Situation

_FAR: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses for examples (RFC 5737, RFC 3849): asked for the way there, a datagram socket sends nothing."""
_PORT: Final = 443


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
        found = this_system().situation()
    return Sensed(situation=found, network=way_out())
