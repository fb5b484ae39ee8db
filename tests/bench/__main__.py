"""Measures the programs beside others on this machine: ``uv run python -m tests.bench``.

Each row is in ``README.md`` beside this file. All rows without ``--long`` take about 20 minutes. Ctrl-C ends it, and
then nothing is written.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from tests.bench import command_rows, size_rows, tray_rows, window_rows
from tests.bench.bench import Bench
from tests.bench.measurement import Outcome
from tests.bench.peers import install
from tests.bench.report import Report, as_markdown, as_svg, as_text, describe_machine, merged
from tests.bench.surroundings import surroundings

ROWS: Final[Mapping[str, Callable[[Bench], Outcome]]] = {
    "start": tray_rows.start,
    "rest": tray_rows.rest,
    "peer": tray_rows.peer,
    "folder": window_rows.folder,
    "windows": window_rows.windows,
    "polls": window_rows.polls,
    "wakes": tray_rows.wakes,
    "status": command_rows.status,
    "single": command_rows.single,
    "stalls": window_rows.stalls,
    "menu": tray_rows.menu,
    "day": window_rows.day,
    "files": size_rows.files,
    "table": size_rows.table,
    "year": size_rows.year,
}
_HERE: Final = Path(__file__).parent


def main(arguments: Sequence[str]) -> int:
    """Measure, and return 1 where a budget is missed or a row failed."""
    chosen = _parser().parse_args(arguments)
    wanted = chosen.rows or list(ROWS)
    unknown = [name for name in wanted if name not in ROWS]
    if unknown:
        _say(f"There is no row {', '.join(unknown)}. There are: {', '.join(ROWS)}.")
        return 2
    outcomes: list[Outcome] = []
    left_out: list[str] = []
    loads: list[float] = []
    began = time.monotonic()
    try:
        with surroundings() as around:
            peer = install(around.folder / "tokentray") if "peer" in wanted else None
            if "peer" in wanted and peer is None:
                left_out.append("tokentray 0.1.1 could not be installed here, so nothing is measured beside it.")
                _say(left_out[-1])
            bench = Bench(
                around=around,
                tell=lambda what: _progress(what, began),
                rounds=chosen.rounds,
                rest=600 if chosen.long else 120,
                day_speed=240 if chosen.long else 720,
                peer=peer,
            )
            for place, name in enumerate(wanted):
                loads.append(os.getloadavg()[0])
                _say(f"\r\033[K[{place + 1}/{len(wanted)}] {name}" if sys.stdout.isatty() else name)
                try:
                    outcome = ROWS[name](bench)
                except (OSError, TimeoutError, ArithmeticError) as error:
                    left_out.append(f"{name}: {error}")
                    _say(left_out[-1])
                    continue
                outcomes.append(outcome)
                for line in outcome.lines:
                    _say(f"  {as_text(line)}")
    except KeyboardInterrupt:
        _say("\nStopped. Nothing is written.")
        return 130
    lines, growth = merged(outcomes)
    report = Report(
        machine=describe_machine(loads), at=datetime.now(UTC), lines=lines, growth=growth, left_out=tuple(left_out)
    )
    _write(report, chosen.json, whole=not chosen.rows)
    _say(f"{(time.monotonic() - began) / 60:.0f} minutes.")
    return 1 if left_out or any(line.kept is False for line in lines) else 0


def _write(report: Report, json: str | None, *, whole: bool) -> None:
    if json:
        Path(json).write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    if whole:
        (_HERE / "RESULTS.md").write_text(as_markdown(report), "utf-8")
        (_HERE / "growth.svg").write_text(as_svg(report.growth), "utf-8")
        (_HERE / "results.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"only these: {', '.join(ROWS)}; without any, all, and RESULTS.md")
    parser.add_argument("--rounds", type=int, default=5, help="how often runs alternate (default 5)")
    parser.add_argument("--long", action="store_true", help="10 minutes at rest, and a day in 6 minutes instead of 2")
    parser.add_argument("--json", metavar="FILE", help="also write the result there")
    return parser


def _progress(what: str, began: float) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K  {time.monotonic() - began:.0f} s · {what}")
        sys.stdout.flush()


def _say(text: str) -> None:
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K")
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
