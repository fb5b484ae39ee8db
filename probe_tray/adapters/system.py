"""The clocks, the randomness and the time zone of this computer, and when this process began."""

import contextlib
import os
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import final

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import OperatingSystem

_FARTHEST = timedelta(hours=23, minutes=59)


@final
class SystemClock:
    """The system's clocks; implements the port ``Clock``."""

    def now(self) -> datetime:
        """The wall clock, aware UTC. It jumps when the person or the network sets it."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some start, never going back; on some systems it stands still while the machine sleeps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``; not at all when they are negative."""
        # Imported here: who only asks for the time, as the short answers of the command, does without it.
        import asyncio

        await asyncio.sleep(max(seconds, 0))


@final
class SystemRandomness:
    """The system's source of randomness; implements the port ``Randomness``."""

    def token_bytes(self, count: int) -> bytes:
        """``count`` bytes nobody can guess."""
        return os.urandom(count)

    def uniform(self, low: float, high: float) -> float:
        """A number between the two."""
        # Imported here: most runs need none.
        from secrets import SystemRandom

        return SystemRandom().uniform(low, high)


class LocalZone(tzinfo):
    """Follows the system's rules for summer time, and the person who travels, without a restart."""

    def __init__(self) -> None:
        """Ask the system that this is."""
        self._system = this_system()

    def fromutc(self, dt: datetime) -> datetime:
        """The local time of ``dt``, which carries UTC values."""
        moment = dt.replace(tzinfo=UTC)
        return (moment + _within_a_day(self._system.offset_at(moment))).replace(tzinfo=self)

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """The offset at ``dt``, local time; now without one."""
        system = self._system
        return _within_a_day(system.offset_at(datetime.now(UTC)) if dt is None else system.offset_of(dt))

    def dst(self, dt: datetime | None) -> None:
        """Not told apart from the offset."""

    def tzname(self, dt: datetime | None) -> str:
        """The offset, such as ``UTC+08:00``: the systems' own names say less, or are those of an hour ago."""
        return timezone(self.utcoffset(dt)).tzname(dt)


def _within_a_day(offset: timedelta) -> timedelta:
    # POSIX lets TZ be up to 24 hours away and glibc up to 167; Python takes less than a day, and no place has more.
    return max(-_FARTHEST, min(offset, _FARTHEST))


def process_began(system: OperatingSystem) -> datetime:
    """When this process was made, aware UTC, to about 10 ms; where the system does not tell: a moment soon after."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return system.process_began()
    # What it has computed so far took at least this long.
    return datetime.now(UTC) - timedelta(seconds=time.process_time())
