"""The account to go on with."""

from collections.abc import Iterable
from datetime import UTC, datetime

from probe_tray.core.quota.snapshot import Snapshot, Window
from probe_tray.core.state import AccountState

Rank = tuple[int, datetime]
"""Smaller is better."""
_FULL = 100
_NEVER = datetime.max.replace(tzinfo=UTC)


def best_account(usable: Iterable[AccountState], pinned: str = "") -> AccountState | None:
    """The account to go on with, of those that have capacity; None where there is none.

    The one with the slug ``pinned`` where it has some. Else the one with the most whole percent free in its tightest
    window, of equal ones the one whose tightest window is reset soonest, and of these the first.
    """
    return min(usable, key=lambda a: (a.key.slug != pinned, rank(a.snapshot)), default=None)


def tightest_window(snapshot: Snapshot) -> Window | None:
    """The window of the main limit that runs out first; of equal ones the one that is reset last."""
    return max(snapshot.main.windows, key=lambda w: (w.used_percent, w.reset_at or _NEVER), default=None)


def rank(snapshot: Snapshot | None) -> Rank:
    """Where an account with these numbers stands among those that have capacity."""
    window = None if snapshot is None else tightest_window(snapshot)
    # Without any window nothing limits it that is known.
    return (-_FULL, _NEVER) if window is None else (round(window.used_percent) - _FULL, window.reset_at or _NEVER)
