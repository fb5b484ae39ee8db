"""Exporting over files in memory."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import timedelta

from msgspec.structs import replace

from probe_tray.core.account.credential import StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import KeyringLockedError, ReadError, WriteError
from probe_tray.core.state import AppState
from probe_tray.core.transfer.export import ExportFormat
from probe_tray.core.transfer.state import (
    ExportPhase,
    ExportState,
    ForgetExport,
    TransferCommand,
    WriteLogins,
    WriteTable,
)
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from tests.support.fakes import START, FakeClock, MemoryStore, problem_kind
from tests.support.tokens import credential, tokens
from tests.support.transfers import TransferBench
from tests.unit.engine.bench import NoLocks

ANA, BEN = credential("ana"), credential("ben")
COMMAND = WriteLogins(
    accounts=(ANA.key, BEN.key), format=ExportFormat.PROBE, refresh_tokens=True, place="/out", folder=True
)
ONE_FILE = replace(COMMAND, format=ExportFormat.LINES, place="/out/logins.jsonl", folder=False)


class Bench(TransferBench):
    """A vault with two people, and the official client's login of a third."""

    def __init__(self, *stores: MemoryStore) -> None:
        self.vault = MemoryStore(StoreKind.VAULT, ANA, BEN)
        self.client = MemoryStore(StoreKind.OFFICIAL, credential("cat"))
        self.store = Store(AppState())
        accounts = Accounts((*(stores or [self.vault]), self.client), self.store, nothing_remembered)
        super().__init__(accounts, NoLocks(), self.store, FakeClock(START))
        self.tasks: list[asyncio.Task[None]] = []

    async def send(self, command: TransferCommand) -> ExportState | None:
        self.transfers.send(command, self._start, lambda _: None)
        await asyncio.gather(*self.tasks)
        return self.store.state.exporting

    async def done(self, command: TransferCommand) -> ExportState:
        shown = await self.send(command)
        assert shown is not None
        return shown

    def _start(self, work: Coroutine[object, object, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))


async def test_a_file_of_each_account_goes_into_the_folder() -> None:
    bench = Bench()
    shown = await bench.done(COMMAND)
    assert (shown.phase, shown.logins, shown.problems) == (ExportPhase.DONE, 2, ())
    assert set(shown.written) == set(bench.written.files)
    assert [json.loads(data)["email"] for data in bench.written.files.values()] == [
        "ana@example.com",
        "ben@example.com",
    ]
    assert all(path.startswith("/out/codex_") for path in shown.written)


async def test_refresh_tokens_can_be_left_out() -> None:
    bench = Bench()
    await bench.done(replace(ONE_FILE, refresh_tokens=False))
    (data,) = bench.written.files.values()
    assert tokens("ana")["access_token"] in data.decode()
    assert "rt_" not in data.decode()


async def test_what_is_in_the_way_is_asked_about_before_anything_is_written() -> None:
    bench = Bench()
    bench.written.files["/out/logins.jsonl"] = b"mine"
    shown = await bench.done(ONE_FILE)
    assert (shown.phase, shown.in_the_way) == (ExportPhase.ASKING, ("/out/logins.jsonl",))
    assert bench.written.files == {"/out/logins.jsonl": b"mine"}
    shown = await bench.done(replace(ONE_FILE, replace=True))
    assert (shown.phase, shown.written) == (ExportPhase.DONE, ("/out/logins.jsonl",))
    assert bench.written.files["/out/logins.jsonl"] != b"mine"


async def test_a_file_that_cannot_be_written_does_not_cost_the_others() -> None:
    bench = Bench()
    first = (await bench.done(COMMAND)).written[0]
    bench.written.files.clear()
    bench.written.faults[first] = WriteError(path=first, reason="the disk is full")
    shown = await bench.done(COMMAND)
    assert [p.kind for p in shown.problems] == [WriteError]
    assert len(shown.written) == 1
    assert first not in bench.written.files


async def test_a_store_that_cannot_be_read_is_told_and_nothing_is_written() -> None:
    bench = Bench()
    bench.vault.fault = KeyringLockedError()
    shown = await bench.done(COMMAND)
    assert (shown.phase, [problem_kind(p) for p in shown.problems]) == (ExportPhase.DONE, [KeyringLockedError])
    assert bench.written.files == {}


async def test_an_account_that_cannot_be_read_does_not_cost_the_others() -> None:
    class Damaged(MemoryStore):
        async def read(self, key: AccountKey) -> StoredCredential | None:
            if key == ANA.key:
                raise ReadError(path="/vault/ana", reason="it is damaged")
            return await super().read(key)

    bench = Bench(Damaged(StoreKind.VAULT, ANA, BEN))
    shown = await bench.done(COMMAND)
    assert [dict(p.facts)["path"] for p in shown.problems] == ["/vault/ana"]
    assert [json.loads(data)["email"] for data in bench.written.files.values()] == ["ben@example.com"]


async def test_of_several_logins_that_which_can_be_renewed_is_written_with_its_refresh_token() -> None:
    newer = replace(credential("ana", number=2, at=START + timedelta(hours=1)), refresh_token=None)
    bench = Bench(MemoryStore(StoreKind.VAULT, ANA), MemoryStore(StoreKind.FOLDER, newer))
    shown = await bench.done(replace(ONE_FILE, accounts=(ANA.key,)))
    (data,) = bench.written.files.values()
    assert (json.loads(data)["refresh_token"], shown.not_renewable) == (tokens("ana")["refresh_token"], ())
    # Without refresh tokens the newer one works longer.
    await bench.done(replace(ONE_FILE, accounts=(ANA.key,), refresh_tokens=False, replace=True))
    (data,) = bench.written.files.values()
    assert json.loads(data)["access_token"] == newer.access_token.reveal()


async def test_a_login_that_goes_without_the_refresh_token_that_was_asked_for_is_named() -> None:
    bench = Bench(MemoryStore(StoreKind.VAULT, ANA, replace(BEN, refresh_token=None)))
    assert (await bench.done(COMMAND)).not_renewable == ("ben@example.com",)
    assert (await bench.done(replace(COMMAND, refresh_tokens=False, replace=True))).not_renewable == ()


async def test_the_official_clients_own_login_is_never_copied() -> None:
    bench = Bench()
    shown = await bench.done(replace(COMMAND, accounts=(credential("cat").key,)))
    assert (shown.logins, shown.written) == (0, ())


async def test_a_login_that_the_format_cannot_hold_is_named() -> None:
    bench = Bench()
    await bench.vault.save(replace(BEN, id_token=None))
    shown = await bench.done(replace(COMMAND, format=ExportFormat.OFFICIAL))
    assert [left.who for left in shown.left_out] == ["ben@example.com"]
    assert shown.written == ("/out/auth.json",)


async def test_a_table_is_written_as_it_is() -> None:
    bench = Bench()
    shown = await bench.done(WriteTable(data=b"a,b\r\n", place="/out/t.csv"))
    assert (shown.written, bench.written.files) == (("/out/t.csv",), {"/out/t.csv": b"a,b\r\n"})


async def test_what_an_import_would_not_read_is_told() -> None:
    bench = Bench()
    people = [credential(f"person-{n}") for n in range(12)]
    for login in people:
        await bench.vault.save(login)
    shown = await bench.done(replace(ONE_FILE, accounts=tuple(login.key for login in people)))
    assert shown.too_large == shown.written


async def test_what_came_of_it_can_be_put_away() -> None:
    bench = Bench()
    await bench.done(COMMAND)
    assert await bench.send(ForgetExport()) is None
