"""What computers that share a protected table know of each other's use in Codex."""

from probe_tray.core.sync.envelope import InCodexOn
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.table_key import table_digest
from probe_tray.core.sync.table_record import TableStatus
from tests.unit.engine.sync.test_synchronizer import Machine, kinds, login
from tests.unit.engine.sync_bench import KEY, FakeTable

ANA = login(1).key


def protected() -> FakeTable:
    table = FakeTable()
    table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
    return table


async def elsewhere(machine: Machine) -> list[str]:
    """The ids of the other computers on which Codex uses Ana's account, as a sync of this one finds."""
    (item,) = (await machine.sync()).items
    assert item.stamp is not None
    return [one.computer_id for one in item.stamp.in_codex]


async def test_the_others_see_where_codex_uses_an_account() -> None:
    table = protected()
    study, laptop = Machine(table, login(1)), Machine(table, login(1))
    study.bench.in_codex = frozenset({ANA})
    assert await elsewhere(study) == []
    assert await elsewhere(laptop) == [study.bench.memory.name]
    # What another computer writes of the account keeps it.
    await laptop.kept.save(login(2))
    assert await elsewhere(laptop) == [study.bench.memory.name]
    laptop.bench.in_codex = frozenset({ANA})
    await laptop.sync()
    assert await elsewhere(study) == [laptop.bench.memory.name]
    study.bench.in_codex = frozenset()
    await study.sync()
    assert await elsewhere(laptop) == []
    assert await elsewhere(study) == [laptop.bench.memory.name]


async def test_a_row_is_written_for_it_once_and_still_says_who_renewed_it() -> None:
    table = protected()
    study, laptop = Machine(table, login(1)), Machine(table, login(1))
    await laptop.sync()
    study.bench.in_codex = frozenset({ANA})
    before = len(table.writes)
    report = await study.sync()
    assert (kinds(report), report.resealed, len(table.writes)) == ([StepKind.SAME], 0, before + 1)
    await study.sync()
    assert len(table.writes) == before + 1
    (item,) = (await laptop.sync()).items
    assert item.stamp is not None
    assert item.stamp.computer_id == laptop.bench.memory.name
    assert item.stamp.in_codex == (InCodexOn(computer_id=study.bench.memory.name, computer="study-pc"),)


async def test_a_row_that_other_programs_read_is_not_written_for_it() -> None:
    table = FakeTable()
    study = Machine(table, login(1))
    await study.sync()
    before = dict(table.held)
    study.bench.in_codex = frozenset({ANA})
    assert kinds(await study.sync()) == [StepKind.SAME]
    assert table.held == before
