"""What computers that share a protected table know of each other's use in Codex."""

from datetime import timedelta

from msgspec.structs import replace

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.sync.envelope import InCodexOn
from probe_tray.core.sync.rows import StepKind, SyncOptions
from probe_tray.core.sync.table_key import table_digest
from probe_tray.core.sync.table_record import TableStatus
from tests.support.fakes import START, FakeClock
from tests.unit.engine.sync.test_old_key import BOTH, NEW
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
    assert item.stamp.in_codex == (InCodexOn(computer_id=study.bench.memory.name, computer="study-pc", at=START),)


async def test_a_row_that_other_programs_read_is_not_written_for_it() -> None:
    table = FakeTable()
    study = Machine(table, login(1))
    await study.sync()
    before = dict(table.held)
    study.bench.in_codex = frozenset({ANA})
    assert kinds(await study.sync()) == [StepKind.SAME]
    assert table.held == before


def later(days: float, *machines: Machine) -> None:
    """So much time passes for these computers."""
    for machine in machines:
        clock = machine.bench.context.clock
        assert isinstance(clock, FakeClock)
        clock.jump(timedelta(days=days))


async def test_a_computer_says_once_a_day_that_codex_still_uses_it_there() -> None:
    table = protected()
    study, laptop = Machine(table, login(1)), Machine(table, login(1))
    study.bench.in_codex = frozenset({ANA})
    await study.sync()
    before = len(table.writes)
    later(0.9, study, laptop)
    await study.sync()
    assert len(table.writes) == before
    later(0.2, study, laptop)
    await study.sync()
    await study.sync()
    assert len(table.writes) == before + 1
    (item,) = (await laptop.sync()).items
    assert item.stamp is not None
    assert [one.at for one in item.stamp.in_codex] == [START + timedelta(days=1.1)]


async def test_one_that_is_not_heard_of_for_a_month_is_named_no_longer() -> None:
    table = protected()
    study, laptop = Machine(table, login(1)), Machine(table, login(1))
    study.bench.in_codex = frozenset({ANA})
    await study.sync()
    later(29, study, laptop)
    assert await elsewhere(laptop) == [study.bench.memory.name]
    later(2, study, laptop)
    assert await elsewhere(laptop) == []
    before = len(table.writes)
    assert await elsewhere(laptop) == []
    assert len(table.writes) == before
    # It was switched off all the time.
    await study.sync()
    assert await elsewhere(laptop) == [study.bench.memory.name]


async def test_what_an_earlier_version_wrote_ages_from_the_first_look_at_it() -> None:
    table = protected()
    laptop = Machine(table, login(1))
    laptop.bench.in_codex = frozenset({ANA})
    await laptop.sync()
    cipher = AesGcmLoginCipher(KEY)
    (held,) = (cipher.open(row) for row in table.held.values())
    assert held.login is not None
    assert held.stamp is not None
    old = replace(held.stamp, in_codex=(InCodexOn(computer_id="attic", computer="attic"),))
    table.held[held.row.id] = cipher.seal(held.login, bytes(12), START.tzinfo or laptop.bench.context.zone, old)
    await laptop.sync()
    (stored,) = (cipher.open(row).stamp for row in table.held.values())
    assert stored is not None
    assert {one.computer_id: one.at for one in stored.in_codex} == {"attic": START, laptop.bench.memory.name: START}
    later(31, laptop)
    assert await elsewhere(laptop) == []


async def test_a_change_of_the_key_forgets_the_computers_that_do_not_have_the_new_one() -> None:
    table = protected()
    study, laptop, attic = (Machine(table, login(1)) for _ in range(3))
    study.bench.in_codex = attic.bench.in_codex = frozenset({ANA})
    await study.sync()
    await attic.sync()
    assert set(await elsewhere(laptop)) == {study.bench.memory.name, attic.bench.memory.name}
    table.state = TableStatus(protected=True, digests=(table_digest(NEW),))
    for machine in (laptop, study):
        await machine.bench.syncing.run(BOTH, SyncOptions())
    (item,) = (await laptop.bench.syncing.run(BOTH, SyncOptions())).items
    assert item.stamp is not None
    assert [one.computer_id for one in item.stamp.in_codex] == [study.bench.memory.name]
