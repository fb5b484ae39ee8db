"""When an account's quota is worth a notification.

Only the main limit is said: the windows of single models and of code review keep nobody from working.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from probe_tray.core.alerts.alert import (
    AlertCandidate,
    CreditAlert,
    Forecast,
    Level,
    LimitedAlert,
    PaceAlert,
    QuotaAlert,
    RestoredAlert,
    Said,
    Told,
)
from probe_tray.core.quota.levels import levels
from probe_tray.core.quota.snapshot import Capacity, Snapshot, Window, WindowKind
from probe_tray.core.quota.usage_parser import blocked_until, capacity
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState

SAME_PERIOD = timedelta(seconds=240)
"""Service fact: a reset jitters by up to 120 s around its moment, so two answers differ by twice that at most."""
_KEPT = timedelta(days=2)
"""How long something is remembered beyond its period: clocks may be wrong by hours."""
_FULL = 100.0
_LENGTHS = {
    WindowKind.SHORT: timedelta(hours=5),
    WindowKind.WEEKLY: timedelta(days=7),
    WindowKind.MONTHLY: timedelta(days=30),
    WindowKind.OTHER: timedelta(days=30),
}
_LONGEST = timedelta(days=40)
"""No window whose length the service leaves out was seen to be longer."""
_CREDIT, _PACE = "credit", "pace"


def quota_alerts(
    account: AccountState, settings: Settings, told: Told, now: datetime, forecast: Forecast
) -> Iterator[AlertCandidate]:
    """What is new about the windows of the main limit.

    Where there is no capacity only that is said, and only about the window that is reset last.
    """
    snapshot = account.snapshot
    if snapshot is None:
        return
    here = snapshot.service_now(now)
    windows = _live(snapshot, here)
    full = [w for w in windows if w.used_percent >= _FULL]
    if full:
        last = max(full, key=lambda w: (_end(w, here), _length(w)))
        yield from _level(account, last, Level.EXHAUSTED, told, here)
    elif any(w.used_percent >= _FULL for w in snapshot.main.windows):
        # Its reset has passed: the next answer tells what there is now.
        return
    elif capacity(snapshot) is Capacity.LIMITED:
        yield from _limited(account, snapshot, told, here)
    else:
        if told.spent and capacity(snapshot) is Capacity.AVAILABLE and not snapshot.unconfirmed:
            yield AlertCandidate(RestoredAlert(account=account.key), frozenset(), spent=False)
        for window in windows:
            level = _reached(window, settings)
            if level is not None:
                yield from _level(account, window, level, told, here)
            if settings.pace_alerts and level is not Level.CRITICAL:
                yield from _pace(account, window, forecast(account, window), told, here)


def credit_alerts(account: AccountState, settings: Settings, told: Told, now: datetime) -> Iterator[AlertCandidate]:
    """The reset credits that are lost within the days of the settings, all in one alert."""
    if account.snapshot is None:
        return
    here = account.snapshot.service_now(now)
    latest = here + timedelta(days=settings.credit_warning_days)
    soon = [end for end in account.snapshot.reset_credit_ends if here < end <= latest]
    marks = told.marks(_CREDIT)
    if any(end not in marks for end in soon):
        says = frozenset(Said(account=told.account, topic=_CREDIT, mark=e, forget_at=e + _KEPT) for e in soon)
        yield AlertCandidate(CreditAlert(account=account.key, count=len(soon), expires_at=min(soon)), says)


def _live(snapshot: Snapshot, here: datetime) -> list[Window]:
    """The windows that the snapshot still tells about, of each kind the tightest.

    Past its reset an old snapshot says nothing about the window that has begun since.
    """
    found: dict[str, Window] = {}
    for window in snapshot.main.windows:
        if window.reset_at is not None and window.reset_at <= here:
            continue
        other = found.get(_topic(window))
        if other is None or other.used_percent < window.used_percent:
            found[_topic(window)] = window
    return list(found.values())


def _reached(window: Window, settings: Settings) -> Level | None:
    wanted = levels(window, settings)
    if window.used_percent >= wanted.critical:
        return Level.CRITICAL
    return Level.WARNING if window.used_percent >= wanted.warning else None


def _level(account: AccountState, window: Window, level: Level, told: Told, here: datetime) -> Iterator[AlertCandidate]:
    topics = [f"{_topic(window)} {step.value}" for step in Level]
    reached = topics[: list(Level).index(level) + 1]
    if _was_said(told, reached[-1], window, here):
        return
    # Whoever knows of the higher level needs no word about the lower one later.
    says = frozenset(_entry(told, topic, _end(window, here)) for topic in reached)
    alert = QuotaAlert(account=account.key, window=window, level=level)
    yield AlertCandidate(alert, says, spent=True if level is Level.EXHAUSTED else None)


def _limited(account: AccountState, snapshot: Snapshot, told: Told, here: datetime) -> Iterator[AlertCandidate]:
    until = blocked_until(snapshot)
    # Until there is capacity again it is one and the same thing, whatever moment the service names.
    if told.spent or (until is not None and until <= here):
        return
    yield AlertCandidate(LimitedAlert(account=account.key), frozenset(), spent=True)


def _pace(
    account: AccountState, window: Window, runs_out_at: datetime | None, told: Told, here: datetime
) -> Iterator[AlertCandidate]:
    topic = f"{_topic(window)} {_PACE}"
    if runs_out_at is None or runs_out_at <= here or _was_said(told, topic, window, here):
        return
    says = frozenset({_entry(told, topic, _end(window, here))})
    yield AlertCandidate(PaceAlert(account=account.key, window=window, runs_out_at=runs_out_at), says)


def _was_said(told: Told, topic: str, window: Window, here: datetime) -> bool:
    """Whether it was said within the window's period.

    Only a reset that is clearly later than the one it was said for begins a new period; where the service leaves the
    reset out, the period lasts as long as the known one.
    """
    marks = [mark for mark in told.marks(topic) if mark is not None]
    reset = _reset(window, here)
    if reset is None:
        return any(mark + SAME_PERIOD > here for mark in marks)
    return any(reset <= mark + SAME_PERIOD for mark in marks)


def _end(window: Window, here: datetime) -> datetime:
    """The end of the window's period: its reset, or the latest it can be."""
    return _reset(window, here) or here + _length(window)


def _reset(window: Window, here: datetime) -> datetime | None:
    # A reset further away than the window is long is not meant.
    longest = timedelta(seconds=window.seconds) if window.seconds else _LONGEST
    reset = window.reset_at
    return None if reset is None or reset > here + longest + SAME_PERIOD else reset


def _length(window: Window) -> timedelta:
    return timedelta(seconds=window.seconds) if window.seconds else _LENGTHS[window.kind]


def _topic(window: Window) -> str:
    return f"{window.kind.value} {window.seconds}" if window.kind is WindowKind.OTHER else window.kind.value


def _entry(told: Told, topic: str, end: datetime) -> Said:
    return Said(account=told.account, topic=topic, mark=end, forget_at=end + _KEPT)
