"""What an account's glyph and bars show of its numbers."""

from datetime import datetime

from msgspec.structs import replace

from probe_tray.core.account.condition import USABLE, Condition, local_time
from probe_tray.core.quota.percent import whole
from probe_tray.core.quota.snapshot import Capacity, Snapshot, Window, WindowKind, named_seconds
from probe_tray.core.quota.usage_parser import capacity
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AccountState
from probe_tray.view.panel.outlook import coming, outlook_words
from probe_tray.view.text.percentages import amount, shown
from probe_tray.view.text.times import Now, at, both, widest
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Bar, IconLook, Tone

_ORDER = (WindowKind.SHORT, WindowKind.WEEKLY, WindowKind.MONTHLY, WindowKind.BUDGET, WindowKind.OTHER)
_TONES = (Tone.CRITICAL, Tone.WARNING, Tone.CALM)
_HOUR, _DAY = 3600, 86400
_FULL = 100
_WITHOUT_NUMBERS = frozenset({Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING})


def tone(window: Window, settings: Settings) -> Tone:
    """How much the use of a window matters."""
    wanted = levels(window, settings)
    if window.used_percent >= wanted.critical:
        return Tone.CRITICAL
    return Tone.WARNING if window.used_percent >= wanted.warning else Tone.CALM


def look(account: AccountState, state: Condition, settings: Settings) -> IconLook:
    """The glyph of one account."""
    snapshot = account.snapshot
    badge = state is Condition.NEEDS_LOGIN
    if snapshot is None or state in _WITHOUT_NUMBERS:
        return IconLook(badge=badge or state is Condition.WAITING_KEYRING)
    long = _longest(snapshot, settings)
    short = snapshot.short
    wanted = settings.percentages
    return IconLook(
        weekly=None if long is None else shown(long.used_percent, wanted),
        short=None if short is None else shown(short.used_percent, wanted),
        weekly_tone=Tone.CALM if long is None else tone(long, settings),
        short_tone=Tone.CALM if short is None else tone(short, settings),
        exhausted=capacity(snapshot) is Capacity.LIMITED,
        stale=state not in USABLE | {Condition.LIMITED, Condition.NO_DATA},
    )


def ordered(snapshot: Snapshot) -> list[Window]:
    """The windows of the main limit, the shortest kind first."""
    return sorted(snapshot.main.windows, key=lambda w: (_ORDER.index(w.kind), w.seconds or 0))


def bars(account: AccountState, settings: Settings, now: Now, t: Translator) -> tuple[Bar, ...]:
    """One bar for each window of the main limit."""
    snapshot = account.snapshot
    if snapshot is None:
        return ()
    return tuple(_foreseen(bar(w, snapshot, settings, now, t), account, w, settings, now, t) for w in ordered(snapshot))


def _foreseen(drawn: Bar, account: AccountState, window: Window, settings: Settings, now: Now, t: Translator) -> Bar:
    found = coming(account, window, now.moment)
    if found is None or found.percent_at_reset is None or account.snapshot is None:
        return drawn
    coming_percent = min(max(round(found.percent_at_reset), drawn.percent), _FULL)
    # What is still to be used lies beyond what is used, and is a part of what is left.
    used = settings.percentages is Percentages.USED
    return replace(
        drawn,
        filled=drawn.filled if used else _FULL - coming_percent,
        faded=coming_percent if used else drawn.filled,
        outlook=outlook_words(found, account.snapshot, settings, now, t),
        runs_out=found.runs_out_at is not None,
    )


def label(window: Window, t: Translator) -> str:
    """The short name of a window."""
    return kind_label(window.kind, window.seconds, t)


def kind_label(kind: WindowKind, length: int | None, t: Translator) -> str:
    """The short name of windows of that kind and length, in seconds."""
    match kind:
        case WindowKind.WEEKLY:
            return t("Week")
        case WindowKind.MONTHLY:
            return t("Month")
        case WindowKind.BUDGET:
            return t("Budget")
        case WindowKind.SHORT | WindowKind.OTHER:
            seconds = named_seconds(length)
            if seconds >= 2 * _DAY:
                return t("{d} d", d=str(round(seconds / _DAY)))
            if seconds >= _DAY or (seconds >= _HOUR and seconds % _HOUR == 0):
                return t("{h} h", h=str(round(seconds / _HOUR)))
            return t("{m} min", m=str(max(1, round(seconds / 60))))


def _longest(snapshot: Snapshot, settings: Settings) -> Window | None:
    """The window that the ring shows: the weekly one, unless there is none or another long one matters more."""
    long = [w for w in snapshot.main.windows if w.kind is not WindowKind.SHORT]
    return min(
        long,
        key=lambda w: (_TONES.index(tone(w, settings)), _ORDER.index(w.kind), -w.used_percent),
        default=None,
    )


def percent_text(window: Window, settings: Settings) -> str:
    """How much of it is used, or left."""
    return f"{shown(window.used_percent, settings.percentages)}%"


def is_reset(window: Window, snapshot: Snapshot, now: Now) -> bool:
    """Whether it has been reset since ``snapshot``, whose number is older than that."""
    reset = None if window.reset_at is None else local_time(window.reset_at, snapshot)
    if reset is None or reset > now.moment:
        return False
    # Used up by an answer from after its reset: the service is late, and the number is the one of now.
    return window.used_percent < _FULL or reset > snapshot.taken_at


def reset_brief(window: Window, snapshot: Snapshot, now: Now, t: Translator) -> str:
    """When it is reset, where there is little room; empty where nobody knows."""
    if is_reset(window, snapshot, now):
        return t("before reset")
    return "" if window.reset_at is None else at(local_time(window.reset_at, snapshot), now, t, brief=True)


def bar(window: Window, snapshot: Snapshot, settings: Settings, now: Now, t: Translator) -> Bar:
    """One window as it is now."""
    wanted = settings.percentages
    reset = None if window.reset_at is None else local_time(window.reset_at, snapshot)
    short = reset_brief(window, snapshot, now, t)
    words = short if reset is None or is_reset(window, snapshot, now) else both(reset, now, t)
    pace = _pace(window, reset, now.moment)
    return Bar(
        label=label(window, t),
        is_short=window.kind is WindowKind.SHORT,
        percent=whole(window.used_percent),
        percent_text=percent_text(window, settings),
        amount=amount(window.used_percent, wanted, t),
        tone=tone(window, settings),
        filled=shown(window.used_percent, wanted),
        pace=_FULL - pace if pace is not None and wanted is Percentages.LEFT else pace,
        reset=words,
        reset_short=short,
        reset_widest=widest(t),
    )


def _pace(window: Window, reset: datetime | None, now: datetime) -> int | None:
    """Where an even pace would stand; None where that says nothing: no reset, hardly begun, or used up."""
    length = window.length
    if reset is None or length is None or window.used_percent >= _FULL:
        return None
    gone = 1 - (reset - now) / length
    return round(gone * 100) if 0 < gone < 1 else None
