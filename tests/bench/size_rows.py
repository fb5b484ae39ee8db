"""The rows about sizes far above the usual: figures without a budget of their own."""

import time
from typing import Final, cast

import msgspec

from tests.bench.bench import COMMAND, PROGRAM, Bench
from tests.bench.history import fill_history
from tests.bench.measurement import Line, Outcome
from tests.bench.processes import memory, run

_FILES: Final = 5000
_ROWS: Final = 5000
_YEAR_ACCOUNTS: Final = 100


def files(bench: Bench) -> Outcome:
    """A start by hand with 5,000 credential files: until every one has been asked for, and what that holds."""
    with bench.place(_FILES, "folder", poll_minutes=0) as place:
        with bench.tray([PROGRAM], place.environment) as tray:
            bench.wait_checked(place, 1)
            held = memory(tray.pid).resident
            after = tray.icon_after
        listed = run([COMMAND, "--status", "--jobs", "32", place.logins], place.environment, bench.folder("status"))
    what = f"{_FILES:,} credential files"
    return Outcome(
        lines=(
            Line(row="files", what=f"{what}: start by hand → icon", value=after, unit="s"),
            Line(row="files", what=f"{what}: memory with the panel open", value=held, unit="MB"),
            Line(
                row="files",
                what=f"{what}: codex-probe --status --jobs 32",
                value=listed.wall,
                unit="s",
                note=f"CPU {listed.cpu:.1f} s",
            ),
        )
    )


def year(bench: Bench) -> Outcome:
    """A year of history of 100 accounts."""
    with bench.place(_YEAR_ACCOUNTS) as place:
        bench.tell("a year of history")
        size = fill_history(place, days=365).stat().st_size / 1e6
        found = bench.driven("windows", place)
    before, first = (float(cast("float", found[name])) for name in ("before", "first_paint"))
    what = f"a year of history, {_YEAR_ACCOUNTS} accounts"
    return Outcome(
        lines=(
            Line(
                row="year", what=f"{what}: memory at rest", value=before, unit="MB", note=f"{size:.0f} MB on the disk"
            ),
            Line(row="year", what=f"{what}: panel's first paint", value=first, unit="ms"),
        )
    )


def table(bench: Bench) -> Outcome:
    """A sync with a table of 5,000 rows that are all there already, and one account of its own."""
    with bench.place(_ROWS, "folder", poll_minutes=0) as place:
        settings = {
            "sync_dir": str(place.folder / "shared"),
            "sync_url": place.service.addresses.table,
            "sync_api_key": place.service.addresses.table_key,
            "sync_aes_gcm_key": "5e" * 32,
        }
        config = place.folder / "sync.json"
        config.write_bytes(msgspec.json.encode(settings))
        config.chmod(0o600)
        lines: list[Line] = []
        for what in ("first sync, which adds them all", "sync again, nothing to do"):
            bench.tell(what)
            began = time.monotonic()
            ran = run([COMMAND, "--sync", "--config", config], place.environment, bench.folder("sync"))
            lines.append(
                Line(
                    row="table",
                    what=f"{_ROWS:,} rows in the sync table: {what}",
                    value=time.monotonic() - began,
                    unit="s",
                    note=f"CPU {ran.cpu:.1f} s",
                )
            )
    return Outcome(lines=tuple(lines))
