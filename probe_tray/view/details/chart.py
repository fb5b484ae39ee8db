"""Use over time as lines between 0 and 1, with the words beside them."""

from datetime import datetime, timedelta

import msgspec

from probe_tray.core.percentages import Percentages
from probe_tray.core.quota.details import Details
from probe_tray.core.quota.details import HistoryLine as Past
from probe_tray.core.quota.history import Meter, Span
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import Settings
from probe_tray.view.panel.looks import kind_label
from probe_tray.view.text.percentages import amount, shown
from probe_tray.view.text.times import Now, clock, date, weekday
from probe_tray.view.text.translate import Translator

_FULL, _PERCENT = 1000, 100
_GAP = 3
"""Stretches without a sample that tell a gap from a pause."""


class ChartLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the chart."""

    label: str
    runs: tuple[tuple[tuple[float, float], ...], ...]
    """Stretches without a gap; from left to right 0 to 1, from nothing to everything, used or left, 0 to 1."""


class LevelLine(msgspec.Struct, frozen=True):
    """A level at which the program warns."""

    at: float
    """0 to 1."""
    text: str


class Tick(msgspec.Struct, frozen=True):
    """A word below the chart."""

    at: float
    """From left to right, 0 to 1."""
    text: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Use over time."""

    lines: tuple[ChartLine, ...]
    """The one that matters most first."""
    ticks: tuple[Tick, ...]
    levels: tuple[LevelLine, ...]
    """From where on the program warns, one line for all windows where that is the same."""
    empty: str
    """What to say where there is no line; empty where there is one."""
    spoken: str


def chart(details: Details | None, span: Span, settings: Settings, now: Now, t: Translator) -> Chart:
    """The chart over ``span`` that ends now; without ``details`` it is still being read."""
    known = details is not None and details.span is span
    lines = (
        tuple(_line(past, span, settings, now, t) for past in details.lines) if details is not None and known else ()
    )
    empty = "" if lines else (t("No data for this period.") if known else t("Reading the history…"))
    return Chart(
        lines=lines,
        ticks=_ticks(span, now, t),
        levels=_levels([past.meter for past in details.lines] if details is not None and known else [], settings, t),
        empty=empty,
        spoken=". ".join(_spoken(past, settings, t) for past in details.lines)
        if details is not None and known
        else empty,
    )


def chart_title(settings: Settings, t: Translator) -> str:
    """What stands above the chart."""
    return t("Use over time") if settings.percentages is Percentages.USED else t("Left over time")


def _levels(meters: list[Meter], settings: Settings, t: Translator) -> tuple[LevelLine, ...]:
    found = {
        kind_label(meter.kind, meter.seconds, t): levels(
            Window(kind=meter.kind, seconds=meter.seconds, used_percent=0, reset_at=None), settings
        ).warning
        for meter in meters
    }
    if len(set(found.values())) <= 1:
        return tuple(
            _level(w, settings, t("warns at {amount}", amount=_amount(w, settings, t))) for w in set(found.values())
        )
    return tuple(
        _level(w, settings, t("{window} warns at {amount}", window=label, amount=_amount(w, settings, t)))
        for label, w in found.items()
    )


def _level(used: float, settings: Settings, text: str) -> LevelLine:
    return LevelLine(_height(used / _PERCENT, settings), text)


def _amount(used: float, settings: Settings, t: Translator) -> str:
    return amount(used, settings.percentages, t)


def _height(used: float, settings: Settings) -> float:
    """Where a share that is used, 0 to 1, stands in the chart."""
    return used if settings.percentages is Percentages.USED else 1 - used


def _line(past: Past, span: Span, settings: Settings, now: Now, t: Translator) -> ChartLine:
    length = span.value
    start, apart = now.moment - length, max(length / 300 * _GAP, timedelta(hours=2))
    runs: list[list[tuple[float, float]]] = []
    last: datetime | None = None
    for point in past.points:
        x = (point.at - start) / length
        if last is None or point.at - last > apart:
            runs.append([])
        runs[-1].append((min(max(x, 0.0), 1.0), _height(min(point.used, _FULL) / _FULL, settings)))
        last = point.at
    return ChartLine(label=kind_label(past.meter.kind, past.meter.seconds, t), runs=tuple(tuple(run) for run in runs))


def _ticks(span: Span, now: Now, t: Translator) -> tuple[Tick, ...]:
    """Round moments in the person's own time: hours, midnights, or every fifth midnight."""
    here = now.moment.astimezone(now.zone)
    if span is Span.DAY:
        step, first = timedelta(hours=4), here.replace(minute=0, second=0, microsecond=0)
        first -= timedelta(hours=first.hour % 4)
    else:
        step = timedelta(days=1) if span is Span.WEEK else timedelta(days=5)
        first = here.replace(hour=0, minute=0, second=0, microsecond=0)
    start = now.moment - span.value
    found: list[Tick] = []
    moment = first
    while moment > start:
        x = (moment - start) / span.value
        words = {Span.DAY: clock(moment, now), Span.WEEK: weekday(moment, now, t)}.get(span) or date(moment, now, t)
        found.append(Tick(x, words))
        moment -= step
    return tuple(reversed(found))


def _spoken(past: Past, settings: Settings, t: Translator) -> str:
    label, wanted = kind_label(past.meter.kind, past.meter.seconds, t), settings.percentages
    now, most = past.points[-1].used / 10, max(point.most for point in past.points) / 10
    if wanted is Percentages.USED:
        return t(
            "{window}: {percent}% now, {most}% at most",
            window=label,
            percent=str(shown(now, wanted)),
            most=str(shown(most, wanted)),
        )
    return t(
        "{window}: {percent}% left now, {least}% at least",
        window=label,
        percent=str(shown(now, wanted)),
        least=str(shown(most, wanted)),
    )
