"""The service's list of reset credits, read leniently: when each of those that can still be used is lost."""

from datetime import datetime

from probe_tray.core.errors import StrangeAnswerError
from probe_tray.core.formats.format_times import read_time
from probe_tray.core.service.lenient import json_object, mapping, sequence, text

_MOST = 100
_LAST_YEAR = 9000
"""Go and others write a time that never comes as year 9999, of which no time zone can be told."""
_USABLE = frozenset({"", "available", "active", "granted"})


def read_reset_credits(body: bytes) -> tuple[datetime, ...]:
    """The ends of the credits that can still be used, aware UTC, the nearest first.

    One malformed element hides no other; a body that cannot be read at all has none.
    """
    try:
        answer = json_object(body)
    except StrangeAnswerError:
        return ()
    found = (mapping(element) for element in sequence(answer.get("credits"))[:_MOST])
    ends = (read_time(text(e.get("expires_at"))) for e in found if text(e.get("status")).lower() in _USABLE)
    return tuple(sorted(end for end in ends if end is not None and end.year < _LAST_YEAR))
