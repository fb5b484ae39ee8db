"""One PostgreSQL for all of these tests, which one process runs, and a database for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.table_key import table_digest
from probe_tray.resources import resource
from tests.command.test_sync import file_of
from tests.database.owner import Owner
from tests.support import postgres
from tests.support.postgres import Database, PostgresServer
from tests.support.postgrest import PostgRest
from tests.unit.engine.sync_bench import KEY

SQL = resource("sql/tokens.sql").read_text("utf-8")
PROTECT = resource("sql/protect.sql").read_text("utf-8")


def protect(database: Database, key: Secret = KEY) -> None:
    """Run the SQL that lets in nobody but computers with ``key``."""
    database.run(SQL + PROTECT.replace("{digest}", table_digest(key)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if absent := postgres.missing():
        pytest.skip(f"missing: {absent}")
    with PostgresServer() as server:
        yield server


@pytest.fixture
def database(postgres_server: PostgresServer) -> Database:
    """An empty database: nobody has run the SQL."""
    return postgres_server.new_database()


@pytest.fixture
def rest(database: Database) -> Iterator[PostgRest]:
    """A project that has run the shipped SQL."""
    database.run(SQL)
    with PostgRest(database) as rest:
        yield rest


@pytest.fixture
def owner(tmp_path: Path, home: Path, database: Database) -> Iterator[Owner]:
    """A computer with two logins and a table that is protected with its key."""
    del home
    protect(database)
    with PostgRest(database) as rest:
        owner = Owner(tmp_path / "here", rest)
        for person in ("ana", "bob"):
            owner.write(f"{person}.json", file_of(person, 1))
        yield owner
