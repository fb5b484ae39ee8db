"""When the old of two keys is done with, although rows are left that only it opens."""

import pytest
from msgspec.structs import replace

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import UnavailableError
from probe_tray.core.sync.rows import SyncReport
from probe_tray.core.sync.table_key import KEY_SEPARATOR, table_digest
from probe_tray.core.sync.table_record import TableStatus
from tests.unit.engine.sync.test_synchronizer import ALL, Machine, login, number_of
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable, nothing

NEW = Secret("c3" * 32)
BOTH = replace(TARGET, key=Secret(f"{NEW.reveal()}{KEY_SEPARATOR}{KEY.reveal()}"))


@pytest.fixture
def table() -> FakeTable:
    table = FakeTable()
    table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
    return table


@pytest.fixture
async def machine(table: FakeTable) -> Machine:
    """It has yet to take dan's newest login, which another computer left in the table; then the old key was ended."""
    machine = Machine(table, login(1, "ana"), login(1, "dan"))
    await machine.sync()
    await Machine(table, login(2, "dan")).sync()
    table.state = TableStatus(protected=True, digests=(table_digest(NEW),))
    await machine.kept.save(login(2, "ana"))
    return machine


async def overwriting(machine: Machine) -> SyncReport:
    """A sync that may overwrite every row."""
    return await machine.bench.syncing.run(BOTH, ALL)


def with_new_key(table: FakeTable) -> dict[str, int]:
    """Which logins the new key opens in the table."""
    opened = {row_id: AesGcmLoginCipher(NEW).open(row).login for row_id, row in table.held.items()}
    return {row_id: number_of(held) for row_id, held in opened.items() if held is not None}


async def finishes(machine: Machine, table: FakeTable) -> bool:
    """Whether the next sync seals everything with the new key, and nothing was lost."""
    table.before, table.fault = nothing, None
    report = await overwriting(machine)
    assert (report.old_key_ended, report.only_old_key) == (True, ())
    assert machine.numbers() == [2, 2]
    return with_new_key(table) == {"account-ana": 2, "account-dan": 2}


async def test_it_is_not_when_a_write_fails(table: FakeTable, machine: Machine) -> None:
    failed: list[str] = []

    async def fail_once(request: str) -> None:
        fails = request == "replace" and not failed
        table.fault = UnavailableError() if fails else None
        failed.extend([request] if fails else [])

    table.before = fail_once
    report = await overwriting(machine)
    assert report.problem is not None
    assert report.only_old_key
    assert not report.old_key_ended
    assert await finishes(machine, table)


async def test_it_is_not_when_the_sync_is_stopped(table: FakeTable, machine: Machine) -> None:
    async def stop(request: str) -> None:
        if request == "replace":
            machine.bench.syncing.stop()

    table.before = stop
    report = await overwriting(machine)
    assert report.only_old_key
    assert not report.old_key_ended
    assert await finishes(machine, table)


async def test_it_is_not_when_others_change_the_rows_meanwhile(table: FakeTable, machine: Machine) -> None:
    changes = 0

    async def change(request: str) -> None:
        nonlocal changes
        if request == "replace":
            changes += 1
            time = f"2026-11-22T06:00:{changes:02}+00:00"
            table.held = {row_id: replace(row, update_time=time) for row_id, row in table.held.items()}

    table.before = change
    report = await overwriting(machine)
    assert (report.problem, report.left) == (None, 0)
    assert set(report.only_old_key) == {"account-ana", "account-dan"}
    assert not report.old_key_ended
    assert await finishes(machine, table)
