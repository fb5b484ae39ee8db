"""Who is kept from what: the publishable key alone, reading the database, and putting old rows back."""

import json
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import httpx
import pytest

from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import RenewalSentElsewhereError
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import RemoteRow, StepKind, SyncOptions, SyncReport
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_key import SECRET_HEADER, table_digest, table_secret
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from probe_tray.engine.sync.shared_table import SharedTable
from tests.database.conftest import SQL, protect
from tests.support.fakes import FakeClock, FakeRandomness, MemoryStore
from tests.support.postgres import Database, literal
from tests.support.postgrest import API_KEY, PostgRest
from tests.unit.engine.bench import TaskLocks
from tests.unit.engine.sync.test_synchronizer import login
from tests.unit.engine.sync_bench import KEY, SyncBench

TABLES = ("tokens", "probe_tray_keys", "probe_tray_leases")
OVERWRITE_ANA = SyncOptions(overwrite=frozenset({"account-ana"}))


class HastyClock(FakeClock):
    """Whoever sleeps by it wakes at once, later."""

    async def sleep(self, seconds: float) -> None:
        self.jump(timedelta(seconds=seconds))


class Computer:
    """One that shares the table of a real database."""

    def __init__(self, rest: PostgRest, *held: Credential, key: Secret = KEY, name: str = "study-pc") -> None:
        self.kept = MemoryStore(StoreKind.VAULT, *held)
        tables = HttpTableFactory(ProxyChoice(), {}, handles=KnownSecrets().add)
        accounts = Accounts((self.kept,), Store(AppState()), nothing_remembered)
        self.bench = SyncBench(accounts, TaskLocks(), HastyClock(), FakeRandomness(), tables=tables, computer=name)
        self.target = SyncTarget(url=rest.url, api_key=Secret(API_KEY), key=key)

    async def sync(self, options: SyncOptions | None = None) -> SyncReport:
        return await self.bench.syncing.run(self.target, options or SyncOptions())

    def hold(self, *held: Credential) -> None:
        """Have these in place of what it had of their accounts."""
        self.kept.held |= {one.key: one for one in held}

    def numbers(self) -> dict[str, str]:
        """Which login it has of each person."""
        tokens = [one.refresh_token.reveal() for one in self.kept.held.values() if one.refresh_token is not None]
        return dict(token.removeprefix("rt_").split(".") for token in sorted(tokens))


def renewing(computer: Computer) -> SharedTable:
    async def target() -> SyncTarget:
        return computer.target

    return SharedTable(computer.bench.context, target, lambda: True)


def kinds(report: SyncReport) -> dict[str, StepKind]:
    assert report.problem is None, report.problem
    return {item.row_id.removeprefix("account-"): item.kind for item in report.items}


def dump(database: Database) -> dict[str, list[tuple[str | None, ...]]]:
    """All that whoever reads the database finds."""
    return {name: database.run(f"table {name}") for name in TABLES}


@pytest.fixture
def protected(database: Database) -> Iterator[PostgRest]:
    """A table that lets in nobody but computers with the key."""
    protect(database)
    with PostgRest(database) as rest:
        yield rest


class Stranger:
    """Somebody who knows the address and the publishable key."""

    def __init__(self, rest: PostgRest, shown: str = "") -> None:
        self._headers = {"apikey": API_KEY, "Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
        self._headers |= {SECRET_HEADER: shown} if shown else {}
        self._address = f"{rest.url}/rest/v1/"

    def ask(self, method: str, query: str, body: object = None) -> tuple[int, Any]:
        headers = self._headers | {"Prefer": "return=representation"}
        content = None if body is None else json.dumps(body)
        answer = httpx.request(method, self._address + query, headers=headers, content=content)
        return answer.status_code, answer.json() if answer.content else None


LEASE = {"lease_account": "a", "lease_token": "t", "lease_holder": "me"}
CALLS: dict[str, dict[str, object]] = {
    "status": {},
    "rights": {},
    "add_key": {"new_digest": "0" * 64},
    "end_other_keys": {"kept_digest": table_digest(KEY)},
    "take_lease": {**LEASE},
    "mark_sent": {"lease_token": "t", "lease_holder": "me"},
    "end_lease": {**LEASE, "renewed": True},
}


@pytest.mark.parametrize("shown", ["", "guessed", table_digest(KEY), KEY.reveal(), "a b  c " * 900 + "d", "\"}'; --"])
async def test_a_stranger_reads_and_changes_nothing(protected: PostgRest, shown: str) -> None:
    computer = Computer(protected, login())
    assert kinds(await computer.sync()) == {"ana": StepKind.UPLOAD_NEW}
    before = dump(protected.database)
    stranger = Stranger(protected, shown)
    assert stranger.ask("GET", "tokens?select=*") == (200, [])
    assert stranger.ask("GET", "tokens?select=id&id=eq.account-ana") == (200, [])
    assert stranger.ask("GET", "tokens?select=id&update_time=gt.2000-01-01") == (200, [])
    row = {"id": "account-bob", "token_data": "spoiled"}
    assert stranger.ask("POST", "tokens", row)[0] == 401
    assert stranger.ask("POST", "tokens", row | {"id": "account-ana"})[0] == 401
    assert stranger.ask("PATCH", "tokens?id=eq.account-ana", {"token_data": "spoiled"}) == (200, [])
    assert stranger.ask("PATCH", "tokens?id=neq.x", {"id": "account-bob"}) == (200, [])
    assert stranger.ask("DELETE", "tokens?id=eq.account-ana")[0] == 401
    for name in TABLES[1:]:
        for method, body in (("GET", None), ("POST", row), ("PATCH", row), ("DELETE", None)):
            assert stranger.ask(method, f"{name}?holder=eq.x" if name.endswith("s") else name, body)[0] in {400, 401}
    for name, body in CALLS.items():
        status, said = stranger.ask("POST", f"rpc/probe_tray_{name}", body)
        assert (status, said["code"]) == (403, "PT403"), name
    assert stranger.ask("POST", "rpc/probe_tray_check_key", {})[0] == 401
    assert dump(protected.database) == before


async def test_a_policy_that_opens_the_table_opens_it_to_no_stranger(protected: PostgRest) -> None:
    protected.database.run("create policy mine on tokens for all to public using (true) with check (true)")
    assert (await Computer(protected, login()).sync()).well
    stranger = Stranger(protected)
    assert stranger.ask("GET", "tokens?select=*") == (200, [])
    assert stranger.ask("POST", "tokens", {"id": "account-bob"})[0] == 401


async def test_who_reads_the_database_finds_no_login_no_address_and_nothing_to_get_in_with(
    protected: PostgRest,
) -> None:
    computer = Computer(protected, login())
    await computer.sync()
    text = str(dump(protected.database))
    held = login()
    secrets = [held.access_token, held.refresh_token, KEY, table_secret(KEY)]
    assert [one for one in secrets if one is not None and one.reveal() in text] == []
    assert held.email not in text
    assert "study-pc" not in text
    for digest, *_ in protected.database.run("select digest from probe_tray_keys"):
        assert Stranger(protected, digest or "").ask("GET", "tokens?select=*") == (200, [])


async def two_that_share(rest: PostgRest) -> tuple[Computer, Computer]:
    """Ana's and Bob's logins, shared twice; the backup is of the first time."""
    first = Computer(rest, login(1), login(1, "bob"))
    second = Computer(rest)
    await first.sync()
    assert set(kinds(await second.sync()).values()) == {StepKind.RESTORE}
    rest.database.run("create table backup as select * from tokens")
    first.hold(login(2), login(2, "bob"))
    assert set(kinds(await first.sync()).values()) == {StepKind.UPLOAD_NEWER}
    assert set(kinds(await second.sync()).values()) == {StepKind.ADOPT}
    return first, second


async def refused(computer: Computer, rest: PostgRest) -> dict[str, StepKind]:
    """What a sync refuses, which changes nothing on either side."""
    before, held = dump(rest.database), dict(computer.kept.held)
    report = await computer.sync()
    assert not report.well
    assert (dump(rest.database), computer.kept.held) == (before, held)
    return kinds(report)


RESTORE = "update tokens t set token_data = b.token_data, update_time = b.update_time from backup b where t.id = b.id"


async def test_swapped_rows_are_refused(protected: PostgRest) -> None:
    _, second = await two_that_share(protected)
    protected.database.run(
        "update tokens t set token_data = o.token_data, update_time = o.update_time from tokens o where t.id <> o.id"
    )
    assert await refused(second, protected) == {"ana": StepKind.ALTERED, "bob": StepKind.ALTERED}
    newcomer = Computer(protected)
    assert await refused(newcomer, protected) == {"ana": StepKind.ALTERED, "bob": StepKind.ALTERED}


async def test_a_row_of_another_generation_than_it_says_is_refused(protected: PostgRest) -> None:
    _, second = await two_that_share(protected)
    protected.database.run(
        r"update tokens set token_data = regexp_replace(token_data, '^(v2[.]\w+[.])(\d+)', '\19\2')"
        " where id = 'account-ana'"
    )
    assert (await refused(second, protected))["ana"] is StepKind.ALTERED


async def test_a_replayed_row_is_refused_until_a_person_has_it_overwritten(protected: PostgRest) -> None:
    first, second = await two_that_share(protected)
    protected.database.run(f"{RESTORE} and t.id = 'account-ana'")
    for computer in (first, second):
        assert await refused(computer, protected) == {"ana": StepKind.ROLLED_BACK, "bob": StepKind.SAME}
    assert kinds(await second.sync(OVERWRITE_ANA))["ana"] is StepKind.OVERWRITE
    assert kinds(await first.sync())["ana"] is StepKind.SAME
    assert first.numbers() == second.numbers() == {"ana": "2", "bob": "2"}


async def test_a_table_that_was_rolled_back_is_refused_as_a_whole(protected: PostgRest) -> None:
    first, second = await two_that_share(protected)
    protected.database.run(RESTORE)
    for computer in (first, second):
        found = await refused(computer, protected)
        assert found == {"ana": StepKind.ROLLED_BACK, "bob": StepKind.ROLLED_BACK}
        assert computer.numbers() == {"ana": "2", "bob": "2"}


async def test_what_is_here_is_not_written_over_a_rolled_back_row_where_it_is_as_old(protected: PostgRest) -> None:
    _, second = await two_that_share(protected)
    protected.database.run(RESTORE)
    second.hold(login(1))
    before = dump(protected.database)
    assert kinds(await second.sync(OVERWRITE_ANA))["ana"] is StepKind.ROLLED_BACK
    assert dump(protected.database) == before


async def test_a_row_in_the_form_without_protection_is_not_taken_for_one_that_was_protected(
    protected: PostgRest,
) -> None:
    first, second = await two_that_share(protected)
    old = AesGcmLoginCipher(KEY).seal(login(9), bytes(12), UTC)
    put(protected.database, old)
    for computer in (first, second):
        assert (await refused(computer, protected))["ana"] is StepKind.ROLLED_BACK


async def test_a_row_that_was_deleted_comes_back_above_all_that_was_seen_of_it(protected: PostgRest) -> None:
    first, second = await two_that_share(protected)
    protected.database.run("delete from tokens where id = 'account-ana'")
    assert kinds(await first.sync())["ana"] is StepKind.UPLOAD_NEW
    assert kinds(await second.sync())["ana"] is StepKind.SAME


async def test_a_table_whose_protection_was_taken_away_is_refused(protected: PostgRest) -> None:
    first, _ = await two_that_share(protected)
    protected.database.run("delete from probe_tray_keys")
    before = dump(protected.database)
    report = await first.sync()
    assert report.problem is not None
    assert report.problem.name == "SyncOpenedError"
    assert (await first.bench.syncing.test(first.target)).problem == report.problem
    assert dump(protected.database) == before


def put(database: Database, row: RemoteRow) -> None:
    """Write a row as whoever can write to the database does."""
    values = f"{literal(row.token_data.reveal())}, update_time = {literal(row.update_time or '')}"
    database.run(f"update tokens set token_data = {values} where id = {literal(row.id)}")  # noqa: S608 - quoted above


class TestMigration:
    """A table in use is protected."""

    async def test_its_rows_are_read_on_and_sealed_anew(self, database: Database) -> None:
        database.run(SQL)
        with PostgRest(database) as rest:
            first, second = Computer(rest, login(1), login(1, "bob")), Computer(rest)
            assert (await first.sync()).well
            assert not (database.run("select token_data from tokens")[0][0] or "").startswith("v2.")
            protect(database)
            assert set(kinds(await second.sync()).values()) == {StepKind.RESTORE}
            for data, email in database.run("select token_data, email from tokens"):
                assert (data or "").startswith("v2.")
                assert email is None
            assert set(kinds(await first.sync()).values()) == {StepKind.SAME}
            assert first.numbers() == second.numbers() == {"ana": "1", "bob": "1"}
            protect(database)
            assert set(kinds(await first.sync()).values()) == {StepKind.SAME}, "the SQL may be run again"

    async def test_a_program_that_does_not_know_of_it_is_refused_and_changes_nothing(self, database: Database) -> None:
        database.run(SQL)
        with PostgRest(database) as rest:
            await Computer(rest, login(1)).sync()
            protect(database)
            before = dump(database)
            old = Stranger(rest)
            assert old.ask("GET", "tokens?select=id,email,token_data,update_time") == (200, [])
            status, said = old.ask("POST", "tokens", {"id": "account-ana", "token_data": "older"})
            assert (status, said["message"]) == (
                401,
                'new row violates row-level security policy "probe tray key" for table "tokens"',
            )
            assert dump(database) == before

    async def test_the_table_of_other_programs_stays_as_it_is(self, database: Database) -> None:
        database.run(SQL)
        with PostgRest(database) as rest:
            await Computer(rest, login(1)).sync()
            row = Stranger(rest).ask("GET", "tokens?select=*")[1][0]
            assert row["email"] == "ana@example.com"
            held = AesGcmLoginCipher(KEY).open(RemoteRow(id=row["id"], token_data=Secret(row["token_data"]))).login
            assert held is not None
            assert Stranger(rest).ask("PATCH", "tokens?id=eq.account-ana", {"email": "x"})[0] == 200


async def test_a_used_token_is_not_sent_again_where_the_new_login_cannot_be_read(protected: PostgRest) -> None:
    first, second = await two_that_hold_ana(protected)
    await renewed(second)
    protected.database.run("update tokens set email = token_data, token_data = 'garbage'")
    with pytest.raises(RenewalSentElsewhereError):
        await renewing(first).claim(login(1))
    protected.database.run("update tokens set token_data = email")
    assert await renewing(first).claim(login(1)), "it takes the new login as soon as it can be read"
    assert first.numbers() == {"ana": "2"}


async def two_that_hold_ana(rest: PostgRest) -> tuple[Computer, Computer]:
    computers = Computer(rest, login(1)), Computer(rest, login(1), name="office-mac")
    for computer in computers:
        await computer.sync()
    return computers


async def renewed(computer: Computer) -> None:
    """Have it use the token of ana's first login, and put the second into the table."""
    key, shared = login(1).key, renewing(computer)
    assert not await shared.claim(login(1))
    await shared.mark_sent(key)
    computer.hold(login(2))
    await shared.publish(key)
