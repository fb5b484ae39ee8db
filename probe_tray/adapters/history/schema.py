"""Numbers for accounts and their meters, so that a sample's row has four small integers and no text."""

import sqlite3
from typing import Final, final

from probe_tray.core.quota.history import Meter, Part
from probe_tray.core.quota.snapshot import WindowKind

OURS: Final = 0x50545259
"""The file's ``application_id``: "PTRY"."""

STEPS: Final = (
    # Times are unix seconds, percentages tenths of a percent, a reset of 0 is none. A row of `samples` has 20 bytes.
    """
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE);
    CREATE TABLE series (
        id INTEGER PRIMARY KEY, account INTEGER NOT NULL,
        part TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, seconds INTEGER NOT NULL,
        UNIQUE (account, part, name, kind, seconds)
    );
    CREATE TABLE samples (
        series INTEGER NOT NULL, at INTEGER NOT NULL, used INTEGER NOT NULL, reset INTEGER NOT NULL,
        PRIMARY KEY (series, at)
    ) WITHOUT ROWID;
    CREATE TABLE hours (
        series INTEGER NOT NULL, at INTEGER NOT NULL, used INTEGER NOT NULL, most INTEGER NOT NULL,
        PRIMARY KEY (series, at)
    ) WITHOUT ROWID;
    CREATE TABLE kept (account INTEGER PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE renewals (
        account INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY (account, at)
    ) WITHOUT ROWID;
    """,
)
"""The scripts that lead from one version (``user_version``) to the next; a released one is never changed."""


class ForeignFileError(Exception):
    """The file belongs to another program."""


class NewerFileError(Exception):
    """The file belongs to a newer version of this program, which goes on with it later."""


def prepare(connection: sqlite3.Connection, steps: tuple[str, ...] = STEPS) -> None:
    """Bring a file, new or older, to the newest version. Raises ForeignFileError, NewerFileError, sqlite3.Error."""
    # One transaction from the first look on: another run of the program may be making the same file.
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        owner, version = _number(connection, "application_id"), _number(connection, "user_version")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and owner != OURS:
            raise ForeignFileError
        if version > len(steps):
            raise NewerFileError
        if version == len(steps):
            return
        for statement in ";".join(steps[version:]).split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {OURS}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


_KINDS: Final = {kind.value: kind for kind in WindowKind}
_NUMBER: Final = "SELECT id FROM series WHERE account = ? AND part = ? AND name = ? AND kind = ? AND seconds = ?"
_PARTS: Final = {part.value: part for part in Part}


@final
class SeriesTable:
    """The tables ``accounts`` and ``series`` in memory."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._accounts: dict[str, int] = {}
        self._series: dict[str, dict[Meter, int]] = {}

    def load(self, db: sqlite3.Connection) -> None:
        """Read both tables anew."""
        self.forget()
        self._accounts.update(db.execute("SELECT slug, id FROM accounts"))
        for slug, number, part, name, kind, seconds in db.execute(
            "SELECT slug, series.id, part, name, kind, seconds FROM series JOIN accounts ON accounts.id = account"
        ):
            if part in _PARTS and kind in _KINDS:
                meter = Meter(part=_PARTS[part], name=name, kind=_KINDS[kind], seconds=seconds)
                self._series.setdefault(slug, {})[meter] = number

    def forget(self) -> None:
        """Know nothing again."""
        self._accounts.clear()
        self._series.clear()

    def account(self, db: sqlite3.Connection, slug: str) -> int:
        """The number of an account, made when needed."""
        if slug not in self._accounts:
            # Another process may have made it meanwhile.
            db.execute("INSERT OR IGNORE INTO accounts (slug) VALUES (?)", (slug,))
            self._accounts[slug] = db.execute("SELECT id FROM accounts WHERE slug = ?", (slug,)).fetchone()[0]
        return self._accounts[slug]

    def of(self, db: sqlite3.Connection, slug: str, meter: Meter) -> int:
        """The number of a meter of an account, made when needed."""
        found = self.find(slug, meter)
        if found is None:
            row = (self.account(db, slug), meter.part.value, meter.name, meter.kind.value, meter.seconds)
            db.execute("INSERT OR IGNORE INTO series (account, part, name, kind, seconds) VALUES (?, ?, ?, ?, ?)", row)
            found = int(db.execute(_NUMBER, row).fetchone()[0])
            self._series.setdefault(slug, {})[meter] = found
        return found

    def find(self, slug: str, meter: Meter) -> int | None:
        """The number of a meter; None when it was never written."""
        return self._series.get(slug, {}).get(meter)

    def by_account(self) -> dict[str, tuple[Meter, ...]]:
        """The meters of every account."""
        return {slug: tuple(meters) for slug, meters in self._series.items()}
