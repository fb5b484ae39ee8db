"""An answer of the service, before anybody has judged it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, final

from probe_tray.core.errors import (
    AccountDeactivatedError,
    EdgeBlockedError,
    ProbeError,
    RateLimitedError,
    RegionBlockedError,
    StrangeAnswerError,
    TokenRefusedError,
    UnavailableError,
    WorkspaceDeactivatedError,
    WorkspaceRefusedError,
)
from probe_tray.core.service.lenient import mapping, object_in, text

_LONGEST_WAIT = timedelta(hours=1)
_SKEW = timedelta(minutes=2)


@final
class Answer:
    """Status, headers and raw body of one answer. Its repr shows the status alone: a body may hold tokens."""

    __slots__ = ("body", "date", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer; header names are taken in lower case."""
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        # Once: three ask for it, of each answer.
        self.date = _http_date(self.headers.get("date", ""))
        """The service's own clock (``Date``), aware UTC."""

    def __repr__(self) -> str:
        return f"Answer({self.status})"

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def issued_at(self, now: datetime) -> datetime:
        """When it was made: ``now``, this computer's clock, unless the service's is more than two minutes away."""
        return self.date if self.date is not None and abs(self.date - now) > _SKEW else now

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


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FIXED_DATE: Final = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([1-9][0-9]{{3}}) "
    "([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
"""The one form in which dates are sent (RFC 9110, section 5.6.7); others are only to be understood."""


def _http_date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        if (found := _FIXED_DATE.fullmatch(value)) is not None:
            day, month, year, *time = found.groups()
            return datetime(int(year), _MONTHS.index(month) + 1, int(day), *map(int, time), tzinfo=UTC)
        # Imported here: it takes ten modules more and 0.4 MB.
        from email.utils import parsedate_to_datetime

        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


_REGION = "unsupported_country_region_territory"
_UNUSABLE: dict[str, type[ProbeError]] = {
    "account_deactivated": AccountDeactivatedError,
    "deactivated_workspace": WorkspaceDeactivatedError,
    "invalid_workspace_selected": WorkspaceRefusedError,
}
"""Codes of a 401, 402 or 403 against which no renewal helps, since the token is not what is wrong."""
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
_LONGEST_CODE = 60
_TOKEN_CODES = frozenset(
    {"unauthorized", "not_authenticated", "authentication_error", "invalid_authentication", "session_expired"}
)
_TOKEN_WORD = re.compile(r"\btoken\b", re.IGNORECASE)
_PASSING = frozenset({408, 425})


def judge(answer: Answer, *, host: str, now: datetime) -> ProbeError | None:
    """The failure that ``answer`` of ``host`` stands for, or None for a 2xx. ``now`` is for a dated Retry-After."""
    if answer.ok:
        return None
    if (block := blocked(answer, host=host)) is not None:
        return block
    said = object_in(answer.body)
    words = _words(said)
    if (unusable := unusable_account(answer)) is not None:
        return unusable
    wait = answer.retry_after(now)
    if answer.status == 401 or (answer.status == 403 and any(map(_about_token, words))):
        code = _code(said)
        return TokenRefusedError(code=code) if code else TokenRefusedError()
    if answer.status == 429:
        return RateLimitedError(retry_after=wait)
    # Service fact: a 404 without a word was an incident at the service (September 2026).
    missing = answer.status == 404 and not answer.body.strip()
    if answer.status >= 500 or answer.status in _PASSING or missing:
        return UnavailableError(retry_after=wait, status=str(answer.status))
    return StrangeAnswerError(status=str(answer.status))


def unusable_account(answer: Answer) -> ProbeError | None:
    """Why the account or its workspace cannot be used though its login is fine, where an answer says so."""
    if answer.status not in {401, 402, 403}:
        return None
    return next((_UNUSABLE[word]() for word in _words(object_in(answer.body)) if word in _UNUSABLE), None)


def blocked(answer: Answer, *, host: str) -> RegionBlockedError | EdgeBlockedError | None:
    """What of the network stood between ``host`` and us, where the answer is a sign of that. The login is fine then."""
    if answer.ok:
        return None
    said = object_in(answer.body)
    if _REGION in _words(said) or (said is None and _REGION.encode() in answer.body):
        return RegionBlockedError()
    return EdgeBlockedError(host=host) if _is_from_edge(answer, is_json=said is not None) else None


def is_page(answer: Answer) -> bool:
    """Whether it is a page for people, whatever it calls itself. The service's own answers never are."""
    page = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return page or "html" in answer.headers.get("content-type", "").lower()


def _is_from_edge(answer: Answer, *, is_json: bool) -> bool:
    if "cf-mitigated" in answer.headers:
        return True
    if is_json or answer.status not in {401, 403}:
        return False
    behind_edge = answer.headers.get("server", "").lower() == "cloudflare"
    # An empty 401 is the backend's own even when the edge carried it; only a page shows that the edge spoke.
    return is_page(answer) or (answer.status == 403 and behind_edge)


def _words(said: Mapping[str, object] | None) -> list[str]:
    """Code, type and message wherever the service is known to put them, the codes in lower case."""
    if said is None:
        return []
    places = [said, mapping(said.get("error")), mapping(said.get("detail"))]
    named = [text(place.get(key)) for place in places for key in ("code", "type", "message", "error_description")]
    return [word.lower() for word in (*named, text(said.get("error")), text(said.get("detail"))) if word]


def _code(said: Mapping[str, object] | None) -> str:
    """What the service calls it; empty where it says nothing. Only what reads like a code: it may repeat a token."""
    places = [] if said is None else [mapping(said.get("error")), mapping(said.get("detail")), said]
    named = [text(place.get(key)).lower() for place in places for key in ("code", "type")]
    named += [] if said is None else [text(said.get("error")).lower(), text(said.get("detail")).lower()]
    return next(filter(reads_like_code, named), "")


def reads_like_code(word: str) -> bool:
    """Whether ``word`` may be repeated: a code of the service does, any other text may be a secret that was sent."""
    return len(word) <= _LONGEST_CODE and _CODE.fullmatch(word) is not None


def _about_token(word: str) -> bool:
    # Codes join words with "_", which is part of a word to a pattern.
    return word in _TOKEN_CODES or _TOKEN_WORD.search(word.replace("_", " ")) is not None
