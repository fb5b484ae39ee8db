"""Two computers begin a run at the same moment, and share a login through a table without leases."""

import asyncio
from datetime import timedelta

import pytest

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.report import RenewalResult
from probe_tray.core.errors import TableUncheckedError
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.batch import Batch, BatchContext, BatchOptions
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from tests.support.fakes import START, FakeClock, FakeRandomness, MemoryStore, MemoryTally, NoTokenLocks
from tests.unit.engine.test_batch import Bench, OpenLocks


class Row:
    """What the table holds of the account."""

    def __init__(self) -> None:
        self.login: Credential | None = None


class SharedRow(NoSharedLogins):
    """Looks at the row first, and writes what was renewed into it; nothing else keeps the computers apart."""

    def __init__(self, row: Row, store: MemoryStore, part: float | None) -> None:
        self._row, self._store, self.part = row, store, part

    async def turn(self, key: AccountKey) -> float | None:
        del key
        return self.part

    async def adopt_newer(self, key: AccountKey, *, insists: bool = False) -> bool:
        del insists
        (mine,) = [login for login in self._store.held.values() if login.key == key]
        if self._row.login is None or age(self._row.login) <= age(mine):
            return False
        await self._store.save(self._row.login)
        return True

    async def publish(self, key: AccountKey) -> None:
        (self._row.login,) = [login for login in self._store.held.values() if login.key == key]


class Unasked(SharedRow):
    """A table that can't be reached."""

    async def turn(self, key: AccountKey) -> float | None:
        raise TableUncheckedError(reason="no answer came in time")


class Computer(Bench):
    def __init__(self, row: Row, clock: FakeClock, part: float | None, *, days: float = 1) -> None:
        super().__init__(days=days)
        self.clock, self.shared = clock, SharedRow(row, self.store, part)

    def scheduled(self, *, in_turn: bool = True, force: bool = False) -> Batch:
        accounts = Accounts(self.stores, Store(AppState()), nothing_remembered)
        transaction = RefreshTransaction(
            self.service, accounts, self.journal, self.memory, self.clock, FakeRandomness(), "auth.example"
        )
        renewals = Renewals(
            transaction, OpenLocks(), self.clock, lambda _: None, self.shared, MemoryTally(), NoTokenLocks()
        )
        context = BatchContext(
            quota=self.service, accounts=accounts, renewals=renewals, journal=self.journal, clock=self.clock
        )
        return Batch(context, BatchOptions(renew=True, force=force, since=START, in_turn=in_turn))

    @property
    def requests(self) -> int:
        return self.service.count("refresh")

    @property
    def result(self) -> RenewalResult | None:
        report = self.done.get(0)
        return None if report is None or report.renewal is None else report.renewal.result


async def test_the_second_one_takes_over_what_the_first_has_renewed() -> None:
    row, clock = Row(), FakeClock()
    first, second = Computer(row, clock, 0.25), Computer(row, clock, 0.75)
    tasks = [computer.start(computer.scheduled()) for computer in (second, first)]
    await clock.advance(timedelta(seconds=29))
    assert (first.requests, second.requests) == (0, 0)
    await clock.advance(timedelta(seconds=2))
    assert (first.result, second.result) == (RenewalResult.RENEWED, None)
    await clock.advance(timedelta(seconds=60))
    await asyncio.gather(*tasks)
    assert (second.result, first.requests, second.requests) == (RenewalResult.ADOPTED, 1, 0)


@pytest.mark.parametrize(
    ("in_turn", "force", "part", "days"),
    [
        (False, False, 0.5, 1),
        (True, True, 0.5, 1),
        (True, False, None, 1),
        (True, False, 0.5, 0.01),
    ],
)
async def test_nobody_waits_who_sits_there_insists_has_leases_or_no_time(
    *, in_turn: bool, force: bool, part: float | None, days: float
) -> None:
    computer = Computer(Row(), FakeClock(), part, days=days)
    await computer.start(computer.scheduled(in_turn=in_turn, force=force))
    assert (computer.result, computer.requests) == (RenewalResult.RENEWED, 1)


async def test_where_the_table_cannot_be_asked_the_renewal_says_so_at_once() -> None:
    computer = Computer(Row(), FakeClock(), 0.5)
    computer.shared = Unasked(Row(), computer.store, None)
    await computer.start(computer.scheduled())
    assert computer.result is RenewalResult.RENEWED


async def test_whoever_stops_a_run_that_waits_has_sent_nothing() -> None:
    computer = Computer(Row(), FakeClock(), 0.5)
    batch = computer.scheduled()
    task = computer.start(batch)
    await computer.clock.advance(timedelta(seconds=5))
    await batch.stop()
    await task
    assert (computer.requests, computer.done) == (0, {})
