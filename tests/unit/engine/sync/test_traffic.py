"""How often three trays read the shared table by themselves: once for each account and hour, beyond renewals."""

import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.events import Event, RenewalEnded
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings
from probe_tray.core.sync.rows import RemoteRow
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets
from probe_tray.demo.table_rows import LeaseBook
from tests.support.fakes import START, settle
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import Bench, GatedService, running
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable

PEOPLE = [f"person-{number}" for number in range(5)]
STEP = timedelta(minutes=15)
RENEWAL = 3
"""Reads of a renewal: before it, once the lease is taken, and to write the new login."""
Hour = tuple[str, datetime]


class CountedTable(FakeTable):
    """Says when which row was read."""

    reads: Counter[Hour]
    now: Callable[[], datetime]

    async def row(self, row_id: str) -> RemoteRow | None:
        self.reads[row_id, _hour(self.now())] += 1
        return await super().row(row_id)

    async def rows(self) -> tuple[RemoteRow, ...]:
        found = await super().rows()
        self.reads.update((row.id, _hour(self.now())) for row in found)
        return found


class Issuer(GatedService):
    """Issues at the time that it is."""

    now: Callable[[], datetime]

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        del arrived
        self.asked.append(("refresh", refresh_token.fingerprint))
        await self._pass("refresh")
        person, _, number = refresh_token.reveal().removeprefix("rt_").partition(".")
        return Answer(200, {}, reply_body(tokens(person, number=int(number) + 1, at=self.now())))


class Tray(Bench):
    """A tray that shares the table, syncs every hour and after renewals, and counts."""

    def __init__(self, table: FakeTable, hours: int) -> None:
        logins = [_login(number) for number in range(len(PEOPLE))]
        super().__init__(
            *logins, settings=Settings(sync_url=TARGET.url, sync_every_hours=hours, sync_after_renewal=True)
        )
        own = self.sync.table
        own.held = table.held
        own.__class__, self.service.__class__ = CountedTable, Issuer
        assert isinstance(own, CountedTable)
        assert isinstance(self.service, Issuer)
        own.reads, own.now, self.service.now = Counter(), self.clock.now, self.clock.now
        self.sync.ready, self.sync.secrets.held = (
            True,
            SyncSecrets(
                api_key=TARGET.api_key, key=KEY, api_key_place=SecretPlace.KEYRING, key_place=SecretPlace.KEYRING
            ),
        )
        self.reads, self.renewals_of = own.reads, Counter[Hour]()
        self.store.on_event(self._count)

    def _count(self, event: Event) -> None:
        if isinstance(event, RenewalEnded) and event.problem is None:
            self.renewals_of[event.key.account_id, _hour(event.at)] += 1

    @asynccontextmanager
    async def runs(self) -> AsyncGenerator[None]:
        await self.accounts.read()
        async with running(self.timer.run()), running(self.sync.service.watch()):
            yield

    def excess(self) -> dict[Hour, int]:
        """Where there was more than one read beyond renewals."""
        allowed = {hour: 1 + RENEWAL * self.renewals_of[hour] for hour in self.reads}
        return {hour: reads for hour, reads in self.reads.items() if reads > allowed[hour]}


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _login(number: int) -> Credential:
    return credential(PEOPLE[number], at=START - timedelta(days=6, hours=7 * number, minutes=23 * number))


def _three(hours: int) -> list[Tray]:
    table = FakeTable(*(AesGcmLoginCipher(KEY).seal(_login(number), bytes(12), UTC) for number in range(len(PEOPLE))))
    trays = [Tray(table, hours) for _ in range(3)]
    leases = LeaseBook(threading.RLock(), trays[0].clock.now)
    for tray in trays:
        tray.sync.table.leases = leases
    return trays


async def _pass(span: timedelta, trays: list[Tray]) -> None:
    for _ in range(span // STEP):
        for tray in trays:
            await tray.clock.advance(STEP)
        await settle()


async def test_three_trays_read_each_row_once_an_hour_beyond_renewals() -> None:
    trays = _three(hours=1)
    async with AsyncExitStack() as stack:
        for tray in trays:
            await stack.enter_async_context(tray.runs())
        await _pass(timedelta(days=3), trays)
    assert sum(tray.service.count("refresh") for tray in trays) == len(PEOPLE)
    assert all(tray.reads.total() > 3 * 24 * len(PEOPLE) * 0.9 for tray in trays), "they sync"
    assert [tray.excess() for tray in trays] == [{}, {}, {}]


async def test_computers_that_wait_for_one_that_has_sent_tokens_read_their_rows_once_an_hour_on_average() -> None:
    trays = _three(hours=0)
    first, *others = trays
    first.service.waits.add("refresh")
    async with AsyncExitStack() as stack:
        for tray in trays:
            await stack.enter_async_context(tray.runs())
        for tray in others:
            tray.clock.jump(timedelta(minutes=-3))
        await _pass(timedelta(days=2), trays)
        assert first.service.count("refresh") == 4, "as many at once, and they hang"
        for tray in others:
            by_day = Counter[tuple[str, date]]()
            for (row_id, hour), reads in tray.reads.items():
                by_day[row_id, hour.date()] += reads
            assert 12 < max(by_day.values()) <= 24
