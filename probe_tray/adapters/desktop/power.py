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
import threading
from collections.abc import Callable
from typing import Final, final

import msgspec

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import MachineEvents
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
        self._events: MachineEvents | None = None
        self._opened = self._closed = False
        self._handing_over = threading.Lock()

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

    async def follow(self, tell: Callable[[], None]) -> bool:
        """Follow what the system tells by itself."""
        if not self._opened:
            self._opened = True
            # None of this is worth more than a look now and then.
            with contextlib.suppress(Exception):
                await asyncio.to_thread(self._open)
            for source in () if self._events is None else self._events.sources:
                asyncio.get_running_loop().add_reader(source, self._came, source, tell)
        return self._events is not None and self._events.tells_all

    def close(self) -> None:
        """Follow nothing any more; inside the loop that followed."""
        with self._handing_over:
            self._closed = True
            events, self._events = self._events, None
        if events is not None:
            for source in events.sources:
                asyncio.get_running_loop().remove_reader(source)
            events.close()

    def _open(self) -> None:
        events = this_system().machine_events()
        with self._handing_over:
            if not self._closed:
                self._events = events
                return
        # Nobody waited for it any more: the program ends.
        if events is not None:
            events.close()

    def _came(self, source: int, tell: Callable[[], None]) -> None:
        if self._events is None:
            return
        try:
            is_news = self._events.take(source)
        except EOFError:
            # Looked at now and then from now on.
            self.close()
            is_news = True
        if is_news:
            tell()


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
