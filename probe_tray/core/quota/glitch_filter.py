"""Numbers that a glitch of the service cannot move."""

from datetime import datetime

from msgspec.structs import replace

from probe_tray.core.quota.snapshot import SAME_RESET, Capacity, Limit, Snapshot, Window
from probe_tray.core.quota.usage_parser import blocked_until, capacity

_FULL = 100.0


def steady(previous: Snapshot | None, new: Snapshot) -> Snapshot:
    """``new``, where a use that fell inside one window is not believed before the next answer agrees.

    Service fact: a used percent that falls while ``reset_at`` did not move can be a glitch. Until the next answer the
    window keeps its old percentage and carries the lower one as ``doubted``. Capacity that is back for no visible
    reason is shown, and marked as unconfirmed.
    """
    if previous is None:
        return new
    here = new.service_now(new.taken_at)
    before = {(limit.name, limit.feature): limit for limit in previous.extra}
    found = replace(
        new,
        main=_limit(previous.main, new.main, here),
        code_review=new.code_review and _limit(previous.code_review, new.code_review, here),
        extra=tuple(_limit(before.get((e.name, e.feature)), e, here) for e in new.extra),
    )
    return replace(found, unconfirmed=_is_sudden(previous, found, here))


def _is_sudden(previous: Snapshot, new: Snapshot, here: datetime) -> bool:
    """Whether there is capacity again although nothing was reset: a flag fell, or a full window was left out."""
    if capacity(previous) is not Capacity.LIMITED or capacity(new) is not Capacity.AVAILABLE:
        return False
    until = blocked_until(previous)
    if until is not None and until <= here:
        return False
    full = {(w.kind, w.seconds) for w in previous.main.windows if w.used_percent >= _FULL}
    return not full or not full <= {(w.kind, w.seconds) for w in new.main.windows}


def _limit(previous: Limit | None, new: Limit, here: datetime) -> Limit:
    if previous is None:
        return new
    before = {(w.kind, w.seconds): w for w in previous.windows}
    return replace(new, windows=tuple(_window(before.get((w.kind, w.seconds)), w, here) for w in new.windows))


def _window(previous: Window | None, new: Window, here: datetime) -> Window:
    if previous is None or _has_moved(previous, new, here):
        return new
    fell = new.used_percent < previous.used_percent
    if fell and previous.doubted is not None:
        # The second answer in a row that says less.
        return new
    # An answer may leave the reset out. The one before it holds until it has passed: without it, the lower use of the
    # window that begins then would look like a glitch, and the old use like that of the new window.
    known = replace(new, reset_at=new.reset_at or previous.reset_at)
    return replace(known, used_percent=previous.used_percent, doubted=new.used_percent) if fell else known


def _has_moved(previous: Window, new: Window, here: datetime) -> bool:
    """Whether the window before has ended, so that a lower use is what to expect."""
    if previous.reset_at is not None and previous.reset_at <= here:
        return True
    if previous.reset_at is None or new.reset_at is None:
        return False
    return abs(new.reset_at - previous.reset_at) > SAME_RESET
