"""Whether an account has enough left for what a script is about to do."""

import enum

import msgspec

from probe_tray.core.quota.guarded_window import GuardedWindow
from probe_tray.core.quota.quota_overview import AccountQuota, WindowQuota

_SEVERAL = frozenset({GuardedWindow.ANY, GuardedWindow.ALL})


class GuardResult(enum.Enum):
    """What came of it."""

    ENOUGH = "enough"
    BELOW = "below"
    NOT_KNOWN = "not known"


class QuotaGuardVerdict(msgspec.Struct, frozen=True):
    """The result, and the window that decided it."""

    result: GuardResult
    window: WindowQuota | None = None
    """None where no window decided: there is no capacity whatever they say, nothing limits it, or nothing is known."""


def guard(account: AccountQuota, window: GuardedWindow, min_left: int) -> QuotaGuardVerdict:
    """Whether ``account`` has ``min_left`` percent of ``window``.

    Without capacity there is never enough: an exhausted week leaves nothing of the 5 hours either.
    """
    if account.limited:
        return QuotaGuardVerdict(GuardResult.BELOW)
    judged = [w for w in account.windows if window in _SEVERAL or w.name == window.value]
    if not account.usable or (not judged and account.windows):
        return QuotaGuardVerdict(GuardResult.NOT_KNOWN)
    if not judged:
        return QuotaGuardVerdict(GuardResult.ENOUGH)
    by_left = sorted(judged, key=lambda w: w.left_percent)
    deciding = by_left[-1] if window is GuardedWindow.ANY else by_left[0]
    enough = deciding.left_percent >= min_left
    return QuotaGuardVerdict(GuardResult.ENOUGH if enough else GuardResult.BELOW, deciding)
