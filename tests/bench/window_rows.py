"""The rows for which somebody sits at the tray app's windows, or time goes fast."""

from typing import cast

from tests.bench.bench import Bench
from tests.bench.history import fill_history
from tests.bench.measurement import Growth, Line, Outcome, median

_MONTH, _YEAR = 30, 365


def windows(bench: Bench) -> Outcome:
    """The panel's first paint, and what stays in memory of windows that were closed."""
    with bench.place(100) as place:
        found = bench.driven("windows", place)
    before, after, first = (float(cast("float", found[name])) for name in ("before", "after", "first_paint"))
    again = cast("list[float]", found["paints"])
    return Outcome(
        lines=(
            Line(
                row="windows",
                what="memory after opening and closing panel, details, settings",
                value=after - before,
                unit="MB more",
                most=8,
                note=f"{before:.1f} MB before",
            ),
            Line(
                row="windows",
                what="panel's first paint, 100 accounts",
                value=first,
                unit="ms",
                most=80,
                note=f"opened again {median(again):.0f} ms",
            ),
        )
    )


def polls(bench: Bench) -> Outcome:
    """The CPU of one check with nothing open."""
    points: list[tuple[int, float]] = []
    line = None
    for accounts in (1, 10, 100, 1000):
        with bench.place(accounts) as place:
            found = bench.driven("polls", place, str(30 if accounts == 100 else 10))
        idle, polling, count = (float(cast("float", found[name])) for name in ("idle", "polling", "polls"))
        each = (polling - idle) / count * 1000
        points.append((accounts, each))
        if accounts == 100:
            note = f"{idle / count * 1000:.2f} ms in a second at rest"
            line = Line(row="polls", what="CPU of one poll, 100 accounts, nothing open", value=each, unit="ms", most=4)
            line = Line(row=line.row, what=line.what, value=line.value, unit=line.unit, most=line.most, note=note)
    assert line is not None
    return Outcome(lines=(line,), growth=(Growth(what="CPU of one poll", unit="ms", points=tuple(points)),))


def folder(bench: Bench) -> Outcome:
    """All accounts of a folder of 1,000 files asked for once."""
    with bench.place(1000, "folder", poll_minutes=0) as place:
        found = bench.driven("round", place)
    cpu = float(cast("float", found["cpu"]))
    line = Line(row="folder", what="a folder of 1,000 files: CPU of a poll round", value=cpu, unit="s", most=2)
    return Outcome(lines=(line,))


def stalls(bench: Bench) -> Outcome:
    """How long the windows wait with 1,000 accounts and a month of history, and the memory of that."""
    with bench.place(1000) as place:
        bench.tell("a month of history")
        fill_history(place, days=_MONTH)
        found = bench.driven("stalls", place)
    each = cast("dict[str, dict[str, float]]", found["stalls"])
    lines = [
        Line(
            row="stalls",
            what=f"window stall, 1,000 accounts, {name}: {what}",
            value=value[what_of],
            unit="ms",
            most=most,
        )
        for name, value in each.items()
        for what, what_of, most in (("99 of 100", "p99", 12), ("worst", "worst", 50))
    ]
    lines.append(
        Line(
            row="stalls",
            what="memory, 1,000 accounts and a month of history, panel open",
            value=float(cast("float", found["resident"])),
            unit="MB",
            most=125,
        )
    )
    return Outcome(lines=tuple(lines))


def day(bench: Bench) -> Outcome:
    """A day of polling in fast motion."""
    with bench.place(10, speed=bench.day_speed) as place:
        bench.tell(f"24 h, {bench.day_speed:g} times as fast")
        found = bench.driven("day", place, str(bench.day_speed))
        asked = place.service.ask()
    hours = cast("list[float]", found["hours"])
    line = Line(
        row="day",
        what="24 h of polling in fast motion: growth after the first hour",
        value=max(hours[1:]) - hours[0],
        unit="MB",
        most=2,
        note=f"{asked} questions; {hours[0]:.1f} MB after an hour, {hours[-1]:.1f} MB after 24",
    )
    return Outcome(lines=(line,))
