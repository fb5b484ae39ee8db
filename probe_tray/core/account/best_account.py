"""The account to go on with."""

from collections.abc import Iterable
from datetime import UTC, datetime

from probe_tray.core.account.condition import USABLE, condition
from probe_tray.core.quota.snapshot import Snapshot, Window
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState

_FULL = 100
_NEVER = datetime.max.replace(tzinfo=UTC)


def best_account(
    accounts: Iterable[AccountState], settings: Settings, now: datetime, pinned: str = ""
) -> AccountState | None:
    """The account to go on with at ``now`` (aware UTC); None where none has capacity.

    The one with the slug ``pinned`` where it has some. Else the one with the most whole percent free in its tightest
    window, of equal ones the one whose tightest window is reset soonest, and of these the first.
    """
    usable = [a for a in accounts if condition(a, settings, now) in USABLE]
    return min(usable, key=lambda a: (a.key.slug != pinned, *_rank(a.snapshot)), default=None)


def tightest_window(snapshot: Snapshot) -> Window | None:
    """The window of the main limit that runs out first; of equal ones the one that is reset last."""
    return max(snapshot.main.windows, key=lambda w: (w.used_percent, w.reset_at or _NEVER), default=None)


def percent_free(window: Window) -> int:
    """What is left of the window, in whole percent."""
    return max(0, _FULL - round(window.used_percent))


def _rank(snapshot: Snapshot | None) -> tuple[int, datetime]:
    window = None if snapshot is None else tightest_window(snapshot)
    # Without any window nothing limits it that is known.
    return (-_FULL, _NEVER) if window is None else (-percent_free(window), window.reset_at or _NEVER)
