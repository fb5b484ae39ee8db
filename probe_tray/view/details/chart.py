"""Use over time as lines between 0 and 1, with the words beside them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.quota.history import Details, Meter, Point, Span
from probe_tray.core.quota.history import HistoryLine as Past
from probe_tray.core.quota.snapshot import Window, WindowKind
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import Percentages, Settings
from probe_tray.view.panel.looks import kind_label
from probe_tray.view.text.percentages import amount, shown
from probe_tray.view.text.times import Now, clock, date, is_today, stamp, weekday
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
    """Words that belong to a moment."""

    at: float
    """From left to right, 0 to 1."""
    text: str


class ReadOut(msgspec.Struct, frozen=True, kw_only=True):
    """What every line shows at one moment."""

    at: float
    """From left to right, 0 to 1."""
    heights: tuple[float, ...]
    """0 to 1, of the lines that show something then."""
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
    begins: Tick | None
    """What to say left of the lines of an account that has been there since today only."""
    read_outs: tuple[ReadOut, ...]
    """From left to right."""
    spoken: str


class _Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A line before it is placed: when, and how much was used, 0 to 1000."""

    label: str
    window: str
    points: tuple[tuple[datetime, int], ...]
    apart: timedelta
    """Points further apart than this are not joined."""
    daily: bool


def chart(details: Details | None, span: Span, settings: Settings, now: Now, t: Translator) -> Chart:
    """The chart over ``span`` that ends now; without ``details`` it is still being read."""
    known = details is not None and details.span is span
    lines = details.lines if details is not None and known else ()
    drawn = [_drawn(past, span, settings, now, t) for past in lines]
    empty = "" if lines else (t("No data for this period.") if known else t("Reading the history…"))
    begins = _begins(drawn, span, now, t)
    said = [*(_spoken(past, settings, t) for past in lines), *([begins.text] if begins else [])]
    return Chart(
        lines=tuple(_line(line, span, settings, now) for line in drawn),
        ticks=_ticks(span, now, t),
        levels=_levels([past.meter for past in lines], settings, t),
        empty=empty,
        begins=begins,
        read_outs=_read_outs(drawn, span, settings, now, t),
        spoken=". ".join(said) or empty,
    )


def chart_title(settings: Settings, t: Translator) -> str:
    """What stands above the chart."""
    return t("Usage over time") if settings.percentages is Percentages.USED else t("Remaining over time")


def _levels(meters: list[Meter], settings: Settings, t: Translator) -> tuple[LevelLine, ...]:
    found = {
        kind_label(meter.kind, meter.seconds, t): levels(
            Window(kind=meter.kind, seconds=meter.seconds, used_percent=0, reset_at=None), settings
        ).warning
        for meter in meters
    }
    if len(set(found.values())) <= 1:
        return tuple(
            _level(w, settings, t("warning at {amount}", amount=_amount(w, settings, t))) for w in set(found.values())
        )
    return tuple(
        _level(w, settings, t("{window}: warning at {amount}", window=label, amount=_amount(w, settings, t)))
        for label, w in found.items()
    )


def _level(used: float, settings: Settings, text: str) -> LevelLine:
    return LevelLine(_height(used / _PERCENT, settings), text)


def _amount(used: float, settings: Settings, t: Translator) -> str:
    return amount(used, settings.percentages, t)


def _height(used: float, settings: Settings) -> float:
    """Where a share that is used, 0 to 1, stands in the chart."""
    return used if settings.percentages is Percentages.USED else 1 - used


def _drawn(past: Past, span: Span, settings: Settings, now: Now, t: Translator) -> _Drawn:
    """What is drawn of a meter: over 30 days only the peaks of short windows, which come and go too fast for a line."""
    window = kind_label(past.meter.kind, past.meter.seconds, t)
    if span is not Span.MONTH or past.meter.kind is not WindowKind.SHORT:
        return _Drawn(
            label=window,
            window=window,
            points=tuple((point.at, min(point.used, _FULL)) for point in past.points),
            apart=max(span.value / 300 * _GAP, timedelta(hours=2)),
            daily=False,
        )
    used = settings.percentages is Percentages.USED
    label = t("{window}, daily maximum", window=window) if used else t("{window}, daily minimum", window=window)
    return _Drawn(
        label=label, window=window, points=_daily_peaks(past.points, now), apart=timedelta(hours=36), daily=True
    )


def _daily_peaks(points: Sequence[Point], now: Now) -> tuple[tuple[datetime, int], ...]:
    """The highest use of each of the person's days, at its noon; today's not later than now."""
    peaks: dict[datetime, int] = {}
    for point in points:
        noon = point.at.astimezone(now.zone).replace(hour=12, minute=0, second=0, microsecond=0)
        peaks[noon] = max(peaks.get(noon, 0), min(point.most, _FULL))
    return tuple((min(noon, now.moment), used) for noon, used in peaks.items())


def _place(moment: datetime, span: Span, now: Now) -> float:
    return min(max((moment - now.moment + span.value) / span.value, 0.0), 1.0)


def _line(drawn: _Drawn, span: Span, settings: Settings, now: Now) -> ChartLine:
    runs: list[list[tuple[float, float]]] = []
    last: datetime | None = None
    for moment, used in drawn.points:
        if last is None or moment - last > drawn.apart:
            runs.append([])
        runs[-1].append((_place(moment, span, now), _height(used / _FULL, settings)))
        last = moment
    return ChartLine(label=drawn.label, runs=tuple(tuple(run) for run in runs))


def _begins(drawn: list[_Drawn], span: Span, now: Now, t: Translator) -> Tick | None:
    first = min((line.points[0][0] for line in drawn), default=None)
    if first is None or not is_today(first, now):
        return None
    return Tick(_place(first, span, now), t("The line begins today"))


def _read_outs(drawn: list[_Drawn], span: Span, settings: Settings, now: Now, t: Translator) -> tuple[ReadOut, ...]:
    moments = sorted({moment for line in drawn for moment, _ in line.points})
    following = [0] * len(drawn)
    found: list[ReadOut] = []
    for moment in moments:
        words, heights = [stamp(moment, now, t)], list[float]()
        for number, line in enumerate(drawn):
            while following[number] < len(line.points) and line.points[following[number]][0] <= moment:
                following[number] += 1
            used = _shown_at(line, following[number], moment, now)
            if used is None:
                continue
            said = amount(used * _PERCENT / _FULL, settings.percentages, t)
            words.append(t("{window} {amount}", window=line.label if line.daily else line.window, amount=said))
            heights.append(_height(used / _FULL, settings))
        found.append(ReadOut(at=_place(moment, span, now), heights=tuple(heights), text=" · ".join(words)))
    return tuple(found)


def _shown_at(line: _Drawn, following: int, moment: datetime, now: Now) -> int | None:
    """What a line shows at ``moment``, before its point number ``following``; None in a gap of it."""
    if line.daily:
        day = moment.astimezone(now.zone).date()
        near = line.points[max(following - 1, 0) : following + 1]
        return next((used for at, used in near if at.astimezone(now.zone).date() == day), None)
    if not following or moment - line.points[following - 1][0] > line.apart:
        return None
    return line.points[following - 1][1]


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
            "{window}: {percent}% used now, {most}% at most",
            window=label,
            percent=str(shown(now, wanted)),
            most=str(shown(most, wanted)),
        )
    return t(
        "{window}: {percent}% left now, {least}% at the lowest",
        window=label,
        percent=str(shown(now, wanted)),
        least=str(shown(most, wanted)),
    )
