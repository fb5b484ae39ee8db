"""When renewing rests: one outage must not burn every token."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.identity import AccountKey

_WITHIN = timedelta(minutes=10)
_REST = timedelta(minutes=30)
_ACCOUNTS = 5


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One refresh that was tried."""

    at: datetime
    account: AccountKey
    failed: bool


def paused_until(attempts: Sequence[Attempt], now: datetime) -> datetime | None:
    """The end of the rest that these attempts call for, None where they call for none.

    It rests for 30 minutes when, within 10 minutes, five or more accounts failed and at least half of all attempts did.
    """
    recent = [a for a in attempts if now - _WITHIN <= a.at <= now]
    failed = [a for a in recent if a.failed]
    if len({a.account for a in failed}) < _ACCOUNTS or len(failed) * 2 < len(recent):
        return None
    return max(a.at for a in failed) + _REST
