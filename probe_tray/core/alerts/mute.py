"""Muting an account: no notification about its quota until a window of it is reset."""

from datetime import datetime
from typing import Final

from probe_tray.core.account.best_account import tightest_window
from probe_tray.core.account.condition import local_time
from probe_tray.core.alerts.alert import Alert, LimitAlert, LimitedAlert, PaceAlert, QuotaAlert
from probe_tray.core.quota.usage_parser import blocked_until
from probe_tray.core.state import AccountState

MUTE: Final = "mute"
"""The action of a notification's button that mutes its account."""


def mute_end(account: AccountState, now: datetime) -> datetime | None:
    """Until when an account is muted from ``now`` (aware UTC) on: the reset of what limits it most.

    None where the service says of none when it is reset.
    """
    snapshot = account.snapshot
    if snapshot is None:
        return None
    window = tightest_window(snapshot)
    end = blocked_until(snapshot) or (None if window is None else window.reset_at)
    return _ahead(end, account, now)


def alert_mute_end(alert: Alert, account: AccountState, now: datetime) -> datetime | None:
    """The same for the window that ``alert`` is about; None where it is about no quota that is reset."""
    if not isinstance(alert, LimitAlert):
        return None
    match alert:
        case QuotaAlert(window=window) | PaceAlert(window=window):
            return _ahead(window.reset_at, account, now)
        case LimitedAlert():
            return mute_end(account, now)


def _ahead(end: datetime | None, account: AccountState, now: datetime) -> datetime | None:
    if end is None or account.snapshot is None:
        return None
    here = local_time(end, account.snapshot)
    return here if here > now else None
