"""The tables of the history, and how an older file gets today's."""

import sqlite3
from typing import Final

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
    """The file belongs to another program, or to a newer version of this one."""


def prepare(connection: sqlite3.Connection, steps: tuple[str, ...] = STEPS) -> None:
    """Bring a file, new or older, to the newest version. Raises ForeignFileError and sqlite3.Error."""
    # One transaction from the first look on: another run of the program may be making the same file.
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        owner, version = _number(connection, "application_id"), _number(connection, "user_version")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if (tables and owner != OURS) or version > len(steps):
            raise ForeignFileError
        if version == len(steps):
            return
        for statement in ";".join(steps[version:]).split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {OURS}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
