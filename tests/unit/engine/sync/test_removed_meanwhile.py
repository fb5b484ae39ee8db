"""An account that a person removes from this computer while a sync runs."""

from collections.abc import Sequence

import pytest

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.sync.rows import StepKind
from tests.unit.engine.sync.test_synchronizer import Machine, kinds, login, sealed
from tests.unit.engine.sync_bench import FakeTable

ANA = login().key


async def removed(machine: Machine) -> None:
    """Take ana away, as a person does whose time for Undo has ended."""
    machine.kept.held.pop(ANA, None)
    await machine.bench.memory.add_removed(ANA.slug)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("planned", [False, True])
async def test_an_account_that_is_removed_while_a_sync_runs_stays_away(*, planned: bool, number: int) -> None:
    table = FakeTable(sealed(login(2)))
    machine = Machine(table, login(number))

    async def while_the_rows_are_read(request: str) -> None:
        if request == "rows":
            await removed(machine)

    async def after_the_plan(_logins: Sequence[Credential]) -> frozenset[AccountKey]:
        await removed(machine)
        return frozenset()

    if planned:
        machine.bench.with_client = after_the_plan
    else:
        table.before = while_the_rows_are_read
    for _ in range(2):
        report = await machine.sync()
        assert ANA not in machine.kept.held
        assert machine.bench.memory.gone == {ANA.slug}
        assert kinds(report) == [StepKind.REMOVED]


async def test_one_that_is_here_again_before_the_sync_has_read_the_stores_takes_part() -> None:
    machine = Machine(FakeTable(sealed(login(2))), login(1))
    await machine.bench.memory.add_removed(ANA.slug)
    assert kinds(await machine.sync()) == [StepKind.ADOPT]
    assert machine.bench.memory.gone == frozenset()
