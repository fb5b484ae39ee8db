"""What an account's numbers, failures and token life mean together, in one word."""

import enum
from datetime import datetime, timedelta

from probe_tray.core.errors import Problem, RateLimitedError
from probe_tray.core.quota.snapshot import Capacity, Snapshot
from probe_tray.core.quota.usage_parser import blocked_until, capacity
from probe_tray.core.quota.used_window import live_windows
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState

_SHORTEST_FRESH = timedelta(minutes=15)
_FRESH_BY_HAND = timedelta(hours=1)
_LATE = timedelta(minutes=2)
_NEVER = 9000
"""Records name a year like 9999 for a login that never ends; the calendar has none after it."""


class Condition(enum.Enum):
    """The conditions a person must be able to tell apart."""

    AVAILABLE = "available"
    WARNING = "warning"
    """Usable, and at least one window is past the warning level."""
    LIMITED = "limited"
    STALE = "stale"
    """The numbers are too old to act on, and there is no better word for why."""
    NEEDS_LOGIN = "needs login"
    BLOCKED = "blocked"
    """The network or the region stands in the way; the login is fine."""
    UNUSABLE = "cannot be used"
    """The service says that the account or its workspace cannot be used; the login is fine."""
    RATE_LIMITED = "rate limited"
    OFFLINE = "offline"
    WAITING_KEYRING = "waiting for the keyring"
    API_KEY = "API key"
    """A client that is logged in with an API key: there is no quota to show."""
    NO_DATA = "no data"
    """Nothing has been heard of the quota yet."""

    # An enum hashes its name in Python: hundreds of times whenever the icon of a hundred accounts is drawn.
    __hash__ = object.__hash__


USABLE = frozenset({Condition.AVAILABLE, Condition.WARNING})
"""The conditions in which the next request is expected to go through."""


def condition(account: AccountState, settings: Settings, now: datetime) -> Condition:
    """The condition of ``account`` at ``now`` (aware UTC).

    What a person has to do goes before what passes by itself; a passing failure counts only once the numbers are old.
    """
    problem = account.problem
    if problem is not None and problem.kind.needs_keyring:
        return Condition.WAITING_KEYRING
    if login_ended(account, now):
        return Condition.NEEDS_LOGIN
    if unusable(problem):
        return Condition.UNUSABLE
    if problem is not None and problem.kind.blocked:
        return Condition.BLOCKED
    if problem is not None and problem.kind.offline:
        return Condition.OFFLINE
    snapshot = account.snapshot
    if snapshot is not None and _is_fresh(account, snapshot, settings, now):
        return _by_numbers(snapshot, settings, now)
    if problem is not None and problem.is_a(RateLimitedError):
        return Condition.RATE_LIMITED
    return Condition.NO_DATA if snapshot is None and problem is None else Condition.STALE


def _is_fresh(account: AccountState, snapshot: Snapshot, settings: Settings, now: datetime) -> bool:
    """Whether the numbers may still be acted on: three missed checks make them old, and so does a reset since then."""
    if not is_recent(snapshot, settings, now) and not _is_next_to_come(account, snapshot, now):
        return False
    return blocked_until(snapshot) is None or free_at(snapshot, now) is not None or _is_reset_late(snapshot, now)


def _is_reset_late(snapshot: Snapshot, now: datetime) -> bool:
    """Whether an answer of the last two minutes names no later end than one that had come by then.

    So it is for a moment after a reset, and where the clocks differ by less than is corrected: it still says what
    there is.
    """
    return free_at(snapshot, snapshot.taken_at) is None and now - snapshot.taken_at < _LATE


def is_recent(snapshot: Snapshot, settings: Settings, now: datetime) -> bool:
    """Whether its numbers may be acted on whenever the next check is: no three were missed."""
    polled = timedelta(minutes=3 * settings.poll_minutes) if settings.poll_minutes else _FRESH_BY_HAND
    return now - snapshot.taken_at < max(polled, _SHORTEST_FRESH)


def _is_next_to_come(account: AccountState, snapshot: Snapshot, now: datetime) -> bool:
    """Whether the check after this snapshot is not late: on battery and the like they are further apart."""
    planned = account.next_check
    return planned is not None and account.checked_at == snapshot.taken_at and now < planned + _LATE


def local_time(moment: datetime, snapshot: Snapshot) -> datetime:
    """A moment of the service's clock as this computer's clock will show it when it comes."""
    return moment - timedelta(seconds=snapshot.clock_offset)


def free_at(snapshot: Snapshot, now: datetime) -> datetime | None:
    """When an account without capacity has some again, by this computer's clock, seen from ``now``.

    None where there is capacity, where nobody knows when, and once it has come.
    """
    until = blocked_until(snapshot)
    here = None if until is None else local_time(until, snapshot)
    return here if here is not None and here > now else None


def unusable(problem: Problem | None) -> bool:
    """Whether ``problem`` is that the account or its workspace cannot be used, whatever its login."""
    return problem is not None and problem.kind.unusable


def login_ended(account: AccountState, now: datetime) -> bool:
    """Whether only signing in again can help."""
    problems = [p for p in (account.problem, account.renewal.problem) if p is not None]
    if problems and any(p.kind.needs_login for p in problems):
        return True
    if account.renewable:
        return False
    end = login_end(account)
    return (end is not None and end <= now) or any(p.kind.refused for p in problems)


def local_end(end: datetime, snapshot: Snapshot | None) -> datetime:
    """A login's end as this computer's clock will show it, by the answer in ``snapshot``."""
    if snapshot is None or not snapshot.clock_offset or end.year >= _NEVER:
        return end
    return local_time(end, snapshot)


def login_end(account: AccountState) -> datetime | None:
    """When the access token ends, as this computer's clock will show it; None where nobody knows.

    So it is where the service has answered since that end: then the record is wrong.
    """
    end, snapshot = account.expires_at, account.snapshot
    if end is None or snapshot is None:
        return end
    end = local_end(end, snapshot)
    works = account.problem is None and account.checked_at == snapshot.taken_at >= end
    return None if works else end


def tightest(snapshot: Snapshot) -> float:
    """The highest use among the windows of the main limit, 0 to 100; always 100 when there is no capacity."""
    if capacity(snapshot) is Capacity.LIMITED:
        return 100.0
    return max((w.used_percent for w in snapshot.main.windows), default=0.0)


def _by_numbers(snapshot: Snapshot, settings: Settings, now: datetime) -> Condition:
    match capacity(snapshot):
        case Capacity.LIMITED:
            return Condition.LIMITED
        case Capacity.UNKNOWN:
            return Condition.NO_DATA
        case Capacity.AVAILABLE:
            tight = [w for w in snapshot.main.windows if w.used_percent >= levels(w, settings).warning]
            warned = tight and live_windows(tight, snapshot.service_now(now))
            return Condition.WARNING if warned else Condition.AVAILABLE
