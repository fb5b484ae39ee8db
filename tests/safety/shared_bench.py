"""Computers that share one login, in memory: each request waits until a test says what comes of it."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from probe_tray.core.account.age import Age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import LoginEndedError, NotSentError, ProbeError, UncertainError
from probe_tray.core.events import Event, RenewalStarted, TroubleMet
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
from tests.safety.bench import ANA, Crash, MemoryJournal, MemoryMemory, Steps, StepStore, raw_answer, refusal
from tests.support.fakes import (
    START,
    FakeClock,
    FakeRandomness,
    MemoryTally,
    NoTokenLocks,
    ScriptedService,
    settle,
)
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import TaskLocks
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable, MemoryOfRows, SyncBench

NEW_LOGIN: Final = 1000
"""Numbers between those of a login and the ones of the next, for which a person logs in again."""
LATEST: Final = timedelta(seconds=60)
"""A request whose sender waits no longer still arrives within this time, or never."""
T = TypeVar("T")


class Use(NamedTuple):
    """A refresh token that came to the issuer."""

    computer: str
    at: timedelta
    checked: bool
    """Whether the computer could ask the table first."""
    delivered: bool
    """Whether its answer reached the computer's journal, or was a refusal that did."""


class Visit:
    """A request on its way: ``act`` is what the other side does with it."""

    def __init__(self, name: str, act: Callable[[], Awaitable[Any]], at: timedelta) -> None:
        self.name, self.act, self.at = name, act, at
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def arrive(self) -> None:
        """Let the other side act on it, and nobody hear what came of it."""
        with suppress(ProbeError):
            await self.act()


class World:
    """The time, the table, and an issuer that takes each refresh token once."""

    def __init__(self, *, protected: bool) -> None:
        self.clock = FakeClock()
        self.table = FakeTable()
        self.table.leases = LeaseBook(threading.RLock(), self.clock.now)
        if protected:
            self.table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
        self.number, self.revoked, self._issued, self.logins = 1, False, 0, 0
        self.uses: dict[str, list[Use]] = {}
        self.late: list[Visit] = []
        self.history: list[str] = []
        self.all_works = False
        """Whether every request is answered at once."""
        self.faults: list[str] = []
        """What must never happen, and did."""

    @property
    def elapsed(self) -> timedelta:
        return timedelta(seconds=self.clock.monotonic())

    @property
    def live(self) -> str | None:
        """The one token that works."""
        return None if self.revoked else f"rt_ana.{self.number}"

    def renewed(self, token: str, computer: str, *, checked: bool) -> Answer:
        """What the issuer makes of a token."""
        before = self.uses.setdefault(token, [])
        use = Use(computer, self.elapsed, checked, delivered=False)
        if token != self.live and not self.revoked and _login(token) == self.number // NEW_LOGIN:
            self._judge(token, before, use)
            self.revoked = True
        before.append(use)
        if token != self.live:
            return refusal(401, "refresh_token_reused")
        self.number += 1
        return Answer(200, {}, reply_body(self._tokens(), expires_in=864000))

    @property
    def all_checked(self) -> bool:
        """Whether no token was sent by a computer that could not ask the table."""
        return all(use.checked for uses in self.uses.values() for use in uses)

    def delivered(self, token: str) -> None:
        """The answer to the latest use of a token is in its computer's journal."""
        self.uses[token][-1] = self.uses[token][-1]._replace(delivered=True)

    def _judge(self, token: str, before: list[Use], use: Use) -> None:
        """A token has come again: only the one that lost the answer may send it, and not at once."""
        story = f"{token}: {[*before, use]}"
        if not (use.checked and all(one.checked for one in before)):
            return
        if not before or any(one.delivered or one.computer != use.computer for one in before):
            self.faults.append(f"sent again without need: {story}")
        elif use.at - before[-1].at < timedelta(minutes=15):
            self.faults.append(f"sent again too soon: {story}")

    def log_in(self) -> Credential:
        """A new login of the person."""
        self.logins += 1
        self.number, self.revoked = NEW_LOGIN * self.logins, False
        return credential("ana", number=self.number, at=self._now())

    def _tokens(self) -> dict[str, str]:
        return tokens("ana", number=self.number, at=self._now())

    def _now(self) -> datetime:
        # No two tokens are of the same second.
        self._issued += 1
        return START + self.elapsed + timedelta(seconds=self._issued)


def _login(token: str) -> int:
    return int(token.partition(".")[2]) // NEW_LOGIN


class Skewed:
    """The world's time, as a computer shows it."""

    def __init__(self, clock: FakeClock, skew: timedelta) -> None:
        self._clock, self.skew = clock, skew
        self.sleeping: set[asyncio.Future[None]] = set()

    def now(self) -> datetime:
        return self._clock.now() + self.skew

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        self.sleeping.add(sleep)
        sleep.add_done_callback(self.sleeping.discard)
        await sleep


class SteppedRows(MemoryOfRows):
    """What was seen of the table, each change a step."""

    def __init__(self, steps: Steps, name: str) -> None:
        super().__init__()
        self._steps, self.name = steps, name

    async def remember(self, marks: Mapping[str, Age]) -> None:
        self._steps.reach("remember marks")
        await super().remember(marks)

    async def remember_table(self, name: str, record: TableRecord) -> None:
        self._steps.reach("remember table")
        await super().remember_table(name, record)

    async def add_unshared(self, slug: str, fingerprint: str) -> None:
        self._steps.reach("add unshared")
        await super().add_unshared(slug, fingerprint)
        self._steps.reach("added unshared")

    async def forget_unshared(self, slug: str) -> None:
        self._steps.reach("forget unshared")
        await super().forget_unshared(slug)


class Computer(ScriptedService):
    """What is on its disk, and the program that runs until it is killed."""

    def __init__(self, world: World, number: int, *kinds: StoreKind, skew: timedelta) -> None:
        super().__init__()
        self.world, self.name = world, f"computer {number}"
        self.steps = Steps()
        self.clock = Skewed(world.clock, skew)
        login = credential("ana", at=START - timedelta(days=7, hours=6))
        self.stores = [StepStore(self.steps, kind, login) for kind in kinds]
        self.journal, self.tokens = MemoryJournal(self.steps), MemoryMemory(self.steps)
        self.seen = SteppedRows(self.steps, self.name)
        self.waiting: list[Visit] = []
        self.running: set[asyncio.Task[None]] = set()
        self.unchecked = False
        self.needs_login = False
        self._begin()

    def _begin(self) -> None:
        """Start the program with what is on the disk."""
        self.steps.crash_at = None
        store, locks = Store(AppState()), TaskLocks()
        accounts = Accounts((*self.stores,), store, nothing_remembered)
        bench = SyncBench(accounts, locks, self.clock, FakeRandomness())
        bench.tokens = self.tokens
        memory = TokenMemory(self.tokens, self.clock, FakeRandomness())
        context = bench.context._replace(
            tables=self, memory=self.seen, removed=self.seen, renewal_of=memory.renewal_of, computer=self.name
        )
        shared = SharedTable(context, self._target, lambda: True)
        transaction = RefreshTransaction(
            self, accounts, self.journal, self.tokens, self.clock, FakeRandomness(), "host"
        )
        self.renewals = Renewals(transaction, locks, self.clock, self._receive, shared, MemoryTally(), NoTokenLocks())
        self.syncing = Synchronizer(context, locks, self.renewals.finish_held)

    # What the program does.

    async def start(self, work: str) -> None:
        """Begin ``work``; it goes on as far as it gets without an answer from elsewhere."""
        task = asyncio.create_task(self._work(work), name=work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        for _ in range(20):
            await settle()

    async def _work(self, work: str) -> None:
        with suppress(Crash, asyncio.CancelledError):
            try:
                if work == "sync":
                    await self.syncing.run(TARGET, SyncOptions())
                    return
                if work == "start":
                    await self.renewals.finish_all()
                    await self.renewals.share_all()
                    return
                await self.renewals.renew(ANA, self._request(work))
                self.needs_login = False
            except LoginEndedError:
                self.needs_login = True
            except ProbeError as error:
                self.world.history.append(f"{self.name}: {type(error).__name__}")

    def _request(self, work: str) -> RenewalRequest:
        match work:
            case "forced":
                return RenewalRequest(days=3, reason=Reason.FORCED)
            case "refused":
                seen = self.stores[0].held[ANA].access_token.fingerprint
                return RenewalRequest(days=3, reason=Reason.REFUSED, seen=seen)
            case _:
                return RenewalRequest(days=3)

    async def die(self) -> None:
        """Kill the program, and start it again."""
        self.steps.crash_at = 0
        # What waits for a lock gets it then, and dies at its next step.
        for ending in [*self.clock.sleeping, *(visit.answer for visit in self.waiting)]:
            ending.cancel()
        self.waiting.clear()
        await settle()
        assert not self.running
        self.steps.on.clear()
        self._begin()

    @property
    def is_dying(self) -> bool:
        """Whether it has been killed by a step of its own."""
        return self.steps.crash_at is not None and len(self.steps.seen) > self.steps.crash_at

    def _receive(self, event: Event) -> None:
        if isinstance(event, RenewalStarted):
            self.unchecked = False
        elif isinstance(event, TroubleMet) and event.problem is not None:
            self.unchecked |= event.problem.kind.__name__ == "RenewedUncheckedError"

    # What it knows.

    def stored(self) -> set[str]:
        """The refresh tokens in its stores."""
        logins = [store.held[ANA] for store in self.stores]
        return {one.refresh_token.reveal() for one in logins if one.refresh_token is not None}

    def held(self) -> set[str]:
        """The same, and those in its journal."""
        bodies = [answer.body for _, answer in self.journal.entries.values() if answer is not None and answer.ok]
        return self.stored() | {str(json.loads(body).get("refresh_token")) for body in bodies}

    # Its way to the table.

    @asynccontextmanager
    async def open(self, target: SyncTarget) -> AsyncGenerator["Computer"]:
        async with self.world.table.open(target):
            yield self

    async def status(self) -> TableStatus | None:
        return await self._ask("status", self.world.table.status)

    async def add_key(self, digest: str) -> bool:
        return await self._ask("add_key", lambda: self.world.table.add_key(digest))

    async def end_other_keys(self, digest: str) -> bool:
        return await self._ask("end_other_keys", lambda: self.world.table.end_other_keys(digest))

    async def rows(self) -> tuple[RemoteRow, ...]:
        return await self._ask("rows", self.world.table.rows)

    async def row(self, row_id: str) -> RemoteRow | None:
        return await self._ask("row", lambda: self.world.table.row(row_id))

    async def insert(self, row: RemoteRow) -> bool:
        return await self._ask("insert", lambda: self.world.table.insert(row))

    async def replace(self, row: RemoteRow, seen: RemoteRow) -> bool:
        return await self._ask("replace", lambda: self.world.table.replace(row, seen))

    async def take_lease(self, lease: Lease) -> LeaseAnswer | None:
        return await self._ask("take_lease", lambda: self.world.table.take_lease(lease))

    async def mark_sent(self, lease: Lease) -> bool:
        return await self._ask("mark_sent", lambda: self.world.table.mark_sent(lease))

    async def end_lease(self, lease: Lease, *, renewed: bool) -> bool:
        return await self._ask("end_lease", lambda: self.world.table.end_lease(lease, renewed=renewed))

    async def rights(self) -> TableGrants | None:
        return await self._ask("rights", self.world.table.rights)

    async def _target(self) -> SyncTarget:
        return TARGET

    # What comes of a request.

    async def _ask(self, name: str, act: Callable[[], Awaitable[T]]) -> T:
        self.steps.reach(name)
        if self.world.all_works:
            answer = await act()
        else:
            visit = Visit(name, act, self.world.elapsed)
            self.waiting.append(visit)
            answer = await visit.answer
        self.steps.reach(f"{name} answered")
        return answer

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        token = refresh_token.reveal()

        async def act() -> Answer:
            return self.world.renewed(token, self.name, checked=checked)

        checked = not self.unchecked
        answer = await self._ask("refresh", act)
        arrived(raw_answer(answer))
        self.world.delivered(token)
        self.steps.reach("refreshed")
        return answer

    async def let_through(self, visit: Visit) -> None:
        """Let a request arrive, and its answer."""
        self.waiting.remove(visit)
        try:
            answer = await visit.act()
        except ProbeError as error:
            visit.answer.set_exception(error)
        else:
            visit.answer.set_result(answer)
        await settle()

    async def lose_answer(self, visit: Visit) -> None:
        """Let a request arrive; its answer is lost."""
        self.waiting.remove(visit)
        await visit.arrive()
        visit.answer.set_exception(_lost(visit))
        await settle()

    async def lose_request(self, visit: Visit, *, late: bool) -> None:
        """Let a request get nowhere; where it is ``late``, it may still arrive after its sender has given it up."""
        self.waiting.remove(visit)
        if late and visit.name != "refresh":
            self.world.late.append(visit)
        visit.answer.set_exception(_lost(visit) if late else NotSentError(reason="there is no connection"))
        await settle()


def _lost(visit: Visit) -> ProbeError:
    lost = UncertainError if visit.name == "refresh" else NotSentError
    return lost(reason="the connection broke")
