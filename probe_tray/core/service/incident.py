"""A known incident at the service, and when to ask for one.

Status page: Statuspage's format, ``GET /api/v2/status.json`` → ``{"status": {"indicator", "description"}}``; the
indicator ``none`` means that nothing is known (https://status.openai.com/api/v2).
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from probe_tray.core.account.identity import AccountKey

_LONGEST: Final = 80
_NOTHING: Final = frozenset({"", "none"})
_MOST_FAILURES: Final = 2
"""So many failures in a row, of one account or one each of several, are more than a hiccup."""


class Incident(msgspec.Struct, frozen=True):
    """What the status page says of the service."""

    description: str
    """In the page's own words, one line."""


class _Status(msgspec.Struct, frozen=True):
    indicator: str
    description: str = ""


class _StatusAnswer(msgspec.Struct, frozen=True):
    status: _Status


_PAGE: Final = msgspec.json.Decoder(_StatusAnswer)


def parse_incident(body: bytes) -> Incident | None:
    """The incident that an answer of the status page names; None where it names none, or cannot be read."""
    try:
        status = _PAGE.decode(body).status
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    words = " ".join("".join(c if c.isprintable() else " " for c in status.description).split())
    return None if status.indicator in _NOTHING or not words else Incident(words[:_LONGEST])


class FailureCount(msgspec.Struct, frozen=True):
    """How often in a row the checks of accounts failed at the service itself."""

    by_account: Mapping[AccountKey, int] = {}

    def failed(self, account: AccountKey) -> "FailureCount":
        """After one more failure."""
        return FailureCount({**self.by_account, account: self.by_account.get(account, 0) + 1})

    def without(self, account: AccountKey) -> "FailureCount":
        """After a check that went well, or failed for another reason."""
        return FailureCount({key: count for key, count in self.by_account.items() if key != account})

    def among(self, accounts: Collection[AccountKey]) -> "FailureCount":
        """Without the accounts that are gone."""
        return FailureCount({key: count for key, count in self.by_account.items() if key in accounts})

    @property
    def is_outage(self) -> bool:
        """Whether the service itself seems to be down: several accounts failed, or one twice in a row."""
        return sum(self.by_account.values()) >= _MOST_FAILURES
