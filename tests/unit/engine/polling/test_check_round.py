import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import UnavailableError
from probe_tray.core.events import (
    AccountsRead,
    CheckFailed,
    ChecksPlanned,
    CheckStarted,
    CheckSucceeded,
    RemovalStarted,
)
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.polling.check_round import CheckRound
from probe_tray.engine.store import Store
from tests.support.fakes import FakeClock, settle
from tests.unit.engine.bench import running

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class CountedClock(FakeClock):
    """Knows how often somebody slept."""

    def __init__(self) -> None:
        super().__init__()
        self.naps = 0

    async def sleep(self, seconds: float) -> None:
        self.naps += 1
        await super().sleep(seconds)


class Bench:
    """Some accounts, and somebody who waits for their checks."""

    def __init__(self, count: int = 2) -> None:
        self.clock, self.store = CountedClock(), Store(AppState())
        self.keys = [AccountKey(f"a{n}") for n in range(count)]
        accounts = tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in self.keys)
        self.store.dispatch(AccountsRead(accounts=accounts))
        self.round = CheckRound(self.store, self.clock)

    @asynccontextmanager
    async def waiting(self, longest: float = 15) -> AsyncGenerator[asyncio.Task[object]]:
        end = self.round.follow()
        async with running(self.round.ended(longest)) as task:
            yield task
        end()

    def plan(self, *moments: tuple[AccountKey, datetime | None]) -> None:
        self.store.dispatch(ChecksPlanned(moments=moments))

    def start(self, key: AccountKey) -> None:
        self.store.dispatch(CheckStarted(key=key))

    async def end(self, key: AccountKey, *, failed: bool = False) -> None:
        now = self.clock.now()
        later = now + 5 * MINUTE
        if failed:
            problem = UnavailableError(status="503").problem
            self.store.dispatch(CheckFailed(key=key, at=now, problem=problem, next_check=later))
        else:
            self.store.dispatch(CheckSucceeded(key=key, snapshot=Snapshot(taken_at=now), next_check=later))
        await settle()


async def test_where_nothing_is_checked_nobody_waits() -> None:
    bench = Bench()
    bench.plan((bench.keys[0], bench.clock.now() + 3 * SECOND))
    async with bench.waiting() as task:
        assert task.done()


async def test_it_ends_with_the_last_check_and_not_later() -> None:
    bench = Bench()
    first, second = bench.keys
    bench.plan((first, bench.clock.now()), (second, bench.clock.now()))
    async with bench.waiting() as task:
        bench.start(first)
        bench.start(second)
        await bench.end(first)
        assert not task.done()
        await bench.end(second, failed=True)
        assert task.done()


async def test_what_begins_soon_is_waited_for_and_its_end() -> None:
    bench = Bench()
    first, second = bench.keys
    bench.plan((second, bench.clock.now() + SECOND))
    bench.start(first)
    async with bench.waiting() as task:
        await bench.end(first)
        assert not task.done()
        await bench.clock.advance(SECOND)
        bench.start(second)
        await bench.clock.advance(SECOND / 2)
        assert not task.done()
        await bench.end(second)
        assert task.done()


async def test_of_a_round_of_a_thousand_not_each_is_looked_at() -> None:
    bench = Bench(1000)
    now = bench.clock.now()
    bench.plan(*((key, now + place * SECOND / 100) for place, key in enumerate(bench.keys)))
    async with bench.waiting(longest=300) as task:
        for key in bench.keys:
            bench.start(key)
            assert not task.done()
            await bench.end(key)
            await bench.clock.advance(SECOND / 100)
        assert task.done()
    assert bench.clock.naps < 15


async def test_an_account_that_is_removed_while_it_is_checked_holds_nothing_up() -> None:
    bench = Bench()
    bench.start(bench.keys[0])
    async with bench.waiting() as task:
        bench.store.dispatch(RemovalStarted(key=bench.keys[0]))
        await bench.clock.advance(2 * SECOND)
        assert task.done()


async def test_a_check_that_never_ends_is_waited_for_no_longer_than_that() -> None:
    bench = Bench()
    bench.start(bench.keys[0])
    async with bench.waiting() as task:
        await bench.clock.advance(14 * SECOND)
        assert not task.done()
        await bench.clock.advance(SECOND)
        assert task.done()
