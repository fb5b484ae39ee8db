"""The table, the JSON and the chart of a run."""

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from math import log10
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.measurement import Growth, Line, Outcome

_WIDTH: Final = 340
_HEIGHT: Final = 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 22, 36, 28
"""What is around a chart, in pixels."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the bench."""

    machine: dict[str, str]
    at: datetime
    lines: tuple[Line, ...]
    growth: tuple[Growth, ...]
    left_out: tuple[str, ...]
    """Rows that could not be measured, and why."""


def describe_machine(loads: Sequence[float]) -> dict[str, str]:
    """What the figures were measured on. ``loads`` are the averages of a minute before each row."""
    facts = dict(
        line.split(":", 1)
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.count(":") and line.strip()
    )
    names = {key.strip(): value.strip() for key, value in facts.items()}
    total = Path("/proc/meminfo").read_text().split()[1]
    from importlib.metadata import version

    return {
        "processor": names.get("model name", platform.machine()),
        "cores": str(os.cpu_count()),
        "memory": f"{int(total) * 1024 / 1e9:.0f} GB",
        "system": f"{_distribution()}, Linux {platform.release()}",
        "Python": platform.python_version(),
        "Qt": version("PySide6-Essentials"),
        "screen": "Xvfb 1280×900 (Qt's xcb), a session bus with a tray, notifications and GNOME Keyring",
        "load": _load(loads),
    }


def _load(loads: Sequence[float]) -> str:
    said = f"{loads[0]:.1f} before the first row, at most {max(loads):.1f} before another one"
    # A row of its own leaves less than one behind for each core.
    if max(loads) <= (os.cpu_count() or 1):
        return said
    return f"{said}: **other work was done on the machine meanwhile, which makes each time longer than it is alone**"


def _distribution() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def merged(outcomes: Sequence[Outcome]) -> tuple[tuple[Line, ...], tuple[Growth, ...]]:
    """All lines and all growth, in their order."""
    return tuple(line for one in outcomes for line in one.lines), tuple(g for one in outcomes for g in one.growth)


def cells(line: Line) -> tuple[str, ...]:
    """A line of the table: what, figure, ratio, budget, whether it is kept, note."""
    ratio = "" if line.ratio is None else f"{line.ratio:.2f} × {line.against} ({_number(line.base or 0)} {line.unit})"
    budgets = (
        [] if line.most_ratio is None else ["below 1 ×" if line.most_ratio == 0.999 else f"≤ {line.most_ratio:g} ×"]
    )
    budgets += [] if line.most is None else [f"≤ {line.most:g} {line.unit}"]
    verdict = {True: "kept", False: "MISSED", None: ""}[line.kept]
    return line.what, f"{_number(line.value)} {line.unit}", ratio, ", ".join(budgets), verdict, line.note


def as_text(line: Line) -> str:
    """A line for the terminal."""
    what, figure, ratio, budget, verdict, note = cells(line)
    parts = [f"{what}: {figure}", ratio, budget and f"budget {budget}", verdict, note]
    return " · ".join(part for part in parts if part)


def as_markdown(report: Report) -> str:
    """The whole page."""
    machine = "\n".join(f"- {name}: {value}" for name, value in report.machine.items())
    rows = "\n".join("| " + " | ".join(cells(line)) + " |" for line in report.lines)
    left = "".join(f"- {why}\n" for why in report.left_out)
    growth = "\n".join(
        f"| {one.what}, {one.unit} | " + " | ".join(_number(value) for _, value in one.points) + " |"
        for one in report.growth
    )
    head = " | ".join(f"{accounts:,}" for accounts, _ in report.growth[0].points) if report.growth else ""
    chart = (
        f"\n## Growth\n\n| accounts | {head} |\n|---|{'---|' * len(report.growth[0].points)}\n{growth}\n\n"
        "![Growth from 1 to 1,000 accounts](growth.svg)\n"
        if report.growth
        else ""
    )
    return (
        "# Results of the bench\n\n"
        "Written by `uv run python -m tests.bench`; what each row measures is in [README.md](README.md).\n\n"
        f"Measured on {report.at:%Y-%m-%d %H:%M} UTC on this machine:\n\n{machine}\n\n"
        "| what | figure | measured against | budget | | note |\n|---|---|---|---|---|---|\n"
        f"{rows}\n{chart}" + (f"\n## Left out\n\n{left}" if left else "")
    )


def as_svg(growth: Sequence[Growth]) -> str:
    """A small chart of each figure over the number of accounts, that axis logarithmic, the other from zero."""
    body = "".join(_plot(one, at * _WIDTH) for at, one in enumerate(growth))
    width = _WIDTH * max(len(growth), 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="11">\n'
        f'<rect width="{width}" height="{_HEIGHT}" fill="#ffffff"/>\n{body}</svg>\n'
    )


def _plot(growth: Growth, left: int) -> str:
    top = max((value for _, value in growth.points), default=1.0) * 1.15 or 1.0
    most = log10(max((accounts for accounts, _ in growth.points), default=10)) or 1.0
    inner, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    places = [
        (left + _LEFT + inner * log10(accounts) / most, _TOP + high * (1 - value / top), accounts, value)
        for accounts, value in growth.points
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
    base = _TOP + high
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f6f8b"/>'
        f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle" fill="#22262c">{_number(value)}</text>'
        f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle" fill="#5b6470">{accounts:,}</text>\n'
        for x, y, accounts, value in places
    )
    return (
        f'<text x="{left + 12}" y="16" fill="#22262c" font-weight="bold">{growth.what}, {growth.unit}</text>\n'
        f'<line x1="{left + _LEFT - 16}" y1="{base}" x2="{left + _WIDTH - _RIGHT}" y2="{base}" stroke="#c4cbd3"/>\n'
        f'<polyline points="{line}" fill="none" stroke="#1f6f8b" stroke-width="2"/>\n{dots}'
    )


def _number(value: float) -> str:
    for limit, digits in ((100, 0), (10, 1), (1, 2)):
        if abs(value) >= limit:
            return f"{value:,.{digits}f}"
    return f"{value:.3f}"
