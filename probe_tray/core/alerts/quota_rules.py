"""When an account's quota is worth a notification.

Only the main limit is said: the windows of single models and of code review keep nobody from working.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from probe_tray.core.alerts.alert import (
    AccountAlerts,
    AlertCandidate,
    AlertRecord,
    CreditAlert,
    Forecast,
    Level,
    LimitedAlert,
    PaceAlert,
    QuotaAlert,
    RestoredAlert,
)
from probe_tray.core.quota.snapshot import SAME_RESET, Capacity, Snapshot, Window, WindowKind
from probe_tray.core.quota.usage_parser import blocked_until, capacity
from probe_tray.core.quota.used_window import deciding_window, live_windows
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState

_KEPT = timedelta(days=2)
"""How long something is remembered beyond its period: clocks may be wrong by hours."""
_FULL = 100.0
_FALL = 5.0
"""Percent: a use that goes up and down by less than this around a level has not fallen."""
_LENGTHS = {
    WindowKind.SHORT: timedelta(hours=5),
    WindowKind.WEEKLY: timedelta(days=7),
    WindowKind.MONTHLY: timedelta(days=30),
    WindowKind.BUDGET: timedelta(days=30),
    WindowKind.OTHER: timedelta(days=30),
}
_LONGEST = timedelta(days=40)
"""No window whose length the service leaves out was seen to be longer."""
_LEAST_EARLY = 0.1
"""The part of its length that a window must run out before its reset: a few minutes without capacity are no news."""
_CREDIT, _PACE = "credit", "pace"


def still_said(account: AccountState, settings: Settings, told: AccountAlerts, now: datetime) -> AccountAlerts:
    """What was said, without what was said of a window's period that is over.

    A period is over when the reset that was known last has passed. A reset that only moves (by a day every day, or
    with every answer) is followed. When the use falls, levels below which it has come may be said again.
    """
    snapshot = account.snapshot
    # Once a minute a thousand accounts are looked at in one go: of most of them nothing was said.
    if snapshot is None or not told.said:
        return told
    here = snapshot.service_now(now)
    windows: dict[str, tuple[Window, bool]] = {}
    for window in _live(snapshot, here):
        reached, topics = _reached_topics(window, settings), (*_level_topics(window), _pace_topic(window))
        windows.update((topic, (window, topic in reached)) for topic in topics)
    kept = (
        entry if (found := windows.get(entry.topic)) is None else _followed(entry, found[0], here, reached=found[1])
        for entry in told.said
    )
    return AccountAlerts(told.account, frozenset(entry for entry in kept if entry is not None))


def _followed(entry: AlertRecord, window: Window, here: datetime, *, reached: bool) -> AlertRecord | None:
    """``entry`` as it is known now; None where it is about a period that is over or a level that is left."""
    reset, mark, used = _reset(window, here), entry.mark, window.used_percent
    moved = reset is not None and (mark is None or abs(reset - mark) > SAME_RESET)
    passed = mark is not None and here >= (mark + SAME_RESET if reset is None else mark - SAME_RESET)
    # The clock alone ends no period: an answer that still names the old reset is about the old one.
    if passed and (reset is None or (mark is not None and reset > mark + SAME_RESET)):
        return None
    highest = used if entry.used is None else max(used, entry.used)
    # Against the highest, not the last: many small steps down are a fall too.
    if used < highest - _FALL and not reached:
        return None
    end = reset if moved and reset is not None else mark
    return replace(entry, mark=end, used=highest, forget_at=entry.forget_at if end is None else end + _KEPT)


def quota_alerts(
    account: AccountState, settings: Settings, told: AccountAlerts, now: datetime, forecast: Forecast
) -> Iterator[AlertCandidate]:
    """What is new about the windows of the main limit.

    Where there is no capacity only that is said, and only about the window that is reset last.
    """
    snapshot = account.snapshot
    if snapshot is None:
        return
    here = snapshot.service_now(now)
    windows = _live(snapshot, here)
    last = deciding_window(windows)
    if last is not None and last.used_percent >= _FULL:
        yield from _level(account, last, Level.EXHAUSTED, told, here)
    elif any(w.used_percent >= _FULL for w in snapshot.main.windows):
        # Its reset has passed: the next answer tells what there is now.
        return
    elif capacity(snapshot) is Capacity.LIMITED:
        yield from _limited(account, snapshot, told, here)
    else:
        if told.spent and capacity(snapshot) is Capacity.AVAILABLE and not snapshot.unconfirmed:
            yield AlertCandidate(
                RestoredAlert(account=account.key), frozenset(), spent=False, takes_back=_used_up(told)
            )
        for window in windows:
            level = _reached(window, settings)
            if level is not None:
                yield from _level(account, window, level, told, here)
            # Past the last level before the end a forecast says nothing new.
            if settings.pace_alerts and level is not Level.CRITICAL:
                yield from _pace(account, window, forecast(account, window), told, here)


def quota_holds(
    alert: QuotaAlert | LimitedAlert | RestoredAlert | PaceAlert | CreditAlert,
    account: AccountState,
    settings: Settings,
    now: datetime,
    forecast: Forecast,
) -> bool:
    """Whether what ``alert`` says about the quota of ``account`` is still true."""
    snapshot = account.snapshot
    if snapshot is None:
        return False
    here = snapshot.service_now(now)
    match alert:
        case QuotaAlert(window=window, level=level):
            reached = {topic for live in _live(snapshot, here) for topic in _reached_topics(live, settings)}
            return f"{_topic(window)} {level.value}" in reached
        case LimitedAlert() | RestoredAlert():
            limited = capacity(snapshot) is Capacity.LIMITED
            return limited is isinstance(alert, LimitedAlert)
        case PaceAlert(window=window):
            now_live = [live for live in _live(snapshot, here) if _topic(live) == _topic(window)]
            return any(forecast(account, live) is not None for live in now_live)
        case CreditAlert(expires_at=end):
            return here < end and end in snapshot.reset_credit_ends


def with_numbers_of_now(
    alert: QuotaAlert | PaceAlert | CreditAlert,
    account: AccountState,
    settings: Settings,
    now: datetime,
    forecast: Forecast,
) -> QuotaAlert | PaceAlert | CreditAlert:
    """``alert``, which still holds, with what the snapshot says now: it may have waited while the limit was used on."""
    snapshot = account.snapshot
    if snapshot is None:
        return alert
    here = snapshot.service_now(now)
    match alert:
        case QuotaAlert(window=window):
            return replace(alert, window=_now(window, snapshot, here))
        case PaceAlert(window=window, runs_out_at=runs_out_at):
            live = _now(window, snapshot, here)
            return replace(alert, window=live, runs_out_at=forecast(account, live) or runs_out_at)
        case CreditAlert():
            soon = _credits_soon(snapshot, settings, here)
            return replace(alert, count=len(soon), expires_at=min(soon)) if soon else alert


def is_same_limit(one: Window, other: Window) -> bool:
    """Whether both are about one limit of an account, whatever its period."""
    return _topic(one) == _topic(other)


def _now(window: Window, snapshot: Snapshot, here: datetime) -> Window:
    return next((live for live in _live(snapshot, here) if is_same_limit(live, window)), window)


def credit_alerts(
    account: AccountState, settings: Settings, told: AccountAlerts, now: datetime
) -> Iterator[AlertCandidate]:
    """The reset credits that are lost within the days of the settings, all in one alert."""
    if account.snapshot is None or not account.snapshot.reset_credit_ends:
        return
    soon = _credits_soon(account.snapshot, settings, account.snapshot.service_now(now))
    # By their ends: credits have no names, and the service lists all of them each time.
    marks = told.marks(_CREDIT)
    if any(end not in marks for end in soon):
        says = frozenset(AlertRecord(account=told.account, topic=_CREDIT, mark=e, forget_at=e + _KEPT) for e in soon)
        yield AlertCandidate(CreditAlert(account=account.key, count=len(soon), expires_at=min(soon)), says)


def _credits_soon(snapshot: Snapshot, settings: Settings, here: datetime) -> list[datetime]:
    """The ends of the reset credits that are lost within the days of the settings."""
    latest = here + timedelta(days=settings.credit_warning_days)
    return [end for end in snapshot.reset_credit_ends if here < end <= latest]


def _live(snapshot: Snapshot, here: datetime) -> list[Window]:
    """The windows that the snapshot still tells about, of each kind the tightest.

    Past its reset an old snapshot says nothing about the window that has begun since.
    """
    found: dict[str, Window] = {}
    for window in live_windows(snapshot.main.windows, here):
        other = found.get(_topic(window))
        if other is None or other.used_percent < window.used_percent:
            found[_topic(window)] = window
    return list(found.values())


def _reached(window: Window, settings: Settings) -> Level | None:
    wanted = levels(window, settings)
    if window.used_percent >= wanted.critical:
        return Level.CRITICAL
    return Level.WARNING if window.used_percent >= wanted.warning else None


def _level(
    account: AccountState, window: Window, level: Level, told: AccountAlerts, here: datetime
) -> Iterator[AlertCandidate]:
    reached = _level_topics(window)[: list(Level).index(level) + 1]
    if reached[-1] in told.topics:
        return
    # Whoever knows of the higher level needs no word about the lower one later.
    says = frozenset(_entry(told, topic, window, here) for topic in reached)
    alert = QuotaAlert(account=account.key, window=window, level=level)
    yield AlertCandidate(alert, says, spent=True if level is Level.EXHAUSTED else None)


def _limited(
    account: AccountState, snapshot: Snapshot, told: AccountAlerts, here: datetime
) -> Iterator[AlertCandidate]:
    until = blocked_until(snapshot)
    # Until there is capacity again it is one and the same thing, whatever moment the service names.
    if told.spent or (until is not None and until <= here):
        return
    yield AlertCandidate(LimitedAlert(account=account.key), frozenset(), spent=True)


def _pace(
    account: AccountState, window: Window, runs_out_at: datetime | None, told: AccountAlerts, here: datetime
) -> Iterator[AlertCandidate]:
    topic = _pace_topic(window)
    if runs_out_at is None or runs_out_at <= here or topic in told.topics:
        return
    # By the length of the window: half an hour early matters in 5 hours and is nothing in a week.
    if _end(window, here) - runs_out_at < _LEAST_EARLY * _length(window):
        return
    says = frozenset({_entry(told, topic, window, here)})
    yield AlertCandidate(PaceAlert(account=account.key, window=window, runs_out_at=runs_out_at), says)


def _end(window: Window, here: datetime) -> datetime:
    """The end of the window's period: its reset, or the latest it can be."""
    return _reset(window, here) or here + _length(window)


def _reset(window: Window, here: datetime) -> datetime | None:
    # A reset further away than the window is long is not meant.
    longest = timedelta(seconds=window.seconds) if window.seconds else _LONGEST
    reset = window.reset_at
    return None if reset is None or reset > here + longest + SAME_RESET else reset


def _length(window: Window) -> timedelta:
    return timedelta(seconds=window.seconds) if window.seconds else _LENGTHS[window.kind]


def _topic(window: Window) -> str:
    return f"{window.kind.value} {window.seconds}" if window.kind is WindowKind.OTHER else window.kind.value


def _level_topics(window: Window) -> list[str]:
    """The topics of the levels, the lowest first."""
    return [f"{_topic(window)} {level.value}" for level in Level]


def _reached_topics(window: Window, settings: Settings) -> list[str]:
    level = Level.EXHAUSTED if window.used_percent >= _FULL else _reached(window, settings)
    return [] if level is None else _level_topics(window)[: list(Level).index(level) + 1]


def _pace_topic(window: Window) -> str:
    return f"{_topic(window)} {_PACE}"


def _used_up(told: AccountAlerts) -> frozenset[str]:
    return frozenset(topic for topic in told.topics if topic.endswith(f" {Level.EXHAUSTED.value}"))


def _entry(told: AccountAlerts, topic: str, window: Window, here: datetime) -> AlertRecord:
    end = _end(window, here)
    return AlertRecord(account=told.account, topic=topic, mark=end, used=window.used_percent, forget_at=end + _KEPT)
