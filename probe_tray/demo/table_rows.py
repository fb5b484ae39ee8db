"""The rows of the simulated table, the values of its columns as PostgreSQL keeps them, and leases beside it."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import msgspec

COLUMNS: Final = ("id", "email", "token_data", "update_time")

Value = str | None

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,30}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE
)
_MICROSECONDS: Final = 6
_FORGOTTEN_AFTER: Final = timedelta(days=30)
_HOLDS_FOR: Final = timedelta(minutes=2)
"""For so long a lease keeps others from an account."""


class BadValueError(Exception):
    """A text that PostgreSQL would not take for the column's type."""


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row, as it is read back."""

    id: str
    email: Value = None
    token_data: Value = None
    update_time: Value = None

    def as_mapping(self, columns: Iterable[str] = COLUMNS) -> dict[str, Value]:
        """The named columns."""
        return {name: self.cell(name) for name in columns}

    def cell(self, column: str) -> Value:
        """The value of one of ``COLUMNS``."""
        return {"id": self.id, "email": self.email, "token_data": self.token_data, "update_time": self.update_time}[
            column
        ]

    def __repr__(self) -> str:
        """Name the row only."""
        return f"Row({self.id})"


def kept(column: str, value: Value) -> Value:
    """What a column holds once ``value`` is written to it. Raises BadValueError."""
    if value is None:
        return None
    if "\x00" in value:
        raise BadValueError
    return timestamp(value) if column == "update_time" else value


def timestamp(text: str) -> str:
    """How a ``timestamptz`` is read back: in UTC, to the microsecond, without trailing zeros. Raises BadValueError.

    A time without a zone is taken for UTC, which is what the session's zone is.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise BadValueError
    day, clock, digits, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=_zone(zone or "Z"))
        # Rounded, not cut: nine digits may end in the next second.
        fraction = timedelta(microseconds=round(int((digits or "0").ljust(12, "0")[:12]) / 10**_MICROSECONDS))
        moment = (moment + fraction).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadValueError from None
    fine = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fine}+00:00"


def _zone(text: str) -> timezone:
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > len("+00") else 0
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


class Heap:
    """The rows in the order in which a scan without ``order`` meets them: what was changed comes last."""

    def __init__(self, rows: Iterable[TableRow] = ()) -> None:
        """Begin with ``rows``."""
        self._rows = {row.id: row for row in rows}

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """All of them."""
        return tuple(self._rows.values())

    def find(self, row_id: str) -> TableRow | None:
        """The row with this primary key."""
        return self._rows.get(row_id)

    def put(self, row: TableRow) -> None:
        """Write it, in place of the one with its key."""
        self._rows.pop(row.id, None)
        self._rows[row.id] = row

    def remove(self, row_id: str) -> None:
        """Take it out; a missing one is no error."""
        self._rows.pop(row_id, None)


def changed(row: TableRow, values: Mapping[str, Value]) -> TableRow:
    """The row with other values in some columns. Raises BadValueError."""
    return msgspec.structs.replace(row, **{name: kept(name, value) for name, value in values.items()})


class LeaseRow(msgspec.Struct, kw_only=True):
    """One row of the table of leases."""

    account: str
    holder: str
    until: datetime
    sent_at: datetime | None = None
    used_at: datetime | None = None


class LeaseBook:
    """What the three functions of the database do."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        """``now`` is the database's clock, aware UTC; ``lock`` is held while one of them is called."""
        self._lock, self._now = lock, now
        self.exists = True
        """Whether this part of the SQL has been run."""
        self.rows: dict[str, LeaseRow] = {}
        """By the fingerprint of the refresh token."""

    def take(self, account: str, token: str, holder: str) -> str:
        """As ``probe_tray_take_lease``."""
        with self._lock:
            now = self._now()
            others = {name: row for name, row in self.rows.items() if row.holder != holder}
            if any(row.until > now and (row.account == account or name == token) for name, row in others.items()):
                return "busy"
            same = self.rows.get(token)
            if same is not None and (same.used_at or (same.sent_at and same.holder != holder)):
                return "sent"
            long_ago = now - _FORGOTTEN_AFTER
            self.rows = {
                name: row for name, row in self.rows.items() if row.sent_at or row.used_at or row.until >= long_ago
            }
            known = self.rows.get(token) or LeaseRow(account=account, holder=holder, until=now)
            known.account, known.holder, known.until = account, holder, now + _HOLDS_FOR
            self.rows[token] = known
            return "granted" if known.sent_at is None else "again"

    def mark_sent(self, token: str, holder: str) -> bool:
        """As ``probe_tray_mark_sent``."""
        with self._lock:
            row, now = self.rows.get(token), self._now()
            if row is None or row.holder != holder or row.until <= now:
                return False
            row.sent_at, row.until = row.sent_at or now, now + _HOLDS_FOR
            return True

    def end(self, account: str, token: str, holder: str, *, renewed: bool) -> bool:
        """As ``probe_tray_end_lease``."""
        with self._lock:
            now = self._now()
            mine = {
                name: row
                for name, row in self.rows.items()
                if row.holder == holder and (name == token or (renewed and row.account == account))
            }
            for name, row in mine.items():
                if renewed and row.sent_at and name != token:
                    row.used_at = now
                row.until, row.sent_at = min(row.until, now), None
            return bool(mine)
