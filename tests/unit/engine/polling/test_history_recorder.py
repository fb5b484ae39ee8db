import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import NotSentError, ReadError, WriteError
from probe_tray.core.events import AccountsRead, CheckSucceeded, RenewalEnded, TroubleMet
from probe_tray.core.quota.forecast import follow
from probe_tray.core.quota.history import Details, Meter, RenewalRecord, Span, Trend
from probe_tray.core.quota.history_batch import HistoryBatch, Kept
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.polling.history_recorder import HistoryRecorder
from probe_tray.engine.store import Store
from tests.support.fakes import START, FakeClock, problem_kind
from tests.unit.engine.bench import MemoryHistory, running

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ANA, BEN = AccountKey("a", "ana"), AccountKey("b", "ben")
FULL = WriteError(path="history.db", reason="the disk is full")
WEEKLY = Meter(kind=WindowKind.WEEKLY, seconds=604_800)


def accounts(*keys: AccountKey) -> AccountsRead:
    return AccountsRead(accounts=tuple(AccountState(key=key, stores=(StoreKind.VAULT,)) for key in keys))


class Kit:
    """A recording, its history and its clock."""

    def __init__(self, history: MemoryHistory | None = None) -> None:
        self.history, self.clock, self.store = history or MemoryHistory(), FakeClock(), Store(AppState())
        self.store.dispatch(accounts(ANA, BEN))
        self.recording = HistoryRecorder(self.history, self.store, self.clock)

    @asynccontextmanager
    async def recording_it(self) -> AsyncGenerator[None]:
        await self.recording.start()
        async with running(self.recording.run()):
            yield

    def snapshot(self, used: float) -> Snapshot:
        window = Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=used, reset_at=START + 99 * HOUR)
        return Snapshot(taken_at=self.clock.now(), main=Limit(windows=(window,)))

    def check(self, used: float, key: AccountKey = ANA) -> None:
        self.store.dispatch(CheckSucceeded(key=key, snapshot=self.snapshot(used), next_check=None))

    def account(self, key: AccountKey = ANA) -> AccountState:
        found = self.store.state.account(key)
        assert found is not None
        return found

    @property
    def used(self) -> list[int]:
        return [sample.used for sample in self.history.samples]


async def test_what_was_last_known_is_shown_from_the_start() -> None:
    first = Kit()
    async with first.recording_it():
        first.check(42)
    await first.recording.close()
    known = first.account()
    second = Kit(first.history)
    await second.recording.start()
    assert (second.account().snapshot, second.account().paces) == (known.snapshot, known.paces)
    assert second.account().checked_at is None
    assert second.account(BEN).snapshot is None


async def test_what_is_newer_than_the_history_stays() -> None:
    kit = Kit()
    old = kit.snapshot(1)
    kit.history.kept[ANA.slug] = Kept(slug=ANA.slug, snapshot=old, paces=follow((), old))
    kit.check(50)
    newer = kit.account()
    await kit.recording.start()
    assert kit.account() == newer


async def test_an_account_that_appears_later_gets_its_last_numbers_too() -> None:
    kit = Kit()
    eva, old = AccountKey("e", "eva"), kit.snapshot(7)
    kit.history.kept[eva.slug] = Kept(slug=eva.slug, snapshot=old)
    async with kit.recording_it():
        kit.store.dispatch(accounts(ANA, BEN, eva))
        await kit.clock.advance(30 * SECOND)
        assert kit.account(eva).snapshot == old


async def test_many_samples_are_written_at_once() -> None:
    kit = Kit()
    async with kit.recording_it():
        for used in range(5):
            kit.check(used)
            kit.check(used, BEN)
            await kit.clock.advance(5 * SECOND)
        assert kit.history.batches == []
        await kit.clock.advance(5 * SECOND)
        assert [len(batch.samples) for batch in kit.history.batches] == [10]


async def test_two_hundred_do_not_wait() -> None:
    kit = Kit()
    async with kit.recording_it():
        for used in range(200):
            kit.check(used / 10)
            await kit.clock.advance(timedelta(milliseconds=1))
        assert len(kit.history.samples) == 200


async def test_without_news_nothing_is_written() -> None:
    kit = Kit()
    async with kit.recording_it():
        await kit.clock.advance(2 * HOUR)
    await kit.recording.close()
    assert kit.history.batches == []


async def test_unchanged_numbers_are_written_once_an_hour_and_at_the_end() -> None:
    kit = Kit()
    async with kit.recording_it():
        for _ in range(30):
            kit.check(10)
            await kit.clock.advance(5 * MINUTE)
    await kit.recording.close()
    moments = [(sample.at - START) / MINUTE for sample in kit.history.samples]
    assert moments == [0, 60, 120, 145]
    assert kit.history.closed


async def test_the_last_snapshots_are_written_now_and_then_and_at_the_end() -> None:
    kit = Kit()
    async with kit.recording_it():
        for used in range(20):
            kit.check(used)
            await kit.clock.advance(MINUTE)
        written = [batch for batch in kit.history.batches if batch.kept]
        assert 3 <= len(written) <= 5
        kit.check(99)
    await kit.recording.close()
    assert kit.history.kept[ANA.slug].snapshot == kit.account().snapshot


async def test_a_full_disk_is_told_once_and_costs_nothing_when_there_is_room_again() -> None:
    kit = Kit()
    kit.history.fault = FULL
    async with kit.recording_it():
        kit.check(1)
        await kit.clock.advance(MINUTE)
        assert problem_kind(kit.store.state.trouble) == WriteError
        kit.store.dispatch(TroubleMet(problem=None))
        kit.check(2)
        await kit.clock.advance(10 * MINUTE)
        assert kit.store.state.trouble is None
        kit.history.fault = None
        await kit.clock.advance(10 * MINUTE)
        assert kit.used == [10, 20]
        assert kit.history.kept[ANA.slug].snapshot == kit.account().snapshot
        kit.history.fault = FULL
        kit.check(3)
        await kit.clock.advance(MINUTE)
        assert problem_kind(kit.store.state.trouble) == WriteError


async def test_a_disk_that_stays_full_is_not_tried_more_often_and_takes_no_endless_memory() -> None:
    kit = Kit()
    kit.history.fault = FULL
    tries: list[int] = []
    write = kit.history.write

    async def noted(batch: HistoryBatch) -> None:
        tries.append(1)
        await write(batch)

    kit.history.write = noted
    async with kit.recording_it():
        for used in range(1000):
            kit.check(used % 100)
            await kit.clock.advance(SECOND)
    assert len(tries) <= 40


async def test_a_history_that_cannot_be_read_stops_nothing() -> None:
    kit = Kit()
    kit.history.unreadable = ReadError(path="history.db", reason="the disk reported an error")
    async with kit.recording_it():
        kit.check(5)
        await kit.clock.advance(MINUTE)
        assert kit.used == [50]
    assert kit.store.state.trouble is None


async def test_how_renewals_ended_is_kept() -> None:
    kit = Kit()
    problem = NotSentError(reason="no network").problem
    async with kit.recording_it():
        kit.store.dispatch(RenewalEnded(key=ANA, at=START, problem=problem))
        kit.store.dispatch(RenewalEnded(key=ANA, at=START + MINUTE, problem=None))
        await kit.clock.advance(MINUTE)
    expected = (RenewalRecord(at=START, reason=NotSentError.__name__), RenewalRecord(at=START + MINUTE))
    assert await kit.history.renewals(ANA.slug) == expected


async def test_the_past_of_an_account_is_told_with_what_was_only_just_learnt() -> None:
    kit = Kit()
    async with kit.recording_it():
        kit.check(5)
        kit.store.dispatch(RenewalEnded(key=ANA, at=START, problem=None))
        await kit.recording.look_up(ANA, Span.DAY)
        details = kit.store.state.details
    assert details is not None
    assert (details.account, details.span) == (ANA, Span.DAY)
    assert [(line.meter.kind, [p.used for p in line.points]) for line in details.lines] == [(WindowKind.WEEKLY, [50])]
    assert details.renewals == (RenewalRecord(at=START),)


async def test_a_past_that_cannot_be_read_is_no_past() -> None:
    kit = Kit()
    kit.check(5)
    kit.history.unreadable = ReadError(path="history.db", reason="the disk reported an error")
    await kit.recording.look_up(ANA, Span.MONTH)
    assert kit.store.state.details == Details(account=ANA, span=Span.MONTH)
    await kit.recording.look_up(AccountKey("gone"), Span.WEEK)
    assert kit.store.state.details == Details(account=AccountKey("gone"), span=Span.WEEK)


async def test_trends_are_read_at_the_start_and_again_later() -> None:
    kit = Kit()
    trend = Trend(meter=WEEKLY, percents=(None, 5))
    kit.history.trend = ((ANA.slug, trend),)
    async with kit.recording_it():
        assert kit.account().trend == trend
        assert kit.account(BEN).trend is None
        later = replace(trend, percents=(5, 6))
        kit.history.trend = ((ANA.slug, later),)
        await kit.clock.advance(16 * MINUTE)
        assert kit.account().trend == later


async def test_the_history_is_tidied_four_times_a_day() -> None:
    kit = Kit()
    async with kit.recording_it():
        await kit.clock.advance(23 * HOUR)
    assert len(kit.history.tidied) == 4


async def test_ended_while_it_writes_it_writes_that_again() -> None:
    kit = Kit()
    write, begun = kit.history.write, asyncio.Event()

    async def endless(batch: HistoryBatch) -> None:
        del batch
        begun.set()
        await asyncio.Event().wait()

    kit.history.write = endless
    async with kit.recording_it():
        kit.check(5)
        await kit.clock.advance(30 * SECOND)
        assert begun.is_set()
        kit.history.write = write
    await kit.recording.close()
    assert kit.used == [50]
    assert kit.history.kept[ANA.slug].snapshot == kit.account().snapshot
