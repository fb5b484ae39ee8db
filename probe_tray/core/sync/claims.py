"""Claims on rows: when a computer said that it renews the login in a row, in the fraction of the row's time.

The whole seconds of ``update_time`` stay what they were. A claim is a number of microseconds from 1 to 999,999: the
seconds since 1970 at which it was made, counted anew every 999,999. A row that has other microseconds for another
reason counts as claimed with a chance of one in some 4,000, and only for minutes.
"""

from datetime import UTC, datetime
from typing import Final

LEASE: Final = 120
"""Seconds for which a claim holds; the clocks of two computers may differ by as much."""
_ROUND: Final = 999_999


def claimed_time(update_time: str | None, now: datetime) -> str:
    """The time of a row with a claim made ``now`` (aware UTC); where it has none that can be read, it is ``now``."""
    moment = _read(update_time) or now
    return moment.replace(microsecond=_mark(now)).isoformat(timespec="microseconds")


def is_claimed(update_time: str | None, now: datetime) -> bool:
    """Whether a row with this time is claimed by somebody ``now`` (aware UTC)."""
    moment = _read(update_time)
    if moment is None or not moment.microsecond:
        return False
    apart = (_mark(now) - moment.microsecond) % _ROUND
    return min(apart, _ROUND - apart) < LEASE


def same_moment(one: str | None, other: str | None) -> bool:
    """Whether two times of rows are the same: databases write them in their own way."""
    first, second = _read(one), _read(other)
    return first is not None and first == second


def _mark(now: datetime) -> int:
    # From 1, since 0 microseconds mean that nobody claims the row.
    return int(now.timestamp()) % _ROUND + 1


def _read(update_time: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(update_time or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
