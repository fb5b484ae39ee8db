"""A table that people and other programs use already goes on, whatever of the new SQL is run on it."""

from collections.abc import Iterator

import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ClaimedElsewhereError, TableUncheckedError
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.table_key import SECRET_HEADER, table_digest, table_secret
from tests.database.conftest import PROTECT, SQL, protect
from tests.database.test_attackers import Computer, kinds, login, renewing
from tests.database.test_tables import CREATE
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


@pytest.mark.parametrize("status", [403, 404, 405, 501])
async def test_renewals_claim_the_row_where_a_service_passes_the_table_alone(rest: PostgRest, status: int) -> None:
    rest.calls = status
    first, second = Computer(rest, login(1)), Computer(rest, login(1))
    await first.sync()
    key, one, two = login(1).key, renewing(first), renewing(second)
    assert not await one.claim(login(1))
    await one.mark_sent(key)
    with pytest.raises(ClaimedElsewhereError):
        await two.claim(login(1))
    first.hold(login(2))
    await one.publish(key)
    assert await first.bench.memory.unshared() == {}
    assert await two.claim(login(1)), "it is adopted"
    assert second.numbers() == {"ana": "2"}
    assert rest.database.run("select * from probe_tray_leases") == []


async def test_a_lease_is_not_done_without_where_the_table_has_them(rest: PostgRest) -> None:
    computer = Computer(rest, login(1))
    await computer.sync()
    rest.instead = [0, 404]
    with pytest.raises(TableUncheckedError):
        await renewing(computer).claim(login(1))


@pytest.mark.parametrize("row", ["", "insert into tokens (id) values ('account-ana')"])
def test_a_table_that_nobody_may_use_without_a_secret_key_is_opened_only_while_it_is_empty(
    database: Database, row: str
) -> None:
    database.run(f"{CREATE} alter table tokens enable row level security; {row}")
    for _ in range(2):
        database.run(SQL)
        found = database.run(
            "select policyname from pg_policies where tablename = 'tokens' and permissive <> 'RESTRICTIVE'"
        )
        assert len(found) == (0 if row else 3)
    ids = "select id from tokens"
    if row:
        with pytest.raises(DatabaseRefusal, match="42501"):
            database.run(f"begin; set local role anon; {ids}")
    else:
        assert database.run(f"begin; set local role anon; {ids}") == []


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


async def test_a_renewal_leaves_a_table_of_a_newer_version_alone(database: Database) -> None:
    protect(database)
    with PostgRest(database) as rest:
        computer = Computer(rest, login(1))
        await computer.sync()
        database.run(SQL.replace("'version', 2", "'version', 3"))
        before = database.run("table tokens")
        computer.hold(login(2))
        shared, key = renewing(computer), login(1).key
        for asked in (shared.adopt_newer(key), shared.claim(login(1)), shared.publish(key)):
            with pytest.raises(TableUncheckedError):
                await asked
        assert (database.run("table tokens"), database.run("table probe_tray_leases")) == (before, [])
