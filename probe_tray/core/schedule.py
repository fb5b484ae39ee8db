"""When an account's quota is asked for next: a pure function of what is known."""

from datetime import datetime, timedelta

from probe_tray.core.state import AccountState

_FIRST_BACKOFF = timedelta(minutes=1)
_LONGEST_BACKOFF = timedelta(hours=1)
_AFTER_RESET = timedelta(seconds=20)
"""So long after a reset the service counts from zero; earlier answers were seen to show the old window."""


def next_check(
    *,
    now: datetime,
    every: timedelta | None,
    failures: int,
    wait: timedelta | None,
    resets: tuple[datetime, ...],
    jitter: float,
) -> datetime | None:
    """The moment of the next check, or None when only the person starts one.

    ``every`` is the interval, None for manual; ``failures`` counts the failed checks in a row; ``wait`` is what the
    service asked for; ``resets`` are the coming reset times; ``jitter`` in -1…1 spreads accounts by a tenth.
    """
    if every is None:
        return None
    if failures:
        backoff = min(_FIRST_BACKOFF * 2 ** min(failures - 1, 10), _LONGEST_BACKOFF)
        return now + max(backoff * (1 + jitter / 10), wait or timedelta())
    regular = now + every * (1 + jitter / 10)
    sooner = [moment + _AFTER_RESET for moment in resets if now < moment + _AFTER_RESET < regular]
    return min(sooner, default=regular)


def due(accounts: tuple[AccountState, ...], now: datetime) -> list[AccountState]:
    """The accounts whose check is due, the longest overdue first."""
    waiting = [
        (a.next_check, a) for a in accounts if a.next_check is not None and a.next_check <= now and not a.checking
    ]
    return [a for _, a in sorted(waiting, key=lambda pair: pair[0])]


def first_checks(count: int, now: datetime, every: timedelta | None) -> list[datetime]:
    """Start times for ``count`` accounts that are new to the schedule: the first at once, then evenly apart.

    They are a third of a second apart, closer where the interval would not hold them all; so they never fire together
    later either.
    """
    gap = min(timedelta(seconds=1 / 3), (every or timedelta(minutes=5)) / max(count, 1))
    return [now + gap * place for place in range(count)]
