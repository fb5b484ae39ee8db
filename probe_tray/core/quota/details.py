"""What the history tells of one account, while a person looks at it."""

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.quota.history import Meter, Point, RenewalRecord, Span


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one meter showed."""

    meter: Meter
    points: tuple[Point, ...]
    """The oldest first."""


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The past of one account."""

    account: AccountKey
    span: Span
    lines: tuple[HistoryLine, ...] = ()
    """The windows of the main limit that say most, the longest first; empty where nothing is known."""
    renewals: tuple[RenewalRecord, ...] = ()
    """The newest first."""
