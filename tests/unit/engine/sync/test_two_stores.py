"""Accounts that are in the vault and in a folder that another program uses: both must hold the same login."""

import asyncio

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringLockedError, WriteError
from probe_tray.core.sync.rows import RemoteRow, StepKind
from probe_tray.engine.sync.synchronizer import Synchronizer
from tests.support.fakes import MemoryStore, problem_kind
from tests.unit.engine.bench import TaskLocks
from tests.unit.engine.sync.test_synchronizer import OTHER_CIPHER, Machine, in_table, kinds, login, number_of, sealed
from tests.unit.engine.sync_bench import FakeTable


class BusyFolder(MemoryStore):
    """A folder whose files another program holds open, while ``busy``."""

    busy = True

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        if self.busy:
            raise WriteError(path="ana.json", reason="another program has it open")
        return await super().save(credential, replaces)


async def settled(_key: AccountKey) -> None:
    """Nothing is in the journal."""


def numbers(store: MemoryStore) -> list[int]:
    return [number_of(held) for held in store.held.values()]


async def test_a_store_that_did_not_take_what_was_received_gets_it_with_a_later_sync() -> None:
    folder = BusyFolder(StoreKind.FOLDER, login(1))
    machine = Machine(FakeTable(sealed(login(2))), login(1), others=(folder,))
    for expected in (StepKind.ADOPT, StepKind.SAME):
        report = await machine.sync()
        assert kinds(report) == [expected]
        assert problem_kind(report.items[0].behind) is WriteError
        assert (report.well, report.partly, report.failed) == (False, 1, 0), "it is told for as long as it is so"
        assert (machine.numbers(), numbers(folder)) == ([2], [1])
    folder.busy = False
    report = await machine.sync()
    assert (kinds(report), report.items[0].behind, report.well) == ([StepKind.SAME], None, True)
    assert machine.numbers() == numbers(folder) == [2]


async def test_a_login_that_is_the_same_everywhere_is_read_once_before_it_is_sent() -> None:
    class CountedFolder(MemoryStore):
        reads = 0

        async def read(self, key: AccountKey) -> StoredCredential | None:
            self.reads += 1
            return await super().read(key)

    folder = CountedFolder(StoreKind.FOLDER, login(1))
    machine = Machine(FakeTable(), login(1), others=(folder,))
    assert kinds(await machine.sync()) == [StepKind.UPLOAD_NEW]
    assert folder.reads == 1


async def test_a_sync_that_is_cancelled_between_two_stores_writes_the_second_too() -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()

    class SlowVault(MemoryStore):
        async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
            stored = await super().save(credential, replaces)
            begun.set()
            await goes_on.wait()
            return stored

    vault, folder = SlowVault(StoreKind.VAULT, login(1)), MemoryStore(StoreKind.FOLDER, login(1))
    machine = Machine(FakeTable(sealed(login(2))), login(1))
    machine.accounts.use((vault, folder))
    task = asyncio.ensure_future(machine.sync())
    await begun.wait()
    task.cancel()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert numbers(vault) == numbers(folder) == [2]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([], StepKind.UPLOAD_NEW),
        ([sealed(login(1))], StepKind.UPLOAD_NEWER),
        ([sealed(login(3))], StepKind.ADOPT),
        ([sealed(login(1), OTHER_CIPHER)], StepKind.UNDECRYPTABLE),
    ],
)
async def test_whatever_becomes_of_the_account_its_stores_hold_one_login_afterwards(
    rows: list[RemoteRow], kind: StepKind
) -> None:
    folder = MemoryStore(StoreKind.FOLDER, login(1))
    machine = Machine(FakeTable(sealed(login(1, "bob")), *rows), login(2), login(1, "bob"), others=(folder,))
    assert kinds(await machine.sync()) == [kind, StepKind.SAME]
    assert numbers(folder) == [number_of(machine.kept.held[login().key])] != [1]


@pytest.mark.parametrize(
    ("row", "kind"),
    [(sealed(login(1), OTHER_CIPHER), StepKind.UNDECRYPTABLE), (sealed(login(2)), StepKind.WITH_CODEX)],
)
async def test_a_store_that_missed_a_login_is_told_beside_whatever_else_became_of_the_account(
    row: RemoteRow, kind: StepKind
) -> None:
    folder = BusyFolder(StoreKind.FOLDER, login(1))
    rows = [row] if kind is StepKind.UNDECRYPTABLE else []
    machine = Machine(FakeTable(sealed(login(1, "bob")), *rows), login(2), login(1, "bob"), others=(folder,))
    if kind is StepKind.WITH_CODEX:
        context = machine.bench.context._replace(with_client=all_of_ana)
        machine.bench.syncing = Synchronizer(context, TaskLocks(), settled)
    report = await machine.sync()
    item = next(one for one in report.items if one.key == login().key)
    assert (item.kind, problem_kind(item.behind), report.partly) == (kind, WriteError, 1)


async def all_of_ana(_logins: object) -> frozenset[AccountKey]:
    return frozenset({login().key})


async def test_a_store_that_gets_what_it_missed_keeps_what_other_programs_keep_beside_it() -> None:
    beside = Secret('{"flat": {"proxy_url": "http://proxy"}}')
    folder = MemoryStore(StoreKind.FOLDER, login(2))
    machine = Machine(FakeTable(sealed(login(2))), replace(login(1), others=beside), others=(folder,))
    assert kinds(await machine.sync()) == [StepKind.SAME]
    assert machine.kept.held[login().key] == replace(login(2), others=beside)


@pytest.mark.parametrize("received", [1, 2])
async def test_each_store_keeps_what_other_programs_keep_beside_its_login(received: int) -> None:
    first, second = (Secret('{"flat": {"note": "%s"}}' % name) for name in ("first", "second"))  # noqa: UP031 - braces
    folder = MemoryStore(StoreKind.FOLDER, replace(login(1), others=second))
    table = FakeTable(sealed(login(received)))
    machine = Machine(table, replace(login(3 - received), others=first), others=(folder,))
    await machine.sync()
    assert machine.numbers() == numbers(folder) == [2]
    assert [machine.kept.held[login().key].others, folder.held[login().key].others] == [first, second]


async def test_a_store_that_takes_no_part_in_the_sync_is_the_same_case() -> None:
    folder = MemoryStore(StoreKind.FOLDER, login(1))
    machine = Machine(FakeTable(sealed(login(2))), login(2), others=(folder,))
    context = machine.bench.context._replace(sources=lambda: (folder,))
    machine.bench.syncing = Synchronizer(context, TaskLocks(), settled)
    assert kinds(await machine.sync()) == [StepKind.SAME]
    assert machine.numbers() == numbers(folder) == [2]
    assert in_table(machine.bench.table) == {"account-ana": 2}


async def test_a_store_beside_those_that_take_part_gets_what_it_missed() -> None:
    vault = BusyFolder(StoreKind.VAULT, login(1))
    machine = Machine(FakeTable(sealed(login(2))), login(2), others=(vault,))
    context = machine.bench.context._replace(sources=lambda: (machine.kept,), beside=lambda: (vault,))
    machine.bench.syncing = Synchronizer(context, TaskLocks(), settled)
    report = await machine.sync()
    assert (kinds(report), report.well, report.partly) == ([StepKind.SAME], False, 1)
    vault.busy = False
    report = await machine.sync()
    assert (kinds(report), report.well, numbers(vault)) == ([StepKind.SAME], True, [2])


async def test_a_store_beside_them_that_can_not_be_opened_keeps_nobody_from_a_sync() -> None:
    vault = MemoryStore(StoreKind.VAULT, login(1))
    machine = Machine(FakeTable(sealed(login(2))), login(2), others=(vault,))
    closed = MemoryStore(StoreKind.VAULT, login(1), login(1, "bob"))
    closed.fault = KeyringLockedError()
    context = machine.bench.context._replace(sources=lambda: (machine.kept,), beside=lambda: (closed,))
    machine.bench.syncing = Synchronizer(context, TaskLocks(), settled)
    report = await machine.sync()
    assert (kinds(report), report.well, numbers(vault)) == ([StepKind.SAME], True, [1])


async def test_an_access_token_alone_beside_the_login_is_left_and_told_to_nobody() -> None:
    lent = replace(login(2), refresh_token=None)
    folder = BusyFolder(StoreKind.FOLDER, lent)
    machine = Machine(FakeTable(sealed(login(1))), login(1), others=(folder,))
    report = await machine.sync()
    assert (kinds(report), report.well, list(folder.held.values())) == ([StepKind.SAME], True, [lent])
