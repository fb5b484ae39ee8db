"""The body whose every port is a double: the use cases and the words alone."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, timedelta

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.alert import Alert
from probe_tray.core.login.oauth import Callback
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState, Way
from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.arrangement import ArrangementService
from probe_tray.engine.alert_service import AlertComposer, AlertService
from probe_tray.engine.codex.codex_service import CodexService
from probe_tray.engine.login.browser_login import BrowserLogin
from probe_tray.engine.login.code_exchange import CodeExchange
from probe_tray.engine.login.login_runner import LoginRunner
from probe_tray.engine.polling.history_recorder import HistoryRecorder
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.renewal.account_logins import AccountLogins
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewal_timer import RenewalTimer
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.runtime import Engine
from probe_tray.engine.settings_service import SettingsService
from probe_tray.engine.store import Store
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from probe_tray.ports.desktop import Notification
from probe_tray.view.alerts.notifications import notification, still_running, trial
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.scenarios.driver import Driver
from tests.scenarios.memory_service import MemoryService
from tests.support.codex import CodexDoubles, MemoryPlace
from tests.support.fakes import FakeBrowser, FakeListener, MemoryOfTokens, MemoryStore, MemoryTally, NoTokenLocks
from tests.support.id_tokens import LoadedIdTokenCheck
from tests.unit.engine.bench import (
    MemoryHistory,
    MemoryJournal,
    MemoryOfAlerts,
    TaskLocks,
    no_forecast,
)
from tests.unit.engine.sync_bench import MemoryOfRows
from tests.unit.engine.test_runtime import Program


class Doubles(Driver):
    """What it keeps lies in memory and outlives a restart."""

    def __init__(self) -> None:
        super().__init__()
        self._service = MemoryService(self.clock)
        self._vault, self._listener = MemoryStore(), FakeListener()
        self._history, self._said, self._tried = MemoryHistory(), MemoryOfAlerts(), MemoryOfTokens()
        self._journal = MemoryJournal()
        self._client = MemoryPlace()
        self._rest = Program()

    def set_used(self, person: str, *, short: int, weekly: int) -> None:
        self._service.set_used(person, short, weekly)

    def end_login(self, person: str) -> None:
        self._service.person(person).ended = True

    def go_offline(self) -> None:
        self._service.offline = True

    def go_online(self) -> None:
        self._service.offline = False

    def renewals(self, person: str) -> int:
        return self._service.person(person).renewals

    def faults(self) -> Sequence[str]:
        return self._service.faults

    async def is_kept(self, person: str) -> bool:
        kept = [c.refresh_token for c in self._vault.held.values() if c.email == f"{person}@example.com"]
        return any(token is not None and self._service.is_live(token) for token in kept)

    async def in_codex(self) -> Sequence[str]:
        there = self._client.login
        held = self._vault.held.values()
        return [c.email for c in held if there is not None and there.access_token == c.access_token]

    def issue_login(self, person: str, lives: timedelta) -> Credential:
        return self._service.issue(person, lives)

    async def agree(self, person: str) -> None:
        self._listener.opened[-1].come_back(Callback(code=Secret(person)))

    @asynccontextmanager
    async def built(self) -> AsyncGenerator[Engine]:
        clock, chance, service = self.clock, self.randomness, self._service
        store = Store(AppState(settings=Settings()))
        locks = TaskLocks()
        memory = TokenMemory(self._tried, clock, chance)
        accounts = Accounts((self._vault,), store, memory.renewals_of)
        transaction = RefreshTransaction(service, accounts, self._journal, self._tried, clock, chance, "auth.example")
        codex = CodexDoubles(accounts, locks, clock, store.dispatch, self._tried, chance)
        codex.place = codex.homes[0] = self._client
        shared = codex.guard(NoSharedLogins(), chance)
        renewals = Renewals(transaction, locks, clock, store.dispatch, shared, MemoryTally(), NoTokenLocks())
        sign_in = BrowserLogin(OFFICIAL, self._listener, FakeBrowser(), clock, chance, handles=KnownSecrets().add)
        poller = Poller(UsageCheck(service, accounts, renewals, clock), store, clock, chance)
        settings = SettingsService(self._rest.settings_file, store, _use_nothing, accounts, poller, "config.json")
        exchange = CodeExchange(OFFICIAL, service, LoadedIdTokenCheck(OFFICIAL), clock)
        parts = self._rest.parts._replace(
            store=store,
            accounts=accounts,
            login=LoginRunner({Way.BROWSER: sign_in}, exchange, accounts, locks, store),
            poller=poller,
            settings=settings,
            renewals=renewals,
            renewal_timer=RenewalTimer(renewals, accounts, store, clock, chance),
            account_changes=AccountChanges(
                accounts,
                service,
                locks,
                MemoryOfRows(),
                AccountLogins(accounts, memory).lasting,
                _no_vault_to_set_aside,
            ),
            alerting=AlertService(
                self.notifier,
                AlertComposer(self._worded, lambda: trial(Translator()), lambda: still_running(Translator())),
                store,
                clock,
                self._said,
                UTC,
                no_forecast,
            ),
            recording=HistoryRecorder(self._history, store, clock),
            arrangement=ArrangementService(self._rest.arrangement_file, store),
            codex=CodexService(
                codex.hand_overs(renewals, chance),
                codex.placements,
                codex.places,
                accounts,
                poller,
                store,
                clock,
            ),
        )
        yield Engine(parts, clock, chance, self.press, self.given)

    def _worded(self, batch: tuple[Alert, ...], state: AppState) -> Notification:
        return notification(batch, state, Now(self.clock.now(), UTC), Translator())


async def _no_vault_to_set_aside() -> int:
    return 0


async def _use_nothing(settings: Settings) -> Callable[[], None]:
    del settings
    return lambda: None
