"""What a request to the simulated table asks for: columns, filters, order, and which rows of the result."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from probe_tray.demo.messages import DemoRefusal, Request, as_json
from probe_tray.demo.table_rows import COLUMNS, BadValueError, TableRow, Value, timestamp

TABLE: Final = "tokens"

_RESERVED: Final = frozenset({"select", "order", "limit", "offset", "columns", "on_conflict"})
_RANGE: Final = re.compile(r"(\d+)-(\d*)")
_COMPARED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "eq": lambda left, right: left == right,
    "neq": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}
_WRONG, _OUT_OF_RANGE = 400, 416


def error(
    status: int, code: str, message: str, *, details: str | None = None, headers: Mapping[str, str] | None = None
) -> DemoRefusal:
    """A refusal as PostgREST words it: ``{"code", "details", "hint", "message"}``."""
    body = {"code": code, "details": details, "hint": None, "message": message}
    return DemoRefusal(as_json(body, status=status, headers=headers), code)


class Filter(msgspec.Struct, frozen=True):
    """One condition on a column; ``operand`` is None for ``is.null``."""

    column: str
    operator: str
    operand: Value

    def holds(self, row: TableRow) -> bool:
        """Whether the row is meant. As in SQL, nothing but ``is.null`` is true of null."""
        cell = row.cell(self.column)
        if self.operand is None:
            return cell is None
        return cell is not None and _COMPARED[self.operator](_sortable(self.column, cell), self.operand)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of one request."""

    select: tuple[str, ...] = COLUMNS
    filters: tuple[Filter, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    """Columns, each with whether it is descending."""
    limit: int | None = None
    offset: int = 0

    def matching(self, rows: Sequence[TableRow]) -> tuple[TableRow, ...]:
        """Those rows which every filter holds for."""
        return tuple(row for row in rows if all(one.holds(row) for one in self.filters))

    def sorted(self, rows: Sequence[TableRow]) -> tuple[TableRow, ...]:
        """The rows in the order asked for; null comes last, or first when descending."""
        found = list(rows)
        for column, descending in reversed(self.order):
            found.sort(key=lambda row: _rank(column, row.cell(column)), reverse=descending)
        return tuple(found)


class RowRange(msgspec.Struct, frozen=True):
    """Which rows of a result go out: from ``start``, at most ``count`` (None: all)."""

    start: int
    count: int | None

    @property
    def stop(self) -> int | None:
        """Where it ends."""
        return None if self.count is None else self.start + self.count


def read_query(request: Request) -> Query:
    """Read the query string. Raises Refusal as PostgREST does for what it does not understand."""
    select: tuple[str, ...] = COLUMNS
    order: tuple[tuple[str, bool], ...] = ()
    filters: list[Filter] = []
    limit: int | None = None
    offset = 0
    for part in filter(None, request.query.split("&")):
        name, _, value = (unquote_plus(piece) for piece in part.partition("="))
        match name:
            case "select":
                select = COLUMNS if value == "*" else tuple(_column(one) for one in value.split(","))
            case "order":
                order = tuple(_order(one) for one in value.split(","))
            case "limit":
                limit = _number(value)
            case "offset":
                offset = max(0, _number(value))
            case _ if name not in _RESERVED:
                filters.append(_filter(name, value))
            case _:
                raise error(_WRONG, "PGRST100", f"the simulated table does not know {name}")
    if limit is not None and limit < 0:
        details = "Limit should be greater than or equal to zero."
        raise error(_OUT_OF_RANGE, "PGRST103", "Requested range not satisfiable", details=details)
    return Query(select=select, filters=tuple(filters), order=order, limit=limit, offset=offset)


def read_window(request: Request, query: Query, max_rows: int) -> RowRange:
    """Which rows to answer with: what query, Range header and the server's own limit all allow."""
    start, count = query.offset, query.limit
    if found := _RANGE.fullmatch(request.header("range") or ""):
        first, last = int(found[1]), int(found[2]) if found[2] else None
        if last is not None and last < first:
            details = "The lower boundary must be lower than or equal to the upper boundary in the Range header."
            raise error(_OUT_OF_RANGE, "PGRST103", "Requested range not satisfiable", details=details)
        stops = [stop for stop in (RowRange(start, count).stop, None if last is None else last + 1) if stop is not None]
        start = max(start, first)
        count = max(0, min(stops) - start) if stops else None
    return RowRange(start, max_rows if count is None else min(count, max_rows))


def known_column(name: str) -> str:
    """The column of this name. Raises Refusal (42703) where there is none."""
    if name not in COLUMNS:
        raise error(_WRONG, "42703", f"column {TABLE}.{name} does not exist")
    return name


def bad_time(text: str) -> DemoRefusal:
    """What PostgreSQL says to a time it cannot read."""
    return error(_WRONG, "22007", f'invalid input syntax for type timestamp with time zone: "{text[:40]}"')


def _column(text: str) -> str:
    return known_column(text.strip())


def _order(text: str) -> tuple[str, bool]:
    name, _, direction = text.partition(".")
    if direction not in {"", "asc", "desc"}:
        raise error(_WRONG, "PGRST100", f'"failed to parse order ({text})"')
    return known_column(name), direction == "desc"


def _number(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise error(_WRONG, "PGRST100", f'"failed to parse number ({text[:20]})"')
    return int(text)


def _filter(name: str, value: str) -> Filter:
    column = known_column(name)
    operator, _, operand = value.partition(".")
    if operator == "is" and operand == "null":
        return Filter(column, operator, None)
    if operator not in _COMPARED:
        raise error(_WRONG, "PGRST100", f'"failed to parse filter ({value[:20]})"')
    try:
        return Filter(column, operator, _sortable(column, operand))
    except BadValueError:
        raise bad_time(operand) from None


def _sortable(column: str, text: str) -> str:
    """A text that compares as the column's values do."""
    if column != "update_time":
        return text
    stamp = timestamp(text)
    seconds, _, fraction = stamp.removesuffix("+00:00").partition(".")
    return f"{seconds}.{fraction.ljust(6, '0')}"


def _rank(column: str, cell: Value) -> tuple[bool, str]:
    return cell is None, "" if cell is None else _sortable(column, cell)
