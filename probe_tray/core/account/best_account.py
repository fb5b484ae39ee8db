"""The account to go on with."""

from collections.abc import Iterable
from datetime import UTC, datetime

from probe_tray.core.quota.snapshot import Snapshot, Window
from probe_tray.core.quota.used_window import deciding_window, live_windows
from probe_tray.core.state import AccountState

Rank = tuple[bool, int, bool, datetime]
"""Smaller is better."""
_FULL = 100
_NEVER = datetime.max.replace(tzinfo=UTC)


def best_account(usable: Iterable[AccountState], now: datetime, pinned: str = "") -> AccountState | None:
    """The account to go on with at ``now`` (aware UTC), of those that have capacity; None where there is none.

    The one with the slug ``pinned`` where it has some. Else one whose renewal needs nobody; of these the one with the
    most whole percent free in its tightest window, of equal ones one whose last renewal went well, of these the one
    whose tightest window is reset soonest, and of these the first.
    """
    return min(usable, key=lambda a: (a.key.slug != pinned, rank(a, now)), default=None)


def tightest_window(snapshot: Snapshot) -> Window | None:
    """The window of the main limit that runs out first; of equal ones the one that is reset last."""
    return deciding_window(snapshot.main.windows)


def tightest_live_window(snapshot: Snapshot, now: datetime) -> Window | None:
    """The same of those that have not been reset since, seen from ``now`` (aware UTC)."""
    return deciding_window(live_windows(snapshot.main.windows, snapshot.service_now(now)))


def rank(account: AccountState, now: datetime) -> Rank:
    """Where an account stands at ``now`` (aware UTC) among those that have capacity."""
    problem = account.renewal.problem
    needs_person = problem is not None and not problem.kind.passing
    window = None if account.snapshot is None else tightest_live_window(account.snapshot, now)
    if window is None:
        # Nothing limits it that is known.
        return needs_person, -_FULL, problem is not None, _NEVER
    # To the minute, which is all that is shown of it: the seconds jitter from answer to answer.
    reset = (window.reset_at or _NEVER).replace(second=0, microsecond=0)
    return needs_person, round(window.used_percent) - _FULL, problem is not None, reset
