"""How a table fills the width there is: columns where they fit, wrapped cells where not, blocks where it is narrow.

Pure: tables go in, lines come out. Widths are in the columns of a terminal, where a Chinese character takes two.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import msgspec

from probe_tray.view.tables.status_table import Cell, Weight

_GAP = "  "
_NARROWEST, _KEPT = 6, 28
"""What a shortened cell keeps at least, and up to which width the first column is not broken."""
_PHRASE = 12
"""Down to which width what has no spaces in it is not broken."""
_FEWEST, _HEADING = 2, 2
_MORE = "…"
# Between a number and its unit, and between the parts of a span ("2 h 10 min"), no line ends.
_BREAK = re.compile(r"(?<=\S)(?<!\d)(?<!\d [hd]) +(?=\S)")

Row = Sequence[Cell]


class TextPiece(msgspec.Struct, frozen=True):
    """A stretch of a line in one style."""

    text: str
    weight: Weight = Weight.PLAIN
    heading: bool = False


Line = tuple[TextPiece, ...]


def width(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, columns: int) -> str:
    """``text`` with spaces up to this width."""
    return text + " " * (columns - width(text))


def shortened(text: str, columns: int) -> str:
    """``text`` within this width, its end replaced where it is longer."""
    if width(text) <= columns:
        return text
    kept, used = "", width(_MORE)
    for character in text:
        used += _width(character)
        if used > columns:
            break
        kept += character
    return kept.rstrip() + _MORE


def folded(text: str, columns: int) -> list[str]:
    """A sentence in lines of this width; what has no spaces, such as an address that is copied, stays whole."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width(joined) <= columns or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return [part for line in lines for part in ([line] if line.isascii() else _wrapped(line, columns))]


class TextTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table for people."""

    header: Sequence[str]
    rows: Sequence[Row]
    aside: int | None = None
    """The column that may stand below its row where there is no room for it."""


def aligned(table: TextTable) -> list[str]:
    """The table as plain lines, its columns two spaces apart, however long they become."""
    lines = [list(table.header), *([cell.text for cell in row] for row in table.rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(table.header))]
    return [_GAP.join(map(padded, line, widths)).rstrip() for line in lines]


def laid_out(tables: Sequence[TextTable], columns: int) -> list[Line]:
    """The whole table within ``columns``; ``tables`` say the same in ever fewer words. Empty columns are left out."""
    tables = [_without_empty(table) for table in tables]
    for table in tables:
        if (widths := _fitted(table, columns, _natural(table))) is not None:
            return list(_in_columns(table, widths, []))
    brief = tables[-1]
    below = [] if brief.aside is None else [row[brief.aside] for row in brief.rows]
    table = brief if brief.aside is None else _without(brief, brief.aside)
    least = [max(_longest_part(text, kept=n == 0) for text in column) for n, column in enumerate(_texts(table))]
    blocks = list(_blocks(tables[0], columns))
    widths = _fitted(table, columns, least)
    # Columns that are too narrow make a tall table, in which no row is seen at once.
    return blocks if widths is None else min(list(_in_columns(table, widths, below)), blocks, key=len)


def in_lines(tables: Sequence[TextTable], columns: int) -> list[Line]:
    """The table with exactly one line for each row, whatever has to be shortened for that."""
    tables = [_without_empty(table) for table in tables]
    table = next((table for table in tables if _fitted(table, columns, _natural(table)) is not None), None)
    if table is None:
        table = tables[-1] if tables[-1].aside is None else _without(tables[-1], tables[-1].aside)
    while True:
        least = [min(_NARROWEST, most) for most in _natural(table)]
        widths = _fitted(table, columns, least)
        if widths is not None or len(table.header) <= _FEWEST:
            break
        # Name and outcome, the first column and the last, stay to the end.
        table = _without(table, 1)
    widths = widths or least
    cut = [[Cell(shortened(c.text, w), c.weight) for c, w in zip(row, widths, strict=True)] for row in table.rows]
    names = [shortened(name, w) for name, w in zip(table.header, widths, strict=True)]
    return [*_heading(names, widths), *(tuple(_cells(row, widths)) for row in cut)]


def _without_empty(table: TextTable) -> TextTable:
    for n in reversed(range(1, len(table.header))):
        if not any(row[n].text for row in table.rows):
            table = _without(table, n)
    return table


def _without(table: TextTable, column: int) -> TextTable:
    aside = table.aside
    if aside is not None and aside >= column:
        aside = None if aside == column else aside - 1
    header = [name for n, name in enumerate(table.header) if n != column]
    return TextTable(
        header=header, rows=[[c for n, c in enumerate(row) if n != column] for row in table.rows], aside=aside
    )


def _texts(table: TextTable) -> list[list[str]]:
    return [[name, *(row[n].text for row in table.rows)] for n, name in enumerate(table.header)]


def _natural(table: TextTable) -> list[int]:
    return [max(map(width, column)) for column in _texts(table)]


def _fitted(table: TextTable, columns: int, least: Sequence[int]) -> list[int] | None:
    """How wide each column is; None where they do not fit beside each other even with ``least``."""
    widths = _natural(table)
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - columns
    if over <= 0:
        return widths
    alone = [
        (sum(width(row[n].text) > w - over for row in table.rows), n, w - over)
        for n, w in enumerate(widths)
        if w - over >= least[n]
    ]
    if alone:
        # The one that breaks the fewest rows gives way.
        _, n, widths[n] = min(alone)
        return widths
    while over > 0:
        able = [(w, n) for n, w in enumerate(widths) if w > least[n]]
        if not able:
            return None
        # The widest gives way first.
        widths[max(able)[1]] -= 1
        over -= 1
    return widths


def _longest_part(text: str, *, kept: bool) -> int:
    if kept:
        return min(width(text), _KEPT)
    # Chinese may be broken between any two characters.
    return max(width(part) if part.isascii() else min(width(part), _PHRASE) for part in _BREAK.split(text))


def _in_columns(table: TextTable, widths: Sequence[int], below: Row) -> Iterator[Line]:
    yield from _heading(table.header, widths)
    tall = sum(any(width(cell.text) > w for cell, w in zip(row, widths, strict=True)) for row in table.rows)
    for number, row in enumerate(table.rows):
        if number and tall * 2 > len(table.rows):
            # Rows of several lines run into each other without a line between them.
            yield ()
        yield from _wrapped_row(row, widths)
        if below and below[number].text:
            room = max(sum(widths) + len(_GAP) * (len(widths) - 2), _PHRASE)
            parts = _wrapped(below[number].text, room)
            yield from ((TextPiece(_GAP), TextPiece(part, below[number].weight)) for part in parts)


def _heading(header: Sequence[str], widths: Sequence[int]) -> Iterator[Line]:
    yield from _wrapped_row([Cell(name) for name in header], widths, heading=True)
    yield (TextPiece(_GAP.join("─" * w for w in widths), heading=True),)


def _cells(row: Row, widths: Sequence[int], *, heading: bool = False) -> Iterator[TextPiece]:
    last = max((n for n, cell in enumerate(row) if cell.text), default=0)
    for n, (cell, columns) in enumerate(zip(row, widths, strict=True)):
        if n > last:
            return
        yield TextPiece(cell.text, cell.weight, heading)
        if n < last:
            yield TextPiece(" " * (columns - width(cell.text)) + _GAP)


def _wrapped_row(row: Row, widths: Sequence[int], *, heading: bool = False) -> Iterator[Line]:
    cells = [_wrapped(cell.text, w) for cell, w in zip(row, widths, strict=True)]
    for n in range(max(map(len, cells))):
        parts = [Cell(c[n] if n < len(c) else "", cell.weight) for c, cell in zip(cells, row, strict=True)]
        yield tuple(_cells(parts, widths, heading=heading))


def _wrapped(text: str, columns: int) -> list[str]:
    lines = [""]
    for word in _BREAK.split(text):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width(joined) <= columns:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        lines[-1] = ""
        for character in word:
            if width(lines[-1]) + _width(character) > columns and lines[-1]:
                lines.append("")
            lines[-1] += character
    return lines


def _blocks(table: TextTable, columns: int) -> Iterator[Line]:
    """A block for each row: its first cell, and below it the others with their names."""
    names = min(max(map(width, table.header[1:]), default=0), columns // 2)
    room = max(columns - len(_GAP) * 2 - names, _NARROWEST)
    for number, row in enumerate(table.rows):
        if number:
            yield ()
        for part in _wrapped(row[0].text, max(columns, _NARROWEST)):
            yield (TextPiece(part, heading=True),)
        for name, cell in zip(table.header[1:], row[1:], strict=True):
            for n, part in enumerate(_wrapped(cell.text, room) if cell.text else ()):
                label = padded("" if n else shortened(name, names), names)
                yield TextPiece(f"{_GAP}{label}{_GAP}"), TextPiece(part, cell.weight)
