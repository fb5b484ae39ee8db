"""What is shown while answers arrive: the table as far as it is filled, and how far everything is. Pure."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import msgspec

from probe_tray.adapters.system import LocalZone
from probe_tray.cli.tables.layout import Line, TextPiece, TextTable, in_lines, width
from probe_tray.cli.tables.model_table import tried
from probe_tray.cli.tables.renewal_table import renewal_rows
from probe_tray.cli.terminal.console import Console
from probe_tray.core.account.report import AccountReport
from probe_tray.core.settings import Percentages
from probe_tray.ports.time import Clock
from probe_tray.view.tables.status_table import MORE, Cell, Weight, printable, status_header, status_rows
from probe_tray.view.text.privacy import discreet_report
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

HANDFUL = 5
"""Up to so many logins need no bar."""
_AROUND_THE_ROWS = 6
"""Lines of the screen that take no row: empty lines, heading and rule, the bar, the cursor."""
_BAR = 24
_WAITS = "…"


class BoardContent(msgspec.Struct, frozen=True, kw_only=True):
    """What was ordered, which decides about the columns."""

    renew: bool
    status: bool
    test: bool
    percentages: Percentages
    hide_names: bool = False


class Board:
    """All logins in their order, each with what is known of it."""

    def __init__(self, logins: Sequence[AccountReport], shown: BoardContent, t: Translator) -> None:
        """``logins`` hold what they say of themselves, before anybody was asked."""
        self._logins = logins
        self._shown = shown
        self._t = t

    def table(self, done: Mapping[int, AccountReport], now: Now, columns: int, height: int) -> list[Line]:
        """One line for each login; the latest of them where the screen is not high enough for all."""
        numbers = range(len(self._logins))
        room = max(1, height - _AROUND_THE_ROWS)
        if len(self._logins) > room:
            numbers = list(done)[-room:]
        forms = (False, True) if self._shown.status else (True,)
        return in_lines([self._table(done, numbers, now, brief=brief) for brief in forms], columns)

    def progress(self, done: Mapping[int, AccountReport], passed: timedelta, columns: int) -> Line:
        """A bar, how many are done and failed, how long it takes, and how to stop: as much of it as there is room."""
        t, all_of_them, tests = self._t, len(self._logins), self._tests_now(done)
        count = sum(r.models is not None and r.models.complete for r in done.values()) if tests else len(done)
        failed = sum(report.failed for report in done.values())
        minutes, seconds = divmod(int(passed.total_seconds()), 60)
        facts = {"done": str(count), "all": str(all_of_them)}
        said = [TextPiece(t("Models: {done} of {all}", **facts) if tests else t("{done} of {all}", **facts))]
        if failed:
            said.append(TextPiece(t("{n} failed", n=str(failed)), Weight.CRITICAL))
        said += [TextPiece(f"{minutes}:{seconds:02}"), TextPiece(t("Ctrl-C stops and keeps what is done"))]
        used = min(_BAR, columns)
        filled = count * used // max(all_of_them, 1)
        line = [TextPiece("━" * filled, Weight.GOOD), TextPiece("─" * (used - filled))]
        for number, piece in enumerate(said):
            gap = " · " if number else "  "
            used += len(gap) + width(piece.text)
            if used > columns:
                break
            line += [TextPiece(gap), piece]
        return tuple(line)

    def _tests_now(self, done: Mapping[int, AccountReport]) -> bool:
        asked_before = self._shown.renew or self._shown.status
        return self._shown.test and not (asked_before and len(done) < len(self._logins))

    def _table(self, done: Mapping[int, AccountReport], numbers: Iterable[int], now: Now, *, brief: bool) -> TextTable:
        t, shown = self._t, self._shown
        header = list(status_header(shown.percentages, t, brief=brief)) if shown.status else [t("Account")]
        if shown.renew:
            header.insert(1, t("Renewal"))
        if shown.test:
            header.append(t("Models"))
        rows = [self._row(n, done.get(n), now, brief=brief) for n in numbers]
        return TextTable(header=header, rows=rows, aside=MORE + shown.renew if shown.status else None)

    def _row(self, number: int, report: AccountReport | None, now: Now, *, brief: bool) -> list[Cell]:
        t, known = self._t, report or self._logins[number]
        if self._shown.hide_names:
            known = discreet_report(known)
        row = [Cell(printable(known.name))]
        if self._shown.renew:
            row += [cells[-1] for cells in renewal_rows([known], now, t)] or [Cell(_WAITS)]
        if self._shown.status:
            cells = status_rows([known], self._shown.percentages, now, t, brief=brief)[0]
            asked = report is not None and (report.snapshot or report.problem)
            row += (
                cells[1:] if asked else (cells[1], *(Cell("" if n == MORE else _WAITS) for n in range(2, len(cells))))
            )
        if self._shown.test:
            row.append(Cell(_WAITS) if known.models is None else tried(known.models, t))
        return row


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
