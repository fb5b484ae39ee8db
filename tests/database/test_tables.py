"""The shared table on a real PostgreSQL: the shipped SQL, its policies, and the program's own requests."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ProbeError,
    RateLimitedError,
    SyncColumnsError,
    SyncLeasesError,
    SyncNoTableError,
    SyncPausedError,
    SyncRefusedError,
    SyncStrangeError,
    SyncTooLargeError,
    UnavailableError,
)
from probe_tray.core.sync.leases import LeaseAnswer
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.ports.http import RemoteTable
from tests.contracts.test_remote_table import (
    OpenTable,
    OpenWith,
    ProtectedTableContract,
    RemoteTableContract,
    lease,
    over_http,
    row,
)
from tests.database.conftest import PROTECT, SQL, protect
from tests.support.postgres import Database, DatabaseRefusal
from tests.support.postgrest import API_KEY, PostgRest
from tests.unit.engine.sync_bench import KEY


def target(rest: PostgRest, api_key: str = API_KEY) -> SyncTarget:
    return SyncTarget(url=rest.url, api_key=Secret(api_key), key=KEY)


def opened(rest: PostgRest, api_key: str = API_KEY) -> OpenTable:
    @asynccontextmanager
    async def table() -> AsyncGenerator[RemoteTable]:
        async with HttpTableFactory(ProxyChoice(), {}, handles=KnownSecrets().add).open(target(rest, api_key)) as table:
            yield table

    return table


class TestOnPostgres(RemoteTableContract):
    @pytest.fixture
    def open_table(self, rest: PostgRest) -> OpenTable:
        return opened(rest)


class TestProtectedOnPostgres(ProtectedTableContract):
    @pytest.fixture
    def open_with(self, rest: PostgRest) -> OpenWith:
        protect(rest.database)
        return over_http(rest.url, API_KEY)


async def test_more_rows_than_one_answer_holds_are_read_whole(rest: PostgRest) -> None:
    rest.database.run(
        "insert into tokens select 'account-' || n, null, 'sealed', now() from generate_series(1, 2345) n"
    )
    async with opened(rest)() as table:
        rows = await table.rows()
    assert len({row.id for row in rows}) == len(rows) == 2345


async def test_a_time_that_is_not_the_rows_any_more_to_the_microsecond_replaces_nothing(rest: PostgRest) -> None:
    async with opened(rest)() as table:
        await table.insert(row())
        seen = await table.row("account-ana")
        assert seen is not None
        rest.database.run("update tokens set update_time = update_time + interval '1 microsecond'")
        assert not await table.replace(row(data="ours"), seen)
        assert rest.database.run("select token_data from tokens") == [("sealed",)]


class TestLeases:
    """What the database's clock makes of them."""

    async def test_a_lease_that_ended_is_overtaken_only_if_nothing_was_sent(self, rest: PostgRest) -> None:
        async with opened(rest)() as table:
            await table.take_lease(lease("one"))
            later(rest.database)
            assert not await table.mark_sent(lease("one")), "an ended lease cannot be extended"
            assert await table.take_lease(lease("two")) is LeaseAnswer.GRANTED
            assert await table.mark_sent(lease("two"))
            later(rest.database)
            assert await table.take_lease(lease("three")) is LeaseAnswer.SENT
            assert await table.take_lease(lease("three", token="its own")) is LeaseAnswer.GRANTED
            later(rest.database)
            assert await table.take_lease(lease("two")) is LeaseAnswer.AGAIN

    async def test_many_who_ask_at_once_get_it_one_at_a_time(self, rest: PostgRest) -> None:
        async with opened(rest)() as table:
            for token in ("rt-ana", "rt-bob"):
                asked = [
                    table.take_lease(lease(f"computer-{number}", account=f"account-{number % 2}-{token}", token=token))
                    for number in range(16)
                ]
                answers = await asyncio.gather(*asked)
                assert answers.count(LeaseAnswer.GRANTED) == 1
                assert answers.count(LeaseAnswer.BUSY) == 15

    async def test_the_publishable_key_sees_no_lease_and_writes_none_past_the_functions(self, rest: PostgRest) -> None:
        async with opened(rest)() as table:
            await table.take_lease(lease("one"))
        for sql in (
            "select * from probe_tray_leases",
            "update probe_tray_leases set holder = 'me'",
            "insert into probe_tray_leases values ('x', 'x', 'x', now())",
        ):
            with pytest.raises(DatabaseRefusal) as caught:
                rest.database.run(f"begin; set local role anon; {sql}; commit")
            assert caught.value.state == "42501"

    async def test_what_is_no_lease_is_refused(self, rest: PostgRest) -> None:
        async with opened(rest)() as table:
            with pytest.raises(SyncStrangeError):
                await table.take_lease(lease("x" * 65))
            assert rest.database.run("select count(*) from probe_tray_leases") == [("0",)]

    async def test_the_table_alone_has_none(self, database: Database) -> None:
        database.run(CREATE + "grant select, insert, update on tokens to anon")
        with PostgRest(database) as rest:
            async with opened(rest)() as table:
                assert await table.take_lease(lease("one")) is None
                assert not await table.mark_sent(lease("one"))
                assert not await table.end_lease(lease("one"), renewed=True)

    async def test_a_part_of_the_sql_has_its_sentence(self, rest: PostgRest) -> None:
        rest.database.run("alter table probe_tray_leases rename to lost")
        async with opened(rest)() as table:
            with pytest.raises(SyncLeasesError):
                await table.take_lease(lease("one"))


def later(database: Database) -> None:
    """Let three minutes pass for all leases."""
    database.run("update probe_tray_leases set until = until - interval '3 minutes'")


class TestShippedSql:
    def test_it_may_be_run_again_and_changes_no_row(self, database: Database) -> None:
        database.run(SQL)
        database.run("insert into tokens values ('account-ana', 'ana@example.com', 'sealed', '2026-11-22T06:00:00Z')")
        before = database.run("table tokens")
        database.run(SQL)
        assert database.run("table tokens") == before
        assert database.run("select count(*) from pg_policies where tablename = 'tokens'") == [("4",)]

    async def test_leases_of_before_stay_as_they_were_and_later_ones_keep_used_tokens(self, rest: PostgRest) -> None:
        rest.database.run(
            """
            alter table probe_tray_leases drop column used_at;
            insert into probe_tray_leases values ('rt-bob', 'bob', 'one', now(), null, now())
            """
        )
        before = rest.database.run("table probe_tray_leases")
        rest.database.run(SQL)
        assert rest.database.run(
            "select token, account, holder, until, sent_at, renewed_at from probe_tray_leases"
        ) == (before)
        async with opened(rest)() as table:
            # Which of the old ones were used isn't known: they are given as before.
            assert await table.take_lease(lease("two", account="bob", token="rt-bob")) is LeaseAnswer.GRANTED
            await table.take_lease(lease("one"))
            await table.mark_sent(lease("one"))
            await table.end_lease(lease("one", token="new"), renewed=True)
            assert await table.take_lease(lease("two")) is LeaseAnswer.SENT

    def test_policies_that_are_there_already_stay_alone(self, database: Database) -> None:
        database.run("create table tokens (id text primary key, email text, token_data text, update_time timestamptz)")
        database.run("create policy mine on tokens for select to anon using (id = 'mine')")
        database.run(SQL)
        found = database.run("select policyname, permissive from pg_policies where tablename = 'tokens' order by 1")
        assert found == [("mine", "PERMISSIVE"), ("probe tray key", "RESTRICTIVE")], "which opens it to nobody"

    def test_it_drops_and_deletes_nothing(self) -> None:
        words = re.sub(r"--.*", "", SQL + PROTECT).lower().replace("revoke truncate", "")
        assert re.findall(r"\b(?:drop|truncate|delete)\b.*", words) == [
            "delete from public.probe_tray_leases l where l.token in ("
        ]

    async def test_leases_that_ended_long_ago_go_and_nothing_else_does(self, rest: PostgRest) -> None:
        rest.database.run(
            """
            insert into tokens (id) values ('account-ana');
            insert into probe_tray_leases (token, account, holder, until, sent_at) values
                ('ended long ago', 'a', 'one', now() - interval '31 days', null),
                ('sent long ago', 'b', 'one', now() - interval '31 days', now() - interval '31 days'),
                ('used long ago', 'e', 'one', now() - interval '31 days', now() - interval '31 days'),
                ('ended', 'c', 'one', now() - interval '29 days', null),
                ('held', 'd', 'one', now() + interval '1 minute', null);
            update probe_tray_leases set sent_at = null, used_at = now() where token = 'used long ago'
            """
        )
        async with opened(rest)() as table:
            assert await table.take_lease(lease("two")) is LeaseAnswer.GRANTED
        held = rest.database.run("select token from probe_tray_leases order by 1")
        assert held == [("ended",), ("held",), ("rt-ana",), ("sent long ago",), ("used long ago",)]
        assert rest.database.run("select id from tokens") == [("account-ana",)]

    def test_the_publishable_key_cannot_delete_rows(self, rest: PostgRest) -> None:
        rest.database.run("insert into tokens (id) values ('account-ana')")
        with pytest.raises(DatabaseRefusal) as caught:
            rest.database.run("begin; set local role anon; delete from tokens where id = 'account-ana'; commit")
        assert caught.value.state == "42501"
        address = f"{rest.url}/rest/v1/tokens?id=eq.account-ana"
        assert httpx.delete(address, headers={"apikey": API_KEY}).status_code == 401
        assert rest.database.run("select count(*) from tokens") == [("1",)]


CREATE = "create table tokens (id text primary key, email text, token_data text, update_time timestamptz);"
BROKEN = {
    "nothing was run": ("", SyncNoTableError),
    "the table has no grants": (CREATE, SyncRefusedError),
    "a column is missing": (
        "create table tokens (id text primary key, email text); grant select on tokens to anon",
        SyncColumnsError,
    ),
}


@pytest.mark.parametrize(("sql", "error"), BROKEN.values(), ids=BROKEN)
async def test_sql_that_was_run_by_half_has_its_sentence(database: Database, sql: str, error: type[ProbeError]) -> None:
    database.run(sql or "select 1")
    with PostgRest(database) as rest:
        async with opened(rest)() as table:
            with pytest.raises(error):
                await table.rows()


async def test_without_a_policy_nothing_is_seen_and_nothing_is_written(database: Database) -> None:
    database.run(SQL)
    database.run('drop policy "sync replaces" on tokens; drop policy "sync adds" on tokens')
    with PostgRest(database) as rest:
        async with opened(rest)() as table:
            assert await table.rows() == ()
            with pytest.raises(SyncRefusedError):
                await table.insert(row())
            database.run("insert into tokens (id) values ('account-ana')")
            assert not await table.replace(row(), row(time=None))


NO_READING = TableGrants(read=False, add=True, change=False, lease=True)
NO_ADDING = TableGrants(add=False, lease=True)
NO_CHANGE = TableGrants(read=True, add=True, change=False, lease=True)
NO_LEASE = TableGrants(read=True, add=True, change=True, lease=False)
MISSING = {
    "a policy for reading": ('drop policy "sync reads" on tokens', NO_READING),
    "the right to read": ("revoke select on tokens from anon", NO_READING),
    "a policy for adding": ('drop policy "sync adds" on tokens', NO_ADDING),
    "the right to add": ("revoke insert on tokens from anon", NO_ADDING),
    "a policy for changes": ('drop policy "sync replaces" on tokens', NO_CHANGE),
    "the right to change": ("revoke update on tokens from anon", NO_CHANGE),
    "a function of the leases": ("drop function probe_tray_mark_sent", NO_LEASE),
    "the right to a lease": ("revoke execute on function probe_tray_end_lease from anon", NO_LEASE),
    "the leases' table": ("drop table probe_tray_leases", NO_LEASE),
}


@pytest.mark.parametrize(("sql", "rights"), MISSING.values(), ids=MISSING)
async def test_each_missing_right_is_found(rest: PostgRest, sql: str, rights: TableGrants) -> None:
    rest.database.run("insert into tokens (id, token_data) values ('account-ana', 'sealed')")
    rest.database.run(sql)
    async with opened(rest)() as table:
        assert await table.rights() == rights
    assert rest.database.run("select id, token_data from tokens") == [("account-ana", "sealed")]


async def test_a_table_without_this_sql_cannot_try_its_rights(database: Database) -> None:
    database.run(CREATE + "grant select, insert, update on tokens to anon")
    with PostgRest(database) as rest:
        async with opened(rest)() as table:
            assert await table.rights() is None


async def test_a_wrong_publishable_key_is_refused(rest: PostgRest) -> None:
    async with opened(rest, "sb_publishable_of_somebody_else")() as table:
        with pytest.raises(SyncRefusedError):
            await table.rows()


@pytest.mark.parametrize(
    ("status", "error"),
    [(413, SyncTooLargeError), (429, RateLimitedError), (503, UnavailableError), (540, SyncPausedError)],
)
async def test_a_project_that_cannot_answer_has_its_sentence_and_goes_on_afterwards(
    rest: PostgRest, status: int, error: type[ProbeError]
) -> None:
    async with opened(rest)() as table:
        rest.instead.append(status)
        with pytest.raises(error):
            await table.insert(row())
        assert await table.rows() == ()
        assert await table.insert(row())
