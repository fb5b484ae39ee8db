"""The time zone of this computer, as it is at each moment."""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import final


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
        await asyncio.sleep(max(seconds, 0))


@final
class SystemRandomness:
    """The system's source of randomness; implements the port ``Randomness``."""

    def __init__(self) -> None:
        """Open the source."""
        self._source = secrets.SystemRandom()

    def token_bytes(self, count: int) -> bytes:
        """``count`` bytes nobody can guess."""
        return secrets.token_bytes(count)

    def uniform(self, low: float, high: float) -> float:
        """A number between the two."""
        return self._source.uniform(low, high)


_FARTHEST = timedelta(hours=23, minutes=59)


class LocalZone(tzinfo):
    """Follows the system's rules for summer time, and the person who travels, without a restart."""

    def fromutc(self, dt: datetime) -> datetime:
        """The local time of ``dt``, which carries UTC values."""
        moment = dt.replace(tzinfo=UTC)
        return (moment + _offset(time.localtime(moment.timestamp()))).replace(tzinfo=self)

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """The offset at ``dt``, local time; now without one."""
        return _offset(time.localtime(None if dt is None else time.mktime(dt.timetuple())))

    def dst(self, dt: datetime | None) -> None:
        """Not told apart from the offset."""

    def tzname(self, dt: datetime | None) -> str:
        """The system's abbreviation."""
        return time.localtime(None if dt is None else time.mktime(dt.timetuple())).tm_zone


def _offset(local: time.struct_time) -> timedelta:
    # POSIX lets TZ be up to 24 hours away and glibc up to 167; Python takes less than a day, and no place has more.
    return max(-_FARTHEST, min(timedelta(seconds=local.tm_gmtoff), _FARTHEST))
