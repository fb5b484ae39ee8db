"""Draws the board while the work goes on: on the terminal of the results, else a bar on that of the notes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from probe_tray.adapters.system import LocalZone
from probe_tray.cli.tables.board import HANDFUL, Board
from probe_tray.cli.tables.layout import Line
from probe_tray.cli.terminal.console import Console
from probe_tray.core.account.report import AccountReport
from probe_tray.ports import Clock
from probe_tray.view.text.times import Now

_BETWEEN = 0.1
_FIRST = 0.2
"""Seconds until the first picture: what is done by then needs none."""
_MARGIN = 1
"""The last column stays free: a terminal that has just filled it may have broken the line, or not."""


@asynccontextmanager
async def shown_live(
    console: Console, board: Board, done: Mapping[int, AccountReport], count: int, clock: Clock, *, table: bool
) -> AsyncGenerator[None]:
    """Show how ``done`` fills up to ``count`` logins while the block runs, and remove it at its end.

    ``table``: the results are for people; else standard output is left alone.
    """
    drawing = asyncio.create_task(_draw(console, board, done, count, clock, table=table))
    try:
        yield
    finally:
        drawing.cancel()
        with suppress(asyncio.CancelledError):
            await drawing
        console.take_back()


async def _draw(
    console: Console, board: Board, done: Mapping[int, AccountReport], count: int, clock: Clock, *, table: bool
) -> None:
    watched = console.watched(table=table)
    if watched is None or not (watched.results or count > HANDFUL):
        return
    began, last = clock.monotonic(), None
    await clock.sleep(_FIRST)
    while True:
        columns, height = watched.terminal.size
        passed = timedelta(seconds=int(clock.monotonic() - began))
        picture = list(done.values()), columns, height, passed if count > HANDFUL else None
        # A note may have been printed, for which it was taken back.
        if picture != last or not watched.terminal.is_showing:
            last = picture
            lines: list[Line] = []
            if watched.results:
                lines += [(), *board.table(done, Now(clock.now(), LocalZone()), columns - _MARGIN, height)]
            if count > HANDFUL:
                lines += [*([()] if lines else []), board.progress(done, passed, columns - _MARGIN)]
            if not watched.show(lines):
                return
        await clock.sleep(_BETWEEN)
