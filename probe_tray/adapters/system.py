"""The time zone of this computer, as it is at each moment."""

import time
from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """Follows the system's rules for summer time, and the person who travels, without a restart."""

    def fromutc(self, dt: datetime) -> datetime:
        """The local time of ``dt``, which carries UTC values."""
        return (dt.replace(tzinfo=UTC) + _offset(dt.replace(tzinfo=UTC))).replace(tzinfo=self)

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """The offset at ``dt``, local time; now without one."""
        if dt is None:
            return timedelta(seconds=time.localtime().tm_gmtoff)
        return timedelta(seconds=time.localtime(time.mktime(dt.timetuple())).tm_gmtoff)

    def dst(self, dt: datetime | None) -> None:
        """Not told apart from the offset."""

    def tzname(self, dt: datetime | None) -> str:
        """The system's abbreviation."""
        return time.localtime(None if dt is None else time.mktime(dt.timetuple())).tm_zone


def _offset(moment: datetime) -> timedelta:
    return timedelta(seconds=time.localtime(moment.timestamp()).tm_gmtoff)
