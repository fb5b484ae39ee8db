"""An answer of the service, before anybody has judged it."""

import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import final

_LONGEST_WAIT = timedelta(hours=1)


@final
class Answer:
    """Status, headers and raw body of one answer. Its repr shows the status alone: a body may hold tokens."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer; header names are taken in lower case."""
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    def __repr__(self) -> str:
        return f"Answer({self.status})"

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def date(self) -> datetime | None:
        """The service's own clock (``Date``), aware UTC."""
        return _http_date(self.headers.get("date", ""))

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long the service asks to wait (RFC 9110 section 10.2.3: seconds or a date), at most an hour."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            wait = timedelta(seconds=int(value.lstrip("0")[:6] or "0"))
        else:
            moment = _http_date(value)
            if moment is None:
                return None
            wait = moment - (self.date or now)
        return min(max(wait, timedelta()), _LONGEST_WAIT)


def _http_date(value: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
