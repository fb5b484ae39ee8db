"""One PostgreSQL for all of these tests, which one process runs, and a database for each."""

from collections.abc import Iterator

import pytest

from probe_tray.resources import resource
from tests.support import postgres
from tests.support.postgres import Database, PostgresServer
from tests.support.postgrest import PostgRest

SQL = resource("sql/tokens.sql").read_text("utf-8")


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
