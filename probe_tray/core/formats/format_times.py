"""Times as credential files write them: RFC 3339 in many dresses, and seconds since 1970."""

import re
from datetime import UTC, datetime, tzinfo

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = re.compile(r"([0-9]{1,20})(?:\.[0-9]{1,9})?")
_FIRST_YEAR = 1970
"""Go writes a time that was never set as year 1."""
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Somebody's "never". Later ones have no place in the calendar of every zone, so they are read as this."""
_MILLISECONDS = 100_000_000_000
"""More seconds than this is the year 5138, so it is milliseconds."""


def read_time(text: str) -> datetime | None:
    """The moment in ``text``, aware UTC, or None where it cannot be read or is before 1970.

    RFC 3339 with a zone and up to nine digits of a second (microseconds are kept), or whole or broken seconds since
    1970. Milliseconds since 1970 are not read: see :func:`is_milliseconds`.
    """
    if found := _EPOCH.fullmatch(text):
        if int(found[1]) >= _MILLISECONDS:
            return None
        return datetime.fromtimestamp(float(text), UTC) if float(text) else None
    if not _RFC3339.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(moment, _LATEST) if moment.year >= _FIRST_YEAR else None


def is_milliseconds(text: str) -> bool:
    """Whether ``text`` is a count that only makes sense as milliseconds since 1970."""
    found = _EPOCH.fullmatch(text)
    return found is not None and int(found[1]) >= _MILLISECONDS


def local_text(moment: datetime, zone: tzinfo) -> str:
    """``2026-11-22T15:04:05+08:00``: whole seconds with the zone's offset, ``Z`` for none, as Go prints RFC 3339."""
    text = moment.astimezone(zone).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def utc_text(moment: datetime) -> str:
    """``2026-11-22T06:53:11.183362Z``, as the official client writes it; it refuses a time without a zone."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
