"""The rows about ``codex-probe``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.bench import COMMAND, Bench, Place
from tests.bench.measurement import Line, Outcome, alternate, median
from tests.bench.processes import Run, peak, run

_FILES: Final = 100
_JOBS: Final = 8
"""The command's default."""
_LATENCY: Final = 0.1
_IMPORTS: Final = (sys.executable, "-c", "import httpx, msgspec")


def status(bench: Bench) -> Outcome:
    """The status of 100 files at a service 100 ms away."""
    with bench.place(_FILES, "files", latency=_LATENCY) as place:
        found = alternate(
            bench.rounds,
            {
                "default jobs": lambda: _command(bench, place, ["--status", place.logins]),
                "32 jobs": lambda: _command(bench, place, ["--status", "--jobs", "32", place.logins]),
            },
            bench.tell,
        )
    by_default, by_32 = found["default jobs"], found["32 jobs"]
    return Outcome(
        lines=(
            Line(
                row="status",
                what="codex-probe --status, 100 files, 100 ms latency, default jobs",
                value=median([one.wall for one in by_default]),
                unit="s",
                against="ideal",
                base=_FILES / _JOBS * _LATENCY,
                most_ratio=1.4,
                note=f"CPU {median([one.cpu for one in by_default]):.2f} s",
            ),
            Line(
                row="status",
                what="codex-probe --status, 100 files, 100 ms latency, --jobs 32",
                value=median([one.wall for one in by_32]),
                unit="s",
                most=1.0,
                note=f"CPU {median([one.cpu for one in by_32]):.2f} s",
            ),
        )
    )


def single(bench: Bench) -> Outcome:
    """What the command costs where there is little to do: one file, and its version."""
    with bench.place(1, "files") as place:
        found = alternate(
            2 * bench.rounds,
            {
                "import httpx, msgspec": lambda: run(_IMPORTS, place.environment, bench.folder("imports")),
                "--status": lambda: _command(bench, place, ["--status", place.logins]),
                "--version": lambda: _command(bench, place, ["--version"]),
            },
            bench.tell,
        )
        peaks = {
            flag: peak([COMMAND, flag, *more], place.environment, bench.folder("peak"))
            for flag, more in {"--status": [place.logins], "--version": []}.items()
        }
    base = median([one.cpu for one in found["import httpx, msgspec"]])
    return Outcome(
        lines=tuple(
            Line(
                row="single",
                what=f"codex-probe {what}, CPU",
                value=median([one.cpu for one in found[flag]]),
                unit="s",
                against="import httpx, msgspec",
                base=base,
                most_ratio=ratio,
                note=f"wall {median([one.wall for one in found[flag]]):.3f} s, peak {peaks[flag]:.1f} MB",
            )
            for what, flag, ratio in (("--status of one file", "--status", 1.6), ("--version", "--version", 0.5))
        )
    )


def _command(bench: Bench, place: Place, arguments: Sequence[str | Path]) -> Run:
    return run([COMMAND, *arguments], place.environment, bench.folder("command"))
