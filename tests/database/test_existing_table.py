"""A table that people and other programs use already goes on, whatever of the new SQL is run on it."""

from collections.abc import Iterator

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.table_key import SECRET_HEADER, table_digest, table_secret
from tests.database.conftest import PROTECT, SQL, protect
from tests.database.test_attackers import Computer, kinds, login
from tests.support.postgres import Database, DatabaseConnection, DatabaseRefusal
from tests.support.postgrest import PostgRest

OWN_POLICY = """
create table public.tokens (id text primary key, email text, token_data text, update_time timestamptz);
alter table public.tokens enable row level security;
create role syncer nologin;
grant usage on schema public to syncer;
grant select, insert, update on public.tokens to syncer;
create policy mine on public.tokens for all to syncer using (true) with check (true);
"""
AS_SYNCER = "set role syncer; insert into tokens (id) values ('x'); select id from tokens"


@pytest.fixture
def own_policy(database: Database) -> Iterator[Database]:
    """A table that a role of its own uses; roles are the whole server's."""
    database.run(OWN_POLICY)
    yield database
    database.run("drop table public.tokens cascade; drop owned by syncer; drop role syncer")


def test_a_role_with_a_policy_of_its_own_uses_the_table_as_before(own_policy: Database) -> None:
    own_policy.run(SQL)
    assert own_policy.run(AS_SYNCER) == [("x",)]


def test_protection_shuts_out_such_a_role_too(own_policy: Database) -> None:
    own_policy.run("insert into tokens (id) values ('y')")
    protect(own_policy)
    assert own_policy.run("set role syncer; select id from tokens") == []


@pytest.mark.parametrize("status", [403, 404, 405, 501])
async def test_a_service_that_passes_the_table_alone_is_enough(rest: PostgRest, status: int) -> None:
    rest.calls = status
    first, second = Computer(rest, login(1)), Computer(rest)
    assert kinds(await second.sync()) == {}
    assert kinds(await first.sync()) == {"ana": StepKind.UPLOAD_NEW}
    assert kinds(await second.sync()) == {"ana": StepKind.RESTORE}


async def test_a_computer_that_saw_the_table_protected_goes_by_no_such_answer(database: Database) -> None:
    protect(database)
    with PostgRest(database) as rest:
        computer = Computer(rest, login(1))
        await computer.sync()
        rest.calls = 404
        computer.hold(login(2))
        report = await computer.sync()
        assert report.problem is not None
        assert report.problem.name == "SyncOpenedError"


def test_two_computers_that_end_each_others_key_leave_one(database: Database) -> None:
    keys = [Secret("c1" * 32), Secret("c2" * 32)]
    database.run(SQL + "".join(PROTECT.replace("{digest}", table_digest(key)) for key in keys))

    def end(connection: DatabaseConnection, key: Secret) -> None:
        shown = f'{{"{SECRET_HEADER}": "{table_secret(key).reveal()}"}}'
        connection.run(f"select set_config('request.headers', '{shown}', false)")
        connection.run(f"select probe_tray_end_other_keys('{table_digest(key)}')")

    with database.connect() as first, database.connect() as second:
        first.run("begin")
        end(first, keys[0])
        second.run("set lock_timeout = '50ms'")
        with pytest.raises(DatabaseRefusal, match="55P03"):
            end(second, keys[1])
        first.run("commit")
        with pytest.raises(DatabaseRefusal, match="PT403"):
            end(second, keys[1])
    left = database.run("select digest from probe_tray_keys where ended_at is null")
    assert left == [(table_digest(keys[0]),)]
