"""The rows about the tray app from its start to its rest."""

import sys
import time
from pathlib import Path
from typing import Final

from tests.bench.bench import PROGRAM, Bench, Place, Tray
from tests.bench.home import new_home
from tests.bench.measurement import Growth, Line, Outcome, alternate, median
from tests.bench.processes import Memory, memory, use

_BARE: Final = Path(__file__).with_name("bare_tray.py")
_GROWTH: Final = (1, 10, 100, 1000)
_SETTLE: Final = 5.0
_PEER_REST: Final = 90.0
"""Seconds in which the idle CPU of one account is counted beside the other tray's."""


def start(bench: Bench) -> Outcome:
    """From the start of the process to the icon's picture at the tray."""
    bare = new_home(bench.folder("bare"), bench.around.environment, {})
    points: list[tuple[int, float]] = []
    lines: list[Line] = []
    for accounts in _GROWTH:
        with bench.place(accounts, poll_minutes=0) as place:
            _first_start(bench, place)
            rounds = bench.rounds if accounts == 100 else 3
            found = alternate(
                rounds,
                {
                    "probe-tray": lambda place=place: _icon(bench, [PROGRAM, "--background"], place.environment),
                    "bare tray": lambda: _icon(bench, [sys.executable, _BARE], bare),
                },
                bench.tell,
            )
        points.append((accounts, median(found["probe-tray"])))
        if accounts == 100:
            lines.append(
                Line(
                    row="start",
                    what="start → icon, 100 accounts in the vault",
                    value=median(found["probe-tray"]),
                    unit="s",
                    against="bare tray",
                    base=median(found["bare tray"]),
                    most_ratio=2.0,
                )
            )
    return Outcome(lines=tuple(lines), growth=(Growth(what="start → icon", unit="s", points=tuple(points)),))


def rest(bench: Bench) -> Outcome:
    """Memory once every account was asked for, the panel never opened."""
    points: list[tuple[int, float]] = []
    held: Memory | None = None
    for accounts in _GROWTH:
        with bench.place(accounts) as place, bench.tray([PROGRAM, "--background"], place.environment) as tray:
            bench.wait_checked(place, accounts)
            found = memory(tray.pid)
        points.append((accounts, found.resident))
        held = found if accounts == 100 else held
    assert held is not None
    stack, bare = _bare_memory(bench, "stack"), _bare_memory(bench)
    note = f"of its own {held.own:.0f} MB; the stack {stack.own:.0f}; a bare tray {bare.resident:.0f}, {bare.own:.0f}"
    line = Line(
        row="rest",
        what="memory at rest, 100 accounts, panel never opened",
        value=held.resident,
        unit="MB",
        against="the stack",
        base=stack.resident,
        most=95,
        most_ratio=1.15,
        note=note,
    )
    return Outcome(lines=(line,), growth=(Growth(what="memory at rest", unit="MB", points=tuple(points)),))


def peer(bench: Bench) -> Outcome:
    """One account beside tokentray, with the same login."""
    if bench.peer is None:
        return Outcome(lines=())
    other = [bench.peer, "-m", "tokentray.app", "--autostart"]
    with bench.place(1, "codex") as ours, bench.place(1, "codex") as theirs:
        _first_start(bench, ours)
        _first_start(bench, theirs, other)
        starts = alternate(
            bench.rounds,
            {
                "probe-tray": lambda: _icon(bench, [PROGRAM, "--background"], ours.environment),
                "tokentray": lambda: _icon(bench, other, theirs.environment),
            },
            bench.tell,
        )
        with (
            bench.tray([PROGRAM, "--background"], ours.environment) as tray,
            bench.tray(other, theirs.environment) as other_tray,
        ):
            ours_use, theirs_use = _at_rest(bench, tray, other_tray)
    whole = (("memory", "MB"), ("idle CPU", "ms in a minute"))
    lines = [
        Line(
            row="peer",
            what="one account: start → icon",
            value=median(starts["probe-tray"]),
            unit="s",
            against="tokentray 0.1.1",
            base=median(starts["tokentray"]),
            most_ratio=0.999,
        )
    ]
    lines += [
        Line(
            row="peer",
            what=f"one account: {what}",
            value=mine,
            unit=unit,
            against="tokentray 0.1.1",
            base=other_value,
            most_ratio=0.999,
        )
        for (what, unit), mine, other_value in zip(whole, ours_use, theirs_use, strict=True)
    ]
    return Outcome(lines=tuple(lines))


def wakes(bench: Bench) -> Outcome:
    """Wake-ups and CPU between two checks, beside those of a bare tray."""
    bare = new_home(bench.folder("bare"), bench.around.environment, {})
    with (
        bench.place(1, poll_minutes=0) as place,
        bench.tray([PROGRAM, "--background"], place.environment) as tray,
        bench.tray([sys.executable, _BARE], bare) as bare_tray,
    ):
        bench.wait_checked(place, 1)
        # The history is written half a minute after a check.
        time.sleep(35)
        bench.tell(f"{bench.rest:g} s at rest")
        before = [use(one.pid) for one in (tray, bare_tray)]
        time.sleep(bench.rest)
        after = [use(one.pid) for one in (tray, bare_tray)]
    ours, theirs = (new.wakes - old.wakes for old, new in zip(before, after, strict=True))
    cpu = after[0].cpu - before[0].cpu
    more = (ours - theirs) / bench.rest * 10
    first = after[0].first - before[0].first
    note = f"{ours} of all threads in {bench.rest:g} s, {first} of the first one; the bare tray {theirs}"
    return Outcome(
        lines=(
            Line(
                row="wakes",
                what="wake-ups between checks, beyond the bare tray's",
                value=more,
                unit="in 10 s",
                most=1,
                note=note,
            ),
            Line(row="wakes", what="CPU between checks", value=cpu / bench.rest * 100, unit="% of a core", most=0.05),
        )
    )


def menu(bench: Bench) -> Outcome:
    """How long the menu of 100 accounts takes to open at the panel of the desktop."""
    with bench.place(100) as place, bench.tray([PROGRAM, "--background"], place.environment) as tray:
        bench.wait_checked(place, 100)
        took: list[float] = []
        for _ in range(9):
            took.append(bench.around.shell.open_menu(tray.item) * 1000)
            time.sleep(0.5)
    line = Line(
        row="menu",
        what="menu opens, 100 accounts",
        value=median(took),
        unit="ms",
        most=30,
        note=f"worst {max(took):.0f} ms",
    )
    return Outcome(lines=(line,))


def _icon(bench: Bench, arguments: list[str | Path], environment: dict[str, str]) -> float:
    with bench.tray(arguments, environment) as tray:
        return tray.icon_after


def _first_start(bench: Bench, place: Place, arguments: list[str | Path] | None = None) -> None:
    """What only a first start does is done, and what is kept for the next one is there."""
    with bench.tray(arguments or [PROGRAM, "--background"], place.environment):
        bench.wait_checked(place, 1, ours=arguments is None)


def _bare_memory(bench: Bench, *more: str) -> Memory:
    bare = new_home(bench.folder("bare"), bench.around.environment, {})
    with bench.tray([sys.executable, _BARE, *more], bare) as tray:
        time.sleep(_SETTLE)
        return memory(tray.pid)


def _at_rest(bench: Bench, *trays: Tray) -> list[tuple[float, float]]:
    """Of each the resident memory in MB, and the CPU of a minute in ms, both counted in the same time."""
    time.sleep(4 * _SETTLE)
    bench.tell(f"{_PEER_REST:g} s at rest")
    before = [use(tray.pid).cpu for tray in trays]
    time.sleep(_PEER_REST)
    return [
        (memory(tray.pid).resident, (use(tray.pid).cpu - cpu) / _PEER_REST * 60_000)
        for tray, cpu in zip(trays, before, strict=True)
    ]
