"""When an account's quota is asked for next: pure functions of what is known."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter

import msgspec

from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.snapshot import Limit, Snapshot
from probe_tray.core.quota.usage_parser import blocked_until
from probe_tray.core.state import AccountState

_FIRST_BACKOFF = timedelta(minutes=1)
_LONGEST_BACKOFF = timedelta(hours=1)
_AFTER_RESET = timedelta(seconds=20)
"""So long after a reset the service counts from zero; earlier answers were seen to show the old window."""
_AFTER_RESETS = timedelta(seconds=20)
"""The checks after a reset that many accounts share are spread over twice so long."""
_LONGEST_DELAY = timedelta(minutes=15)
"""A window that is still used up so long after its reset is not waited for any more."""
_SOONEST = timedelta(minutes=1)
"""A service that names one near reset after the other is not asked more often than this."""
_SLOW = timedelta(minutes=15)
"""The shortest interval while the network is metered, the machine is on battery, or the screen is locked."""
_SHORTEST = 3600
"""Seconds."""
LONGEST = 1.1
"""The interval with the largest jitter."""


class Pacing(msgspec.Struct, frozen=True):
    """How often the accounts are asked."""

    every: timedelta | None
    """None when only the person starts a check."""
    slow: bool = False
    """Whether nothing may be asked sooner than at the interval."""

    @property
    def longest(self) -> timedelta | None:
        """The longest span between two checks in a row that go well."""
        return None if self.every is None else self.every * LONGEST


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at all accounts finds."""

    due: tuple[AccountState, ...]
    """The accounts whose check is due, the longest overdue first."""
    unplanned: tuple[AccountState, ...]
    """The accounts nobody has planned a check for."""
    next_at: datetime | None
    """When the next of the others is due; None when none is planned."""


def pacing(minutes: int, situation: Situation) -> Pacing:
    """The pace for a setting of ``minutes`` (0 = manual) in this situation."""
    if not minutes:
        return Pacing(None)
    every, slow = timedelta(minutes=minutes), situation.sparing
    return Pacing(max(every, _SLOW) if slow else every, slow)


def next_check(
    *,
    now: datetime,
    pacing: Pacing,
    failures: int,
    wait: timedelta | None,
    resets: tuple[datetime, ...],
    jitter: float,
) -> datetime | None:
    """The moment of the next check, or None when only the person starts one.

    ``failures`` counts the failed checks in a row; ``wait`` is what the service asked for; ``resets`` are the coming
    reset times; ``jitter`` in -1…1 spreads accounts by a tenth of the interval, and after a reset by up to 40 seconds.
    """
    every = pacing.every
    if every is None:
        return None
    if failures:
        backoff = min(_FIRST_BACKOFF * 2 ** min(failures - 1, 10), _LONGEST_BACKOFF)
        if pacing.slow:
            backoff = max(backoff, every)
        return now + max(backoff * (1 + jitter / 10), wait or timedelta())
    regular = now + every * (1 + jitter / 10)
    if pacing.slow:
        return regular
    soon = min((moment for moment in resets if moment + _AFTER_RESET > now), default=None)
    if soon is None:
        return regular
    return min(max(soon + _AFTER_RESET + _AFTER_RESETS * (1 + jitter), now + _SOONEST), regular)


def awaited_resets(snapshot: Snapshot) -> tuple[datetime, ...]:
    """The resets that give something back, as this computer's clock will show them.

    One that an answer still calls used up although its reset has come is expected any moment. Nothing comes back to a
    window that is not used, and one shorter than an hour is no quota that people wait for.
    """
    review = () if snapshot.code_review is None else (snapshot.code_review,)
    ahead = timedelta(seconds=snapshot.clock_offset)
    limits = (snapshot.main, *review, *snapshot.extra)
    late = [snapshot.taken_at] if _is_late(snapshot) else []
    return (*(reset - ahead for limit in limits for reset in _awaited(limit)), *late)


def _is_late(snapshot: Snapshot) -> bool:
    until = blocked_until(snapshot)
    return until is not None and timedelta() <= snapshot.service_now(snapshot.taken_at) - until < _LONGEST_DELAY


def has_been_reset(snapshot: Snapshot, now: datetime) -> bool:
    """Whether such a reset of the main limit has come since these numbers: another answer brings other ones."""
    here = snapshot.service_now(now)
    last = max((reset for reset in _awaited(snapshot.main) if reset <= here), default=None)
    return last is not None and last > snapshot.service_now(snapshot.taken_at)


def _awaited(limit: Limit) -> Iterator[datetime]:
    for window in limit.windows:
        is_waited_for = window.used_percent > 0 and (window.seconds is None or window.seconds >= _SHORTEST)
        if window.reset_at is not None and is_waited_for:
            yield window.reset_at


def look(accounts: tuple[AccountState, ...], now: datetime) -> Look:
    """Sort the accounts by what is to be done about them."""
    late: list[tuple[datetime, AccountState]] = []
    unplanned: list[AccountState] = []
    coming: datetime | None = None
    for account in accounts:
        moment = account.next_check
        if account.checking:
            continue
        if moment is None:
            unplanned.append(account)
        elif moment <= now:
            late.append((moment, account))
        elif coming is None or moment < coming:
            coming = moment
    late.sort(key=itemgetter(0))
    return Look(due=tuple(a for _, a in late), unplanned=tuple(unplanned), next_at=coming)


def first_checks(count: int, now: datetime, within: timedelta | None) -> list[datetime]:
    """Start times for ``count`` accounts that have none: the first at once, then evenly apart.

    They are a third of a second apart, closer where ``within`` would not hold them all; so they never fire together
    later either.
    """
    gap = min(timedelta(seconds=1 / 3), (within or timedelta(minutes=5)) / max(count, 1))
    return [now + gap * place for place in range(count)]
