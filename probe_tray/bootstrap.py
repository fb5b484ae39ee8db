"""Joins the adapters with the engine, layer 4: the only place that knows both."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, final
from urllib.parse import urlsplit

import msgspec

from probe_tray import __version__
from probe_tray.adapters.callback.exclusive import ExclusiveListener
from probe_tray.adapters.callback.listener import LoopbackListener
from probe_tray.adapters.desktop.browser import SystemBrowser
from probe_tray.adapters.desktop.machine import MachineInspector
from probe_tray.adapters.desktop.notifier import DesktopNotifier
from probe_tray.adapters.desktop.power import SystemMonitor
from probe_tray.adapters.files.alert_memory import FileAlertMemory
from probe_tray.adapters.files.app_folders import AppFolders, demo_places, user_places
from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.config_file import LoadedSettings, load_what_is_usable, login_folder
from probe_tray.adapters.files.export_files import DiskExportFiles
from probe_tray.adapters.files.import_files import DiskImportFiles
from probe_tray.adapters.files.safe_files import make_private_folder
from probe_tray.adapters.files.update_memory import FileUpdateMemory
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.jwt_id_token_check import JwtIdTokenCheck
from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.http.tables import HttpTableFactory
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, switch_off_core_dumps
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.folder_store import ConfiguredFolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.logins.sealer import FolderSealer
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.proxy.pac import PacProxies
from probe_tray.adapters.proxy.proxy import detect_proxy, read_system_proxies
from probe_tray.adapters.proxy.source import IN_SETTINGS, ProxySource
from probe_tray.adapters.system import SystemClock, SystemRandomness
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.adapters.systems.windows import notification_icon
from probe_tray.core.account.credential import Credential
from probe_tray.core.alerts.alert import Alert
from probe_tray.core.errors import WriteError
from probe_tray.core.events import TroubleMet, WaitingChanged
from probe_tray.core.quota.forecast import runs_out_at
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.service.service import OFFICIAL, Service
from probe_tray.core.settings import Settings, Storage
from probe_tray.core.state import AccountState, AppState, Way
from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.arrangement import ArrangementService
from probe_tray.engine.alert_service import AlertComposer, AlertService, OnPress
from probe_tray.engine.login.browser_login import BrowserLogin
from probe_tray.engine.login.code_exchange import CodeExchange
from probe_tray.engine.login.device_login import DeviceLogin
from probe_tray.engine.login.login_runner import LoginRunner
from probe_tray.engine.models.model_test_service import ModelTestService
from probe_tray.engine.models.model_tester import ModelTester
from probe_tray.engine.polling.clock_watch import ClockWatch
from probe_tray.engine.polling.connection_test import ConnectionTest
from probe_tray.engine.polling.history_recorder import HistoryRecorder
from probe_tray.engine.polling.incident_service import IncidentService
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.renewal.renewal_timer import RenewalTimer
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.runtime import Engine, EngineUseCases
from probe_tray.engine.settings_service import SettingsService
from probe_tray.engine.store import Store
from probe_tray.engine.sync.sync_service import SyncService
from probe_tray.engine.sync.synchronizer import Synchronizer
from probe_tray.engine.transfer.export_session import ExportSession
from probe_tray.engine.transfer.import_session import ImportSession
from probe_tray.engine.transfer.login_import import LoginImport
from probe_tray.engine.transfer.transfers import Transfers
from probe_tray.engine.update.update_service import UpdateService
from probe_tray.ports.accounts import AccountStore, SyncVault
from probe_tray.ports.desktop import Notification
from probe_tray.ports.time import Clock
from probe_tray.resources import resource
from probe_tray.view.alerts.notifications import notification, trial
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.wiring import make_renewals, make_settings_file, make_shared_logins, make_sync_means, vault_key

if TYPE_CHECKING:
    from probe_tray.demo.service import DemoService

_KEY_SERVICE, _KEY_USER, _DEMO_KEY_USER = "Probe Tray", "vault key", "vault key of the demo"


class Wired(msgspec.Struct, frozen=True, kw_only=True):
    """A tray app that is ready to run."""

    engine: Engine
    client: ServiceClient
    clock: Clock
    inspector: MachineInspector


@final
class Session:
    """One run of the tray app: its folders, its settings and its service."""

    def __init__(
        self,
        service: Service,
        places: AppFolders,
        loaded: LoadedSettings,
        environment: Mapping[str, str],
        known: KnownSecrets,
        samples: Callable[[Clock], Iterable[Credential]],
        *,
        demo: bool,
    ) -> None:
        """Talk to ``service``; every secret that is handled goes to ``known``.

        ``samples`` are kept where no account is there at the start. ``demo``: the service is the simulated one, which
        has a key of its own.
        """
        self._service = service
        self._places = places
        self._loaded = loaded
        self._environment = environment
        self._system: Callable[[], SystemProxies] = read_system_proxies
        self._handles = known.add
        user = _DEMO_KEY_USER if demo else _KEY_USER
        self._keyring = OsKeyStore(service=_KEY_SERVICE, user=user, handles=known.add)
        self._samples = samples
        self._demo = demo

    @property
    def settings(self) -> Settings:
        """What the configuration said at the start."""
        return self._loaded.settings

    def evaluate_scripts(self, evaluate: Callable[[str], str]) -> None:
        """Let ``evaluate`` say which proxy a script of the system's settings chooses for a host."""
        hosts = [
            urlsplit(address).hostname or ""
            for address in (
                self._service.backend,
                self._service.issuer,
                self._service.releases,
                self._service.status_page,
            )
        ]
        self._system = PacProxies(evaluate, hosts)

    def wire(
        self,
        t: Translator,
        zone: tzinfo,
        fallback: Callable[[str, str], None],
        metered: Callable[[], bool | None],
        press: OnPress,
    ) -> Wired:
        """Make the engine; inside the running event loop.

        ``fallback`` shows title and text where the desktop has no notifications; ``metered`` says whether the network
        is paid for by use, None where only the system knows; ``press`` is called for a notification's button.
        """
        clock, randomness, initial = SystemClock(), SystemRandomness(), self._loaded.settings
        store = Store(AppState(settings=initial, trouble=self._loaded.problem))
        places = self._places
        locks = FileLocks(places.locks, waits=lambda waiting: store.dispatch(WaitingChanged(waiting=waiting)))
        key = vault_key(places, self._keyring, locks)
        vault_store = VaultStore(places.vault, key)
        renewal_of = TokenMemory(FileRenewalMemory(places.memory), clock, randomness).renewal_of
        accounts = Accounts(self._stores(initial, vault_store), store, renewal_of)
        proxy = ProxySource(initial.proxy, self._environment, self._system)
        watch = ClockWatch(clock, lambda error: store.dispatch(TroubleMet(problem=error.problem)))
        tables = HttpTableFactory(proxy, self._environment, handles=self._handles)
        client = ServiceClient(self._service, proxy, self._environment, handles=self._handles, answered=watch.answered)
        listener = LoopbackListener(self._at(initial))
        alone = ExclusiveListener(listener, lambda: locks.attempt("login"))
        browser = SystemBrowser(self._environment)
        unheard = BrowserLogin(self._at(initial), None, browser, clock, randomness, handles=self._handles)
        sign_ins = {
            Way.BROWSER: BrowserLogin(self._service, alone, browser, clock, randomness, handles=self._handles),
            Way.PASTE: unheard,
            Way.CODE: DeviceLogin(self._service, client, browser, clock),
        }
        journal = FileJournal(places.journal, FolderSealer(key))
        means = make_sync_means(
            accounts=accounts, sources=lambda: accounts.ours, tables=tables, places=places, locks=locks, zone=zone
        )
        secrets = self._sync_secrets()
        shared = make_shared_logins(
            means, lambda: store.state.settings, secrets, str(self._loaded.path), adds_rows=True
        )
        renewals = make_renewals(client, accounts, journal, places, locks, store.dispatch, shared)

        def compose(batch: tuple[Alert, ...], state: AppState) -> Notification:
            return notification(batch, state, Now(clock.now(), zone), t)

        def forecast(account: AccountState, window: Window) -> datetime | None:
            snapshot = account.snapshot
            return None if snapshot is None else runs_out_at(account.paces, window, snapshot.service_now(clock.now()))

        async def prepare(changed: Settings) -> Callable[[], None]:
            if changed.proxy and changed.proxy != store.state.settings.proxy:
                # One that was there before is complained of elsewhere, and keeps nobody from changing something else.
                detect_proxy(changed.proxy, {}, override_name=IN_SETTINGS)
            stores, service = self._stores(changed, vault_store), self._at(changed)

            def use() -> None:
                accounts.use(stores)
                proxy.use(changed.proxy)
                listener.use(service)
                unheard.use(service)

            return use

        file = make_settings_file(self._environment, self._loaded, locks, demo=self._demo)
        poller = Poller(UsageCheck(client, accounts, renewals, clock), store, clock, randomness)
        settings = SettingsService(file, store, prepare, accounts, poller, str(self._loaded.path))
        parts = EngineUseCases(
            store=store,
            accounts=accounts,
            login=LoginRunner(sign_ins, self._exchange(client, clock), accounts, locks, store),
            poller=poller,
            renewals=renewals,
            renewal_timer=RenewalTimer(renewals, accounts, store, clock, randomness),
            account_changes=AccountChanges(accounts, client, locks, means.removed, vault_store.give_up_unopened),
            models=ModelTestService(ModelTester(client, clock, randomness), accounts, renewals, store, clock),
            connection=ConnectionTest(
                HttpProbe(self._service, self._environment, clock, self._system, handles=self._handles), store
            ),
            alerting=AlertService(
                DesktopNotifier(fallback, resource(notification_icon())),
                AlertComposer(compose, lambda: trial(t)),
                store,
                clock,
                FileAlertMemory(places.said),
                zone,
                forecast,
            ),
            arrangement=ArrangementService(JsonArrangementFile(places.arrangement), store),
            recording=HistoryRecorder(SqliteHistory(places.history, clock.now), store, clock),
            transfers=Transfers(
                ImportSession(
                    DiskImportFiles(places.official_login), LoginImport(accounts, locks), accounts, store, clock
                ),
                ExportSession(
                    DiskExportFiles(places.official_login), accounts, store, clock, zone, self._service.client_id
                ),
            ),
            sync=SyncService(
                Synchronizer(means, locks, renewals.finish_held),
                secrets,
                accounts,
                store,
                clock,
                randomness,
                settings,
            ),
            settings=settings,
            updates=UpdateService(
                client, FileUpdateMemory(places.update), browser, store, clock, randomness, __version__
            ),
            incidents=IncidentService(client, store, clock),
            monitor=SystemMonitor(metered),
            autostart=file,
        )
        engine = Engine(parts, clock, randomness, press, self._samples(clock))
        inspector = MachineInspector(
            self._environment,
            places.log_file,
            lambda: self._keyring.in_use,
            lambda: proxy.known,
        )
        return Wired(engine=engine, client=client, clock=clock, inspector=inspector)

    def _stores(self, settings: Settings, vault: VaultStore) -> tuple[AccountStore, ...]:
        """The chosen store first: it takes new logins. The others are read too, so that no login seems to vanish."""
        folder, places = login_folder(settings, self._loaded.path), self._places
        made = MadeHere(places.made_here)
        folders = () if folder is None else (ConfiguredFolderStore(folder, official=places.official_login, made=made),)
        ours = (*folders, vault) if settings.storage is Storage.FOLDER else (vault, *folders)
        silently = partial(self._keyring.read_entry, silently=True)
        return (*ours, OfficialStore(places.codex_home, self._keyring.read_entry, read_silently=silently))

    def _sync_secrets(self) -> SyncVault:
        if not self._demo:
            return StoredSyncSecrets(self._loaded.path, self._keyring, handles=self._handles)
        from probe_tray.demo.table_seed import DemoSyncSecrets

        return DemoSyncSecrets()

    def _exchange(self, client: ServiceClient, clock: Clock) -> CodeExchange:
        return CodeExchange(self._service, client, JwtIdTokenCheck(self._service), clock)

    def _at(self, settings: Settings) -> Service:
        return msgspec.structs.replace(self._service, redirect_host=settings.redirect_host)


@contextlib.contextmanager
def open_session(environment: Mapping[str, str], *, demo: bool) -> Generator[Session]:
    """Everything a run needs, ended with it. Raises DataFolderError and WriteError.

    ``demo`` has folders, a key and a service of its own: nothing real is touched.
    """
    switch_off_core_dumps()
    places = demo_places() if demo else user_places()
    with contextlib.ExitStack() as stack:
        make_private_folder(places.data_folder)
        known = KnownSecrets()
        stack.enter_context(configure_logging(logging.INFO, places.log_file, Redactor(known)))
        loaded = load_what_is_usable(places.config_file, create=FileLocks(places.locks))
        if not demo:
            yield Session(OFFICIAL, places, loaded, environment, known, lambda _clock: (), demo=False)
            return
        from probe_tray.demo.samples import sample_logins
        from probe_tray.demo.table_seed import fill_table

        service = stack.enter_context(_demo_service(places.data_folder))
        fill_table(service)
        if not places.history.exists():
            asyncio.run(write_past(service, places))
        addresses = service.addresses
        simulated = msgspec.structs.replace(
            OFFICIAL,
            issuer=addresses.issuer,
            backend=addresses.backend,
            releases=addresses.releases,
            status_page=addresses.releases,
        )
        # Its port is another one each time.
        settings = msgspec.structs.replace(loaded.settings, sync_url=addresses.table)
        loaded = msgspec.structs.replace(loaded, settings=settings)
        yield Session(
            simulated, places, loaded, environment, known, lambda clock: sample_logins(service, clock), demo=True
        )


async def write_past(service: "DemoService", places: AppFolders) -> None:
    """Give everybody at ``service`` 30 days in the history of ``places``, the demo's; without it the demo runs too."""
    from probe_tray.demo.samples import past_of

    clock = SystemClock()
    history = SqliteHistory(places.history, clock.now)
    with contextlib.suppress(WriteError):
        await history.write(past_of(service.people, clock.now().astimezone()))
    await history.close()


def _demo_service(folder: Path) -> "DemoService":
    from probe_tray.demo.service import DemoService

    return DemoService(state_file=folder / "service.json")
