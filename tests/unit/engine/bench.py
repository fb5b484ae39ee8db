"""The use cases over doubles: a test lays down answers, moves time, and reads the state."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.alert import Alert, AlertMemory
from probe_tray.core.errors import DataFolderError, ProbeError, ReadError, StoreError, WriteError
from probe_tray.core.login.oauth import Callback
from probe_tray.core.polling.situation import Sensed, Situation
from probe_tray.core.quota.history import Meter, Point, RenewalRecord, Sample, Span, Trend
from probe_tray.core.quota.history_batch import HistoryBatch, Kept
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.connection import ConnectionStep, FoundProxy, Reached
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, LoginPhase, Way
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.alert_service import AlertComposer, AlertService
from probe_tray.engine.codex.codex_service import CodexService
from probe_tray.engine.login.browser_login import BrowserLogin
from probe_tray.engine.login.code_exchange import CodeExchange
from probe_tray.engine.login.device_login import DeviceLogin
from probe_tray.engine.login.login_runner import LoginRunner
from probe_tray.engine.models.model_test_service import ModelTestService
from probe_tray.engine.models.model_tester import ModelTester
from probe_tray.engine.polling.connection_test import ConnectionTest
from probe_tray.engine.polling.history_recorder import HistoryRecorder
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewal_timer import RenewalTimer
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.settings_service import SettingsService
from probe_tray.engine.store import Store
from probe_tray.engine.sync.sync_service import SyncService
from probe_tray.engine.sync.table_owner import TableOwner
from probe_tray.engine.sync.table_service import TableService
from probe_tray.ports.desktop import Notification
from probe_tray.ports.http import QuotaService
from tests.support.codex import CodexDoubles
from tests.support.fakes import (
    FakeBrowser,
    FakeClock,
    FakeListener,
    FakeNotifier,
    FakeRandomness,
    FakeSettingsFile,
    MemoryOfTokens,
    MemoryStore,
    MemoryTally,
    NoTokenLocks,
    ScriptedService,
    problem_kind,
    settle,
)
from tests.support.id_tokens import LoadedIdTokenCheck
from tests.support.tokens import reply_body, tokens
from tests.support.transfers import TransferBench
from tests.unit.engine.sync_bench import SyncBench

CODE = Callback(code=Secret("the-code"))


def usage_answer(used: float = 12, reset_at: datetime | None = None, **headers: str) -> Answer:
    """A 2xx answer of the quota with one 5-hour window."""
    moment = 0 if reset_at is None else int(reset_at.timestamp())
    window = f'{{"used_percent": {used}, "limit_window_seconds": 18000, "reset_at": {moment}}}'
    return Answer(200, headers, f'{{"plan_type": "plus", "rate_limit": {{"primary_window": {window}}}}}'.encode())


def token_answer(person: str = "ana", number: int = 1) -> Answer:
    """A 2xx answer of the token endpoint."""
    return Answer(200, {}, reply_body(tokens(person, number=number)))


class GatedStore(MemoryStore):
    """Stops before the steps named in ``waits`` until ``gate`` opens; ``save_fault`` fails saving alone."""

    def __init__(self, kind: StoreKind = StoreKind.VAULT, *credentials: Credential) -> None:
        super().__init__(kind, *credentials)
        self.waits: set[str] = set()
        self.gate = asyncio.Event()
        self.save_fault: StoreError | None = None

    async def check_writable(self, key: AccountKey) -> None:
        await self._pass("check_writable")
        await super().check_writable(key)

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        await self._pass("save")
        if self.save_fault is not None:
            raise self.save_fault
        return await super().save(credential, replaces)

    async def _pass(self, step: str) -> None:
        if step in self.waits:
            await self.gate.wait()


class GatedService(ScriptedService):
    """Keeps the answers to the questions named in ``waits`` back until ``gate`` opens, and counts who waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: set[str] = set()
        self.gate = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0

    async def exchange(self, code: Secret, verifier: Secret, redirect_uri: str) -> Answer:
        await self._pass("exchange")
        return await super().exchange(code, verifier, redirect_uri)

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        await self._pass("refresh")
        return await super().refresh(refresh_token, arrived)

    async def usage(self, credential: Credential) -> Answer:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._pass("usage")
            return await super().usage(credential)
        finally:
            self.at_once -= 1

    async def _pass(self, question: str) -> None:
        if question in self.waits:
            await self.gate.wait()


class MemoryJournal:
    """A journal that is empty at the start and never fails."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []

    async def prepare(
        self, key: AccountKey, fingerprint: str, at: datetime, uptime: float | None = None
    ) -> JournalEntry:
        entry = JournalEntry(name=f"{len(self.entries)}", key=key, fingerprint=fingerprint, at=at, uptime=uptime)
        self.entries.append(entry)
        return entry

    def arriving(self, entry: JournalEntry) -> Callable[[bytes], None]:
        del entry
        return lambda _piece: None

    async def keep_answer(self, entry: JournalEntry, status: int, body: bytes) -> None:
        del entry, status, body

    async def finish(self, entry: JournalEntry) -> None:
        del entry

    async def set_aside(self, entry: JournalEntry) -> None:
        del entry

    async def pending(self, key: AccountKey | None = None) -> tuple[PendingEntry, ...]:
        del key
        return ()

    async def unfinished(self, keys: Collection[AccountKey]) -> frozenset[AccountKey]:
        return frozenset(keys) & {pending.entry.key for pending in await self.pending()}


class NoLocks:
    """Locks of a machine on which no other process runs."""

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        del key
        yield


class TaskLocks:
    """Locks among the tasks of this process; ``fault`` is a folder in which none can be made."""

    def __init__(self) -> None:
        self.fault: DataFolderError | None = None
        self._locks: dict[AccountKey, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        if self.fault is not None:
            raise self.fault
        async with self._locks.setdefault(key, asyncio.Lock()):
            yield

    def is_held(self, key: AccountKey) -> bool:
        """Whether a task has the account for itself now."""
        return key in self._locks and self._locks[key].locked()


def compose(batch: tuple[Alert, ...], state: AppState) -> Notification:
    """Alerts in a word each."""
    del state
    names = [type(alert).__name__ for alert in batch]
    return Notification(tag=" ".join(names), title=" ".join(alert.account.account_id for alert in batch), body="")


def no_forecast(account: AccountState, window: Window) -> None:
    """Nobody knows."""
    del account, window


class MemoryOfAlerts:
    """Remembers what was said; a test gives it to the next run."""

    def __init__(self) -> None:
        self.kept = AlertMemory()

    async def load(self) -> AlertMemory:
        return self.kept

    async def save(self, memory: AlertMemory) -> None:
        self.kept = memory


class MemoryHistory:
    """A history in memory; ``fault`` fails writing, ``unreadable`` reading."""

    def __init__(self) -> None:
        self.batches: list[HistoryBatch] = []
        self.kept: dict[str, Kept] = {}
        self.trend: tuple[tuple[str, Trend], ...] = ()
        self.fault: WriteError | None = None
        self.unreadable: ReadError | None = None
        self.tidied: list[datetime] = []
        self.closed = False

    @property
    def samples(self) -> list[Sample]:
        return [sample for batch in self.batches for _, sample in batch.samples]

    async def read_kept(self) -> tuple[Kept, ...]:
        if self.unreadable is not None:
            raise self.unreadable
        return tuple(self.kept.values())

    async def write(self, batch: HistoryBatch) -> None:
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        self.batches.append(batch)
        self.kept |= {kept.slug: kept for kept in batch.kept}

    async def tidy(self, now: datetime) -> None:
        self.tidied.append(now)

    async def chart(self, slug: str, meter: Meter, span: Span, now: datetime) -> tuple[Point, ...]:
        if self.unreadable is not None:
            raise self.unreadable
        rows = [s for batch in self.batches for name, s in batch.samples if (name, s.meter) == (slug, meter)]
        return tuple(Point(s.at, s.used, s.used) for s in rows if s.at > now - span.value)

    async def trends(self, now: datetime) -> tuple[tuple[str, Trend], ...]:
        del now
        return self.trend

    async def renewals(self, slug: str) -> tuple[RenewalRecord, ...]:
        return tuple(renewed for batch in self.batches for name, renewed in batch.renewals if name == slug)

    async def close(self) -> None:
        self.closed = True


class PlainSense:
    """A machine at home: its power and network change when the test says so."""

    def __init__(self) -> None:
        self.sensed = Sensed(situation=Situation(), network="home")
        self.tells, self.looks, self.closed = False, 0, False
        """Whether it tells of its changes, and how often it was looked at."""
        self.tell: Callable[[], None] = lambda: None

    async def look(self) -> Sensed:
        self.looks += 1
        return self.sensed

    async def follow(self, tell: Callable[[], None]) -> bool:
        self.tell = tell
        return self.tells

    def close(self) -> None:
        self.closed = True


class FakeProbe:
    """Finds what it is told, and reaches it when ``gate`` opens."""

    def __init__(self) -> None:
        self.found = FoundProxy()
        self.reached = Reached(steps=(ConnectionStep.NAME, ConnectionStep.SERVICE))
        self.asked: list[Secret | None] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def find_proxy(self, setting: Secret | None) -> FoundProxy:
        self.asked.append(setting)
        return self.found

    async def reach(self, setting: Secret | None) -> Reached:
        self.asked.append(setting)
        await self.gate.wait()
        return self.reached


class Bench:
    """Everything together; the vault is the first store."""

    def __init__(
        self,
        *credentials: Credential,
        settings: Settings | None = None,
        others: tuple[MemoryStore, ...] = (),
        tested: Callable[["Bench"], QuotaService] | None = None,
    ) -> None:
        """``tested`` makes the service whose models are tested, where it is another one than ``service``."""
        self.clock, self.randomness = FakeClock(), FakeRandomness()
        self.service = GatedService()
        self.service.answer("usage", usage_answer())
        self.service.answer("exchange", token_answer())
        self.listener, self.browser = FakeListener(), FakeBrowser()
        self.notifier = FakeNotifier()
        self.vault = GatedStore(StoreKind.VAULT, *credentials)
        self.store = Store(AppState(settings=settings or Settings()))
        self.accounts = Accounts((self.vault, *others), self.store, nothing_remembered)
        sign_ins = {
            Way.BROWSER: BrowserLogin(
                OFFICIAL, self.listener, self.browser, self.clock, self.randomness, handles=KnownSecrets().add
            ),
            Way.PASTE: BrowserLogin(
                OFFICIAL, None, self.browser, self.clock, self.randomness, handles=KnownSecrets().add
            ),
            Way.CODE: DeviceLogin(OFFICIAL, self.service, self.browser, self.clock),
        }
        exchange = CodeExchange(OFFICIAL, self.service, LoadedIdTokenCheck(OFFICIAL), self.clock)
        self.locks = TaskLocks()
        self.login = LoginRunner(sign_ins, exchange, self.accounts, self.locks, self.store)
        self.memory = MemoryOfTokens()
        transaction = RefreshTransaction(
            self.service, self.accounts, MemoryJournal(), self.memory, self.clock, self.randomness, "host"
        )
        self.sync = SyncBench(self.accounts, self.locks, self.clock, self.randomness)
        self.sync.tokens = self.memory
        self.codex = CodexDoubles(
            self.accounts, self.locks, self.clock, self.store.dispatch, self.memory, self.randomness
        )
        self.sync.with_client = self.codex.placements.with_client
        shared = self.codex.guard(self.sync.shared, self.randomness)
        self.renewals = Renewals(
            transaction, self.locks, self.clock, self.store.dispatch, shared, MemoryTally(), NoTokenLocks()
        )
        asker = UsageCheck(self.service, self.accounts, self.renewals, self.clock)
        self.poller = Poller(asker, self.store, self.clock, self.randomness)
        self.timer = RenewalTimer(self.renewals, self.accounts, self.store, self.clock, self.randomness)
        self.alerting = AlertService(
            self.notifier,
            AlertComposer(
                compose,
                lambda: Notification(tag="test", title="test", body=""),
                lambda: Notification(tag="running", title="running", body=""),
            ),
            self.store,
            self.clock,
            MemoryOfAlerts(),
            UTC,
            no_forecast,
        )
        self.history, self.sense = MemoryHistory(), PlainSense()
        self.recording = HistoryRecorder(self.history, self.store, self.clock)
        self.tester = ModelTester(tested(self) if tested else self.service, self.clock, self.randomness)
        self.models = ModelTestService(self.tester, self.accounts, self.renewals, self.store, self.clock)
        self.probe = FakeProbe()
        self.connection = ConnectionTest(self.probe, self.store)
        self.transfer = TransferBench(self.accounts, self.locks, self.store, self.clock)
        self.settings_file = FakeSettingsFile()
        self.unusable: ProbeError | None = None
        self.used: list[Settings] = []
        self.settings = SettingsService(
            self.settings_file, self.store, self._prepare, self.accounts, self.poller, "config.json"
        )
        self.sync.service = SyncService(
            lambda: self.sync.syncing,
            self.sync.secrets,
            self.accounts,
            self.store,
            self.clock,
            self.randomness,
            self.settings,
        )
        owner = TableOwner(self.sync.context, self.sync.secrets)
        self.sync.changes = TableService(owner, self.sync.service, self.store)

    def codex_service(self) -> CodexService:
        """Use in Codex, as the engine has it."""
        hand_overs = self.codex.hand_overs(self.renewals, self.randomness)
        return CodexService(
            hand_overs,
            self.codex.placements,
            self.codex.places,
            self.accounts,
            self.poller,
            self.store,
            self.clock,
        )

    @property
    def state(self) -> AppState:
        return self.store.state

    @property
    def phase(self) -> LoginPhase | None:
        """How far the login is."""
        return None if self.state.login is None else self.state.login.phase

    @property
    def login_problem(self) -> type[ProbeError] | None:
        """The kind of the login's problem, None without one."""
        return None if self.state.login is None else problem_kind(self.state.login.problem)

    async def _prepare(self, settings: Settings) -> Callable[[], None]:
        if self.unusable is not None:
            raise self.unusable
        return lambda: self.used.append(settings)

    def account(self, login: Credential) -> AccountState:
        """The state of that login's account."""
        found = self.state.account(login.key)
        assert found is not None
        return found


@asynccontextmanager
async def running(work: Coroutine[object, object, object]) -> AsyncGenerator[asyncio.Task[object]]:
    """Run ``work`` beside the test, and end it with the block."""
    task = asyncio.ensure_future(work)
    await settle()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await settle()
