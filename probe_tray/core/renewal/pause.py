"""When renewing rests: one outage must not burn every token.

The rest holds for every process of this user, by the wall clock, which a person may set: a rest that lasts longer than
any, or a request that is yet to come, was noted before the clock was set back. Nobody's wish shortens it: whoever
insists on a renewal does so whatever its expiry, not whatever becomes of the token.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

_WITHIN = timedelta(minutes=10)
_REST = timedelta(minutes=30)
_ACCOUNTS = 5
_KEPT = 4096
"""Requests that are counted at most: more than 4 at once can make in 10 minutes, unless each fails at once."""


class RenewalAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One refresh that was tried."""

    at: datetime
    """Aware UTC."""
    account: str
    """The account's slug."""
    failed: bool


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The latest refresh requests, and the rest they called for."""

    attempts: tuple[RenewalAttempt, ...] = ()
    rest_until: datetime | None = None
    """Aware UTC."""


def paused_until(attempts: Sequence[RenewalAttempt], now: datetime) -> datetime | None:
    """The end of the rest that these attempts call for, None where they call for none.

    It rests for 30 minutes when, within 10 minutes, five or more accounts failed and at least half of all attempts did.
    """
    recent = [a for a in attempts if now - _WITHIN <= a.at <= now]
    failed = [a for a in recent if a.failed]
    if len({a.account for a in failed}) < _ACCOUNTS or len(failed) * 2 < len(recent):
        return None
    return max(a.at for a in failed) + _REST


def counted(tally: Tally, attempt: RenewalAttempt) -> Tally:
    """``tally`` with one more, and without those that do not count any more."""
    now, before = attempt.at, corrected(tally, attempt.at)
    attempts = (*(a for a in before.attempts if now - _WITHIN <= a.at <= now), attempt)[-_KEPT:]
    return Tally(attempts=attempts, rest_until=paused_until(attempts, now) or before.rest_until)


def corrected(tally: Tally, now: datetime) -> Tally:
    """``tally`` as it is by a clock that shows ``now``: a rest that the clock was taken back from begins anew."""
    if tally.rest_until is None or tally.rest_until - now <= _REST:
        return tally
    return Tally(rest_until=now + _REST)


def rest_left(tally: Tally, now: datetime) -> timedelta:
    """How long no request is to be made: 30 minutes at most."""
    until = corrected(tally, now).rest_until
    return timedelta() if until is None else max(until - now, timedelta())
