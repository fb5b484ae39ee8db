"""Three computers renew the same twenty logins for a month over one table with leases.

They die while they hold leases, their clocks differ by minutes, answers of the table are lost, the network to it breaks
for hours, and the project is paused for a day. The issuer takes each refresh token once and ends a login whose token
comes twice. Its answers are lost too, after it has made the next token. Then only the computer that sent the token may
send it once more, later: that costs the login, or, where the issuer repeats its answer, nothing.
"""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final, TypeVar

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    LoginEndedError,
    NotSentError,
    ProbeError,
    SyncPausedError,
    UncertainError,
    UncertainLoginError,
)
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import AppState
from probe_tray.core.sync.leases import Lease, LeaseAnswer
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import RemoteRow, SyncOptions
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_key import table_digest
from probe_tray.core.sync.table_record import TableRecord, TableStatus
from probe_tray.demo.table_rows import LeaseBook
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.store import Store
from probe_tray.engine.sync.shared_table import SharedTable
from probe_tray.engine.sync.synchronizer import Synchronizer
from tests.support.fakes import (
    START,
    FakeClock,
    FakeRandomness,
    MemoryOfTokens,
    MemoryStore,
    MemoryTally,
    NoTokenLocks,
    ScriptedService,
)
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import MemoryJournal, TaskLocks
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable, SyncBench

PEOPLE: Final = [f"person-{number:02}" for number in range(20)]
ROUND: Final = timedelta(hours=2)
ROUNDS: Final = 12 * 30
T = TypeVar("T")
SKEWS: Final = (timedelta(), timedelta(minutes=-4), timedelta(minutes=4))
LOST: Final = 0.02
"""The share of the table's answers that are lost after it has done what was asked."""
LOST_TOKENS: Final = 0.05
"""The same of the issuer's."""
NEW_LOGIN: Final = 1000
"""Numbers between those of a login and the ones of the next, for which a person logs in again."""


class World:
    """The time, the table, the issuer, and what goes wrong."""

    def __init__(self, seed: int, *, protected: bool, repeats: bool) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same in every run
        self.clock = FakeClock()
        self.table = FakeTable()
        self.table.leases = LeaseBook(threading.RLock(), self.clock.now)
        if protected:
            self.table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
        self.is_paused, self._repeats = False, repeats
        self.used: dict[str, tuple[str, Answer]] = {}
        """Which computer sent a refresh token first, and the answer."""
        self._lost: set[str] = set()
        self.lost: Counter[str] = Counter()
        """How many answers of the issuer did not arrive, by the person whose login it was."""
        self.sent_again: Counter[str] = Counter()
        """How often a token came that had been used before, by person."""
        self.ended: Counter[str] = Counter()
        """How often a person's login has ended, which nothing could prevent."""
        self.logins: Counter[str] = Counter()
        """How often a person has logged in again."""
        self.reused: list[str] = []
        self.requests = self.deaths = 0
        """Requests that reached the table, and how often a computer died."""
        self.failures: Counter[type[ProbeError]] = Counter()

    def renewed(self, token: str, computer: str) -> Answer:
        """What the issuer says to a refresh token. Raises UncertainError where its answer is lost on the way."""
        person, _, number = token.removeprefix("rt_").partition(".")
        if token in self.used:
            self.sent_again[person] += 1
            first, answer = self.used[token]
            if token not in self._lost or first != computer:
                self.reused.append(token)
            self._lost.discard(token)
            if self._repeats:
                return answer
            self.ended[person] += 1
            return Answer(401, {}, b'{"error": {"code": "refresh_token_reused"}}')
        answer = Answer(200, {}, reply_body(tokens(person, number=int(number) + 1, at=self.clock.now())))
        self.used[token] = (computer, answer)
        if self.chance.random() < LOST_TOKENS:
            self._lost.add(token)
            self.lost[person] += 1
            raise UncertainError(reason="the connection broke")
        return answer

    def logged_in(self, person: str) -> Credential:
        """A new login of a person."""
        self.logins[person] += 1
        return credential(person, number=NEW_LOGIN * self.logins[person], at=self.clock.now())


class SkewedClock:
    """The world's time, as a computer shows it."""

    def __init__(self, clock: FakeClock, skew: timedelta) -> None:
        self._clock, self._skew = clock, skew

    def now(self) -> datetime:
        return self._clock.now() + self._skew

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class Disk(MemoryJournal):
    """What of a computer outlives its death: its journal, with the answers in it."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[str, PendingEntry] = {}

    async def prepare(
        self, key: AccountKey, fingerprint: str, at: datetime, uptime: float | None = None
    ) -> JournalEntry:
        entry = await super().prepare(key, fingerprint, at, uptime)
        self.left[entry.name] = PendingEntry(entry=entry)
        return entry

    async def keep_answer(self, entry: JournalEntry, status: int, body: bytes) -> None:
        self.left[entry.name] = replace(self.left[entry.name], answer=Answer(status, {}, body))

    async def finish(self, entry: JournalEntry) -> None:
        self.left.pop(entry.name, None)

    async def set_aside(self, entry: JournalEntry) -> None:
        self.left.pop(entry.name, None)

    async def pending(self, key: AccountKey | None = None) -> tuple[PendingEntry, ...]:
        return tuple(one for one in self.left.values() if key is None or one.entry.key == key)


class LossyWay:
    """One computer's way to the table."""

    def __init__(self, world: World, step: Callable[[], None]) -> None:
        self._world, self._step = world, step
        self.is_cut = False

    @asynccontextmanager
    async def open(self, target: SyncTarget) -> AsyncGenerator["LossyWay"]:
        async with self._world.table.open(target):
            yield self

    async def status(self) -> TableStatus | None:
        return await self._ask(self._world.table.status())

    async def add_key(self, digest: str) -> bool:
        return await self._ask(self._world.table.add_key(digest))

    async def end_other_keys(self, digest: str) -> bool:
        return await self._ask(self._world.table.end_other_keys(digest))

    async def rows(self) -> tuple[RemoteRow, ...]:
        return await self._ask(self._world.table.rows())

    async def row(self, row_id: str) -> RemoteRow | None:
        return await self._ask(self._world.table.row(row_id))

    async def insert(self, row: RemoteRow) -> bool:
        return await self._ask(self._world.table.insert(row))

    async def replace(self, row: RemoteRow, seen: RemoteRow) -> bool:
        return await self._ask(self._world.table.replace(row, seen))

    async def take_lease(self, lease: Lease) -> LeaseAnswer | None:
        return await self._ask(self._world.table.take_lease(lease))

    async def mark_sent(self, lease: Lease) -> bool:
        return await self._ask(self._world.table.mark_sent(lease))

    async def end_lease(self, lease: Lease, *, renewed: bool) -> bool:
        return await self._ask(self._world.table.end_lease(lease, renewed=renewed))

    async def rights(self) -> TableGrants | None:
        return await self._ask(self._world.table.rights())

    async def _ask(self, request: "Coroutine[None, None, T]") -> T:
        try:
            self._step()
            await asyncio.sleep(0)
            if self._world.is_paused:
                raise SyncPausedError(host="table.example")
            if self.is_cut:
                raise _gone()
            self._world.requests += 1
            answer = await request
        finally:
            request.close()
        self._step()
        if self._world.chance.random() < LOST:
            raise _gone()
        return answer


class Computer(ScriptedService):
    """What is on its disk, and the program that runs until it dies."""

    def __init__(self, world: World, number: int, logins: Sequence[Credential]) -> None:
        super().__init__()
        self.world = world
        self.vault = MemoryStore(StoreKind.VAULT, *logins)
        self.disk, self.tokens = Disk(), MemoryOfTokens()
        self.way = LossyWay(world, self._step)
        self.clock = SkewedClock(world.clock, SKEWS[number])
        self.steps_left = self.rounds_down = 0
        self.name = f"computer {number}"
        self.sent: dict[str, str] = {}
        self.tables: dict[str, TableRecord] = {}
        self._begin()

    def _begin(self) -> None:
        """Start the program with what is on the disk."""
        self.is_dead = False
        store, locks = Store(AppState()), TaskLocks()
        accounts = Accounts((self.vault,), store, nothing_remembered)
        bench = SyncBench(accounts, locks, self.clock, FakeRandomness())
        bench.tokens = self.tokens
        bench.memory.name, bench.memory.sent, bench.memory.tables = self.name, self.sent, self.tables
        context = bench.context._replace(
            tables=self.way, renewal_of=TokenMemory(self.tokens, self.clock, FakeRandomness()).renewal_of
        )
        shared = SharedTable(context, self._target, lambda: True)
        transaction = RefreshTransaction(self, accounts, self.disk, self.tokens, self.clock, FakeRandomness(), "host")
        self.renewals = Renewals(
            transaction, locks, self.clock, lambda _event: None, shared, MemoryTally(), NoTokenLocks()
        )
        self.syncing = Synchronizer(context, locks, self.renewals.finish_held)

    async def work(self, *, syncs: bool) -> None:
        """One round: what was left, a sync at times, and every login that is due."""
        if self.is_dead:
            self._begin()
        with suppress(ProbeError):
            await self.renewals.finish_all()
            await self.renewals.share_all()
        if syncs:
            await self.syncing.run(TARGET, SyncOptions())
        keys = [held.key for held in self.vault.held.values()]
        self.world.chance.shuffle(keys)
        await asyncio.gather(*(self._renew(key) for key in keys))

    async def _renew(self, key: AccountKey) -> None:
        """What the program does by itself, and a person who is told that it does no more."""
        try:
            await self.renewals.renew(key, RenewalRequest(days=3))
        except UncertainLoginError as error:
            self.world.failures[type(error)] += 1
            if error.retry_after is None:
                with suppress(ProbeError):
                    await self.renewals.renew(key, RenewalRequest(days=3, reason=Reason.FORCED))
        except LoginEndedError:
            await self.vault.save(self.world.logged_in(self.vault.held[key].email.partition("@")[0]))
        except ProbeError as error:
            self.world.failures[type(error)] += 1

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        del arrived
        self._step()
        await asyncio.sleep(0)
        # From here to the journal there is no step at which it dies: what never arrived is lost with any program.
        return self.world.renewed(refresh_token.reveal(), self.name)

    def number(self, person: str) -> int:
        held = self.vault.held[credential(person).key]
        assert held.refresh_token is not None
        return int(held.refresh_token.reveal().partition(".")[2])

    def _step(self) -> None:
        if self.is_dead:
            raise asyncio.CancelledError
        if self.steps_left:
            self.steps_left -= 1
            self.is_dead = not self.steps_left
            if self.is_dead:
                raise asyncio.CancelledError

    async def _target(self) -> SyncTarget:
        return TARGET


def _gone() -> NotSentError:
    return NotSentError(reason="there is no connection")


@pytest.mark.parametrize(
    ("seed", "protected", "repeats"),
    [
        pytest.param(0, False, False, id="strict issuer"),
        pytest.param(1, True, True, id="protected table, issuer that repeats its answers"),
    ],
)
async def test_a_month_on_three_computers_costs_no_login_but_by_a_lost_answer(
    seed: int, *, protected: bool, repeats: bool
) -> None:
    world = World(seed, protected=protected, repeats=repeats)
    started = [START - timedelta(hours=9 * number) for number in range(len(PEOPLE))]
    logins = [credential(person, at=at) for person, at in zip(PEOPLE, started, strict=True)]
    computers = [Computer(world, number, logins) for number in range(3)]
    for number in range(ROUNDS):
        world.is_paused = 100 <= number < 112
        running: list[asyncio.Task[None]] = []
        awake = [computer for computer in computers if not computer.rounds_down]
        for computer in computers:
            computer.rounds_down = max(0, computer.rounds_down - 1)
        for computer in awake:
            computer.way.is_cut = world.chance.random() < 0.1
            computer.steps_left = world.chance.randrange(1, 40) if world.chance.random() < 0.25 else 0
            running.append(asyncio.create_task(computer.work(syncs=world.chance.random() < 0.1)))
        while not all(task.done() for task in running):
            await world.clock.advance(timedelta(seconds=1))
        for computer in computers:
            if computer.is_dead and computer in awake:
                computer.rounds_down = world.chance.randrange(1, 5)
                world.deaths += 1
        for task in running:
            assert task.cancelled() or task.exception() is None, task.exception()
        await world.clock.advance(ROUND)
        for person in PEOPLE:
            ends = [computer.vault.held[credential(person).key].expiry for computer in computers]
            assert max(end for end in ends if end is not None) > world.clock.now(), (person, number, world.failures)
    assert world.reused == []
    assert world.lost.total() > 0
    assert world.sent_again <= world.lost, "a token is sent again only where an answer of that very login was lost"
    assert world.ended == (Counter() if repeats else world.lost), "a lost answer costs no other login"
    assert world.logins == world.ended, "whoever lost a login by that was told so, once"
    assert len(world.used) > 3 * len(PEOPLE), "each login was renewed a few times"
    assert world.deaths > 10
    await _heal(world, computers)
    for person in PEOPLE:
        (number,) = {computer.number(person) for computer in computers}
        assert f"rt_{person}.{number}" not in world.used, "the login lives"
    hours = ROUNDS * ROUND // timedelta(hours=1)
    assert world.requests - 10 * len(world.used) < hours * len(PEOPLE)


async def _heal(world: World, computers: Sequence[Computer]) -> None:
    """All of them have their network again, and two syncs each: the first gives, the second takes."""
    for computer in [*computers, *computers]:
        computer.way.is_cut, computer.steps_left = False, 0
        for _ in range(8):
            task = asyncio.create_task(computer.work(syncs=True))
            while not task.done():
                await world.clock.advance(timedelta(seconds=1))
            await task
