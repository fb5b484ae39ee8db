"""Makes the tray app's engine, layer 4: every adapter and every use case, once."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import cache, partial
from typing import TYPE_CHECKING, final
from urllib.parse import urlsplit

import msgspec

from probe_tray import __version__
from probe_tray.adapters.callback.exclusive import ExclusiveListener
from probe_tray.adapters.callback.listener import LoopbackListener
from probe_tray.adapters.desktop.browser import SystemBrowser
from probe_tray.adapters.desktop.hook_runner import ProcessHookRunner
from probe_tray.adapters.desktop.machine import MachineInspector
from probe_tray.adapters.desktop.notifier import DesktopNotifier
from probe_tray.adapters.desktop.power import SystemMonitor
from probe_tray.adapters.files.alert_memory import FileAlertMemory
from probe_tray.adapters.files.app_folders import AppFolders, ProgramFiles
from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.config_file import LoadedSettings, login_folder
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.folder_watch import SystemFolderWatch
from probe_tray.adapters.files.update_memory import FileUpdateMemory
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.jwt_id_token_check import JwtIdTokenCheck
from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.keyring.backends import TrustedBackend
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.logins.sealer import FolderSealer
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.proxy.pac import PacProxies, finds_script, names_script
from probe_tray.adapters.proxy.proxy import detect_proxy, read_system_proxies
from probe_tray.adapters.proxy.source import IN_SETTINGS, ProxySource
from probe_tray.adapters.system import SystemClock, SystemRandomness
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.alert import Alert
from probe_tray.core.events import TroubleMet, WaitingChanged
from probe_tray.core.quota.forecast import runs_out_at
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.service.service import Service
from probe_tray.core.settings import Settings, Storage
from probe_tray.core.state import AccountState, AppState, Way
from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.arrangement import ArrangementService
from probe_tray.engine.account.token_owners import OwnedTokenStore, TokenOwners
from probe_tray.engine.alert_service import AlertComposer, AlertService, OnPress
from probe_tray.engine.codex.codex_renewal_guard import CodexRenewalGuard
from probe_tray.engine.codex.codex_service import CodexService
from probe_tray.engine.engine_use_cases import EngineUseCases
from probe_tray.engine.hooks.hook_service import HookService
from probe_tray.engine.login.browser_login import BrowserLogin
from probe_tray.engine.login.code_exchange import CodeExchange
from probe_tray.engine.login.device_login import DeviceLogin
from probe_tray.engine.login.login_runner import LoginRunner
from probe_tray.engine.polling.clock_watch import ClockWatch
from probe_tray.engine.polling.connection_test import ConnectionTest
from probe_tray.engine.polling.history_recorder import HistoryRecorder
from probe_tray.engine.polling.incident_service import IncidentService
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.renewal.account_logins import AccountLogins
from probe_tray.engine.renewal.renewal_timer import RenewalTimer
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.runtime import Engine
from probe_tray.engine.settings_service import SettingsService
from probe_tray.engine.state_numbers import StateNumbers
from probe_tray.engine.store import Store
from probe_tray.engine.sync.sync_context import SyncContext
from probe_tray.engine.sync.sync_service import SyncService
from probe_tray.engine.update.update_service import UpdateService
from probe_tray.ports.accounts import AccountStore, SyncVault
from probe_tray.ports.desktop import Notification
from probe_tray.ports.time import Clock
from probe_tray.resources import resource
from probe_tray.view.alerts.notifications import notification, still_running, trial
from probe_tray.view.quota.quota_numbers import hook_payload, quota_overview
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.wiring import (
    make_codex,
    make_renewals,
    make_settings_file,
    make_shared_logins,
    make_sync_context,
    make_synchronizer,
    make_table_service,
    vault_key,
)

if TYPE_CHECKING:
    from probe_tray.engine.models.model_test_service import ModelTestService
    from probe_tray.engine.sync.synchronizer import Synchronizer
    from probe_tray.engine.transfer.transfers import Transfers


class Wired(msgspec.Struct, frozen=True, kw_only=True):
    """A tray app that is ready to run."""

    engine: Engine
    client: ServiceClient
    clock: Clock
    inspector: MachineInspector
    numbers: StateNumbers


class RunService(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a run talks to."""

    addresses: Service
    samples: Callable[[Clock], Iterable[Credential]]
    """Kept where no account is there at the start."""
    choose_keyring: Callable[[], TrustedBackend]
    """Finds the keyring, in the thread that asks it."""
    is_demo: bool
    """The simulated one, which has a key of its own."""


class DesktopHooks(msgspec.Struct, frozen=True, kw_only=True):
    """What only the user interface can do for the engine."""

    show_message: Callable[[str, str], None]
    """Shows title and text where the desktop has no notifications."""
    is_metered: Callable[[], bool | None]
    """Whether the network is paid for by use, None where only the system knows."""
    press: OnPress
    """Is called for a notification's button."""
    script_proxy: Callable[[str], str]
    """Says which proxy a script of the system's settings chooses for a host."""


class RunContext(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the tray app stands on."""

    service: RunService
    places: AppFolders
    loaded: LoadedSettings
    environment: Mapping[str, str]
    disk: Disk
    handles: Callable[[Secret], None]
    """Takes every secret that is handled, to keep it out of the log."""
    keyring: OsKeyStore


@final
class EngineFactory:
    """Makes one engine. What several parts share is made by the constructor, in the order in which it is needed."""

    def __init__(self, context: RunContext, t: Translator, zone: tzinfo, desktop: DesktopHooks) -> None:
        """Use ``context``; inside the running event loop."""
        self._context, self._t, self._zone, self._desktop = context, t, zone, desktop
        self._service, self._places, self._disk = context.service.addresses, context.places, context.disk
        self._clock, self._randomness, initial = SystemClock(), SystemRandomness(), context.loaded.settings
        self._store = store = Store(AppState(settings=initial, trouble=context.loaded.problem))
        self._locks = FileLocks(
            self._places.locks, waits=lambda waiting: store.dispatch(WaitingChanged(waiting=waiting))
        )
        self._files = ProgramFiles(places=self._places, locks=self._locks, disk=self._disk)
        self._key = vault_key(self._files, context.keyring, context.keyring.silent)
        self._vault = VaultStore(self._places.vault, self._key, disk=self._disk)
        self._memory = TokenMemory(
            FileRenewalMemory(self._places.memory, disk=self._disk), self._clock, self._randomness
        )
        self._system_proxies = self._proxies(desktop.script_proxy)
        self._proxy = ProxySource(initial.proxy, context.environment, self._system_proxies, self._system_proxies.search)
        watch = ClockWatch(self._clock, lambda error: store.dispatch(TroubleMet(problem=error.problem)))
        self._client = ServiceClient(
            self._service, self._proxy, context.environment, handles=context.handles, answered=watch.answered
        )
        self._owners = TokenOwners(self._client, self._clock)
        self._accounts = Accounts(self._stores(initial), store, self._memory.renewals_of)
        self._browser = SystemBrowser(context.environment)
        self._listener = LoopbackListener(self._at(initial))
        self._paste_login = self._browser_login(self._at(initial), None)
        self._secrets = self._sync_secrets()
        self._codex = make_codex(self._accounts, self._files, context.keyring, FolderSealer(self._key), store.dispatch)
        self._settings_file = make_settings_file(
            context.environment, context.loaded, self._files, demo=context.service.is_demo
        )

    def make(self) -> Wired:
        """The engine, and what the user interface asks beside it."""
        engine = Engine(
            self._use_cases(),
            self._clock,
            self._randomness,
            self._desktop.press,
            self._context.service.samples(self._clock),
        )
        inspector = MachineInspector(
            self._context.environment,
            self._places.log_file,
            lambda: self._context.keyring.in_use,
            lambda: self._proxy.known,
        )
        numbers = StateNumbers(self._store, self._clock, quota_overview)
        return Wired(engine=engine, client=self._client, clock=self._clock, inspector=inspector, numbers=numbers)

    def _use_cases(self) -> EngineUseCases:
        client, accounts, store = self._client, self._accounts, self._store
        clock, randomness = self._clock, self._randomness
        sync = self._sync_context()
        renewals = self._renewals(sync)
        poller = Poller(UsageCheck(client, accounts, renewals, clock), store, clock, randomness)
        settings = self._settings_service(poller)
        syncs = self._sync_service(cache(lambda: make_synchronizer(sync, self._locks, renewals.finish_held)), settings)
        return EngineUseCases(
            store=store,
            accounts=accounts,
            login=self._login_runner(),
            poller=poller,
            renewals=renewals,
            renewal_timer=RenewalTimer(renewals, accounts, store, clock, randomness),
            account_changes=self._account_changes(sync),
            models=cache(lambda: self._model_tests(renewals)),
            connection=self._connection_test(),
            alerting=self._alert_service(),
            arrangement=ArrangementService(JsonArrangementFile(self._places.arrangement, disk=self._disk), store),
            recording=HistoryRecorder(SqliteHistory(self._places.history, clock.now), store, clock),
            transfers=cache(self._transfers),
            sync=syncs,
            table=cache(lambda: make_table_service(sync, self._secrets, syncs, store)),
            settings=settings,
            updates=self._update_service(),
            incidents=IncidentService(client, store),
            monitor=SystemMonitor(self._desktop.is_metered),
            autostart=self._settings_file,
            hooks=HookService(ProcessHookRunner(), store, clock, hook_payload),
            folder_watch=SystemFolderWatch(),
            codex=self._codex_service(renewals, poller),
        )

    def _account_changes(self, sync: SyncContext) -> AccountChanges:
        accounts, vault = self._accounts, self._vault
        lasting = AccountLogins(accounts, self._memory).lasting
        return AccountChanges(accounts, self._client, self._locks, sync.removed, lasting, vault.give_up_unopened)

    def _browser_login(self, service: Service, listener: ExclusiveListener | None) -> BrowserLogin:
        return BrowserLogin(
            service, listener, self._browser, self._clock, self._randomness, handles=self._context.handles
        )

    def _login_runner(self) -> LoginRunner:
        listener = ExclusiveListener(self._listener, lambda: self._locks.attempt("login"))
        ways = {
            Way.BROWSER: self._browser_login(self._service, listener),
            Way.PASTE: self._paste_login,
            Way.CODE: DeviceLogin(self._service, self._client, self._browser, self._clock),
        }
        exchange = CodeExchange(self._service, self._client, JwtIdTokenCheck(self._service), self._clock)
        return LoginRunner(ways, exchange, self._accounts, self._locks, self._store)

    def _sync_context(self) -> SyncContext:
        tables = HttpTableFactory(self._proxy, self._context.environment, handles=self._context.handles)
        accounts = self._accounts
        return make_sync_context(
            accounts=accounts,
            sources=lambda: accounts.ours,
            tables=tables,
            files=self._files,
            zone=self._zone,
            placements=self._codex.placements,
        )

    def _renewals(self, sync: SyncContext) -> Renewals:
        store, place = self._store, str(self._context.loaded.path)
        journal = FileJournal(self._places.journal, FolderSealer(self._key), disk=self._disk)
        shared = make_shared_logins(sync, lambda: store.state.settings, self._secrets, place, adds_rows=True)
        homes = self._codex.places_of(lambda: store.state.settings)
        guarded = CodexRenewalGuard(self._codex.placements, shared, homes, self._memory)
        return make_renewals(self._client, self._accounts, journal, self._files, store.dispatch, guarded)

    def _codex_service(self, renewals: Renewals, poller: Poller) -> CodexService:
        codex, store, accounts, clock = self._codex, self._store, self._accounts, self._clock
        hand_overs = codex.hand_overs(accounts, renewals, self._memory, clock)
        homes = codex.places_of(lambda: store.state.settings)
        return CodexService(hand_overs, codex.placements, homes, accounts, poller, store, clock)

    def _sync_service(self, synchronizer: "Callable[[], Synchronizer]", settings: SettingsService) -> SyncService:
        accounts, clock, chance = self._accounts, self._clock, self._randomness
        return SyncService(synchronizer, self._secrets, accounts, self._store, clock, chance, settings)

    def _settings_service(self, poller: Poller) -> SettingsService:
        place = str(self._context.loaded.path)
        return SettingsService(self._settings_file, self._store, self._prepare, self._accounts, poller, place)

    async def _prepare(self, changed: Settings) -> Callable[[], None]:
        """What puts ``changed`` to use, once it is saved. Raises ProxyAddressError before that."""
        if changed.proxy and changed.proxy != self._store.state.settings.proxy:
            # One that was there before is complained of elsewhere, and keeps nobody from changing something else.
            detect_proxy(changed.proxy, {}, override_name=IN_SETTINGS, system=self._system_proxies)
        stores, service = self._stores(changed), self._at(changed)

        def use() -> None:
            self._accounts.use(stores)
            self._proxy.use(changed.proxy)
            self._listener.use(service)
            self._paste_login.use(service)

        return use

    def _connection_test(self) -> ConnectionTest:
        environment, handles = self._context.environment, self._context.handles
        probe = HttpProbe(self._service, environment, self._clock, self._system_proxies, handles=handles)
        return ConnectionTest(probe, self._store)

    def _alert_service(self) -> AlertService:
        clock, zone, t = self._clock, self._zone, self._t

        def compose(batch: tuple[Alert, ...], state: AppState) -> Notification:
            return notification(batch, state, Now(clock.now(), zone), t)

        def forecast(account: AccountState, window: Window) -> datetime | None:
            snapshot = account.snapshot
            return None if snapshot is None else runs_out_at(account.paces, window, snapshot.service_now(clock.now()))

        notifier = DesktopNotifier(self._desktop.show_message, resource(this_system().notification_picture))
        memory = FileAlertMemory(self._places.said, disk=self._disk)
        composer = AlertComposer(compose, lambda: trial(t), lambda: still_running(t))
        return AlertService(notifier, composer, self._store, clock, memory, zone, forecast)

    def _model_tests(self, renewals: Renewals) -> "ModelTestService":
        from probe_tray.engine.models.model_test_service import ModelTestService
        from probe_tray.engine.models.model_tester import ModelTester

        tester = ModelTester(self._client, self._clock, self._randomness)
        return ModelTestService(tester, self._accounts, renewals, self._store, self._clock)

    def _transfers(self) -> "Transfers":
        from probe_tray.adapters.files.export_files import DiskExportFiles, OwnFiles, own_files
        from probe_tray.adapters.files.import_files import DiskImportFiles
        from probe_tray.engine.transfer.export_session import ExportSession
        from probe_tray.engine.transfer.import_session import ImportSession
        from probe_tray.engine.transfer.login_check import LoginCheck
        from probe_tray.engine.transfer.login_import import LoginImport
        from probe_tray.engine.transfer.transfers import Transfers

        disk, accounts, store, clock = self._disk, self._accounts, self._store, self._clock

        def own() -> OwnFiles:
            return own_files(self._places, store.state.settings, self._context.loaded.path)

        check = LoginCheck(self._client, self._memory.renewal_of, clock)
        taking = LoginImport(accounts, self._locks, check, self._owners, self._memory.saw_in_client)
        files, client_id = DiskExportFiles(own, disk=disk), self._service.client_id
        return Transfers(
            ImportSession(DiskImportFiles(lambda: own().official, disk=disk), taking, accounts, store, clock),
            ExportSession(files, accounts, check.ended, store, clock, self._zone, client_id),
        )

    def _update_service(self) -> UpdateService:
        memory, chance = FileUpdateMemory(self._places.update, disk=self._disk), self._randomness
        return UpdateService(self._client, memory, self._browser, self._store, self._clock, chance, __version__)

    def _proxies(self, evaluate: Callable[[str], str]) -> PacProxies:
        there = self._service
        addresses = (there.backend, there.issuer, there.releases, there.status_page)
        hosts = [urlsplit(address).hostname or "" for address in addresses]
        return PacProxies(evaluate, hosts, has_script=names_script, finds_script=finds_script, read=read_system_proxies)

    def _stores(self, settings: Settings) -> tuple[AccountStore, ...]:
        """The chosen store first: it takes new logins. The others are read too, so that no login seems to vanish."""
        folder, places, disk = login_folder(settings, self._context.loaded.path), self._places, self._disk
        theirs, made = places.official_logins(settings.codex_homes), MadeHere(places.made_here, disk=disk)
        now = self._clock.monotonic
        folders = () if folder is None else (FolderStore(folder, official=theirs, made=made, disk=disk, now=now),)
        ours = (*folders, self._vault) if settings.storage is Storage.FOLDER else (self._vault, *folders)
        silently = partial(self._context.keyring.read_entry, silently=True)
        official = [
            OfficialStore(home, self._context.keyring.read_entry, read_silently=silently, now=now, disk=disk)
            for home in places.codex_homes(settings.codex_homes)
        ]
        return (*ours, *(OwnedTokenStore(store, self._owners) for store in official))

    def _sync_secrets(self) -> SyncVault:
        context = self._context
        if not context.service.is_demo:
            place, keyring, handles = context.loaded.path, context.keyring, context.handles
            return StoredSyncSecrets(place, keyring, self._locks, disk=self._disk, handles=handles)
        from probe_tray.demo.table_seed import DemoSyncSecrets

        return DemoSyncSecrets()

    def _at(self, settings: Settings) -> Service:
        return msgspec.structs.replace(self._service, redirect_host=settings.redirect_host)
