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
from probe_tray.adapters.files.app_folders import AppFolders, ProgramFiles, demo_places, user_places
from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.config_file import LoadedSettings, load_what_is_usable, login_folder
from probe_tray.adapters.files.disk import Disk
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
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.logins.sealer import FolderSealer
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.proxy.pac import PacProxies, finds_script, names_script
from probe_tray.adapters.proxy.proxy import detect_proxy, read_system_proxies
from probe_tray.adapters.proxy.source import IN_SETTINGS, ProxySource
from probe_tray.adapters.system import LocalZone, SystemClock, SystemRandomness
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
from probe_tray.engine.state_numbers import StateNumbers
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
from probe_tray.view.quota.quota_numbers import quota_overview
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.wiring import (
    make_renewals,
    make_settings_file,
    make_shared_logins,
    make_sync_context,
    vault_key,
)

if TYPE_CHECKING:
    from probe_tray.demo.service import DemoService

_KEY_SERVICE, _KEY_USER, _DEMO_KEY_USER = "Probe Tray", "vault key", "vault key of the demo"


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


@final
class Session:
    """One run of the tray app: its folders, its settings and its service."""

    def __init__(
        self,
        service: RunService,
        places: AppFolders,
        loaded: LoadedSettings,
        environment: Mapping[str, str],
        disk: Disk,
        known: KnownSecrets,
    ) -> None:
        """Every secret that is handled goes to ``known``."""
        self._service, self._demo, self._samples = service.addresses, service.is_demo, service.samples
        self._places = places
        self._loaded = loaded
        self._environment = environment
        self._disk = disk
        self._handles = known.add
        user = _DEMO_KEY_USER if self._demo else _KEY_USER
        self._keyring = OsKeyStore(service=_KEY_SERVICE, user=user, handles=known.add)

    @property
    def settings(self) -> Settings:
        """What the configuration said at the start."""
        return self._loaded.settings

    def wire(self, t: Translator, zone: tzinfo, desktop: DesktopHooks) -> Wired:
        """Make the engine; inside the running event loop."""
        clock, randomness, initial = SystemClock(), SystemRandomness(), self._loaded.settings
        store = Store(AppState(settings=initial, trouble=self._loaded.problem))
        places, disk, system = self._places, self._disk, self._proxies(desktop.script_proxy)
        locks = FileLocks(places.locks, waits=lambda waiting: store.dispatch(WaitingChanged(waiting=waiting)))
        files = ProgramFiles(places=places, locks=locks, disk=disk)
        key = vault_key(files, self._keyring)
        vault_store = VaultStore(places.vault, key, disk=disk)
        renewal_of = TokenMemory(FileRenewalMemory(places.memory, disk=disk), clock, randomness).renewal_of
        accounts = Accounts(self._stores(initial, vault_store), store, renewal_of)
        proxy = ProxySource(initial.proxy, self._environment, system, system.search)
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
        journal = FileJournal(places.journal, FolderSealer(key), disk=disk)
        context = make_sync_context(
            accounts=accounts, sources=lambda: accounts.ours, tables=tables, files=files, zone=zone
        )
        secrets = self._sync_secrets()
        shared = make_shared_logins(
            context, lambda: store.state.settings, secrets, str(self._loaded.path), adds_rows=True
        )
        renewals = make_renewals(client, accounts, journal, files, store.dispatch, shared)

        def compose(batch: tuple[Alert, ...], state: AppState) -> Notification:
            return notification(batch, state, Now(clock.now(), zone), t)

        def forecast(account: AccountState, window: Window) -> datetime | None:
            snapshot = account.snapshot
            return None if snapshot is None else runs_out_at(account.paces, window, snapshot.service_now(clock.now()))

        async def prepare(changed: Settings) -> Callable[[], None]:
            if changed.proxy and changed.proxy != store.state.settings.proxy:
                # One that was there before is complained of elsewhere, and keeps nobody from changing something else.
                detect_proxy(changed.proxy, {}, override_name=IN_SETTINGS, system=system)
            stores, service = self._stores(changed, vault_store), self._at(changed)

            def use() -> None:
                accounts.use(stores)
                proxy.use(changed.proxy)
                listener.use(service)
                unheard.use(service)

            return use

        file = make_settings_file(self._environment, self._loaded, files, demo=self._demo)
        poller = Poller(UsageCheck(client, accounts, renewals, clock), store, clock, randomness)
        settings = SettingsService(file, store, prepare, accounts, poller, str(self._loaded.path))
        parts = EngineUseCases(
            store=store,
            accounts=accounts,
            login=LoginRunner(sign_ins, self._exchange(client, clock), accounts, locks, store),
            poller=poller,
            renewals=renewals,
            renewal_timer=RenewalTimer(renewals, accounts, store, clock, randomness),
            account_changes=AccountChanges(accounts, client, locks, context.removed, vault_store.give_up_unopened),
            models=ModelTestService(ModelTester(client, clock, randomness), accounts, renewals, store, clock),
            connection=ConnectionTest(
                HttpProbe(self._service, self._environment, clock, system, handles=self._handles), store
            ),
            alerting=AlertService(
                DesktopNotifier(desktop.show_message, resource(notification_icon())),
                AlertComposer(compose, lambda: trial(t)),
                store,
                clock,
                FileAlertMemory(places.said, disk=disk),
                zone,
                forecast,
            ),
            arrangement=ArrangementService(JsonArrangementFile(places.arrangement, disk=disk), store),
            recording=HistoryRecorder(SqliteHistory(places.history, clock.now), store, clock),
            transfers=Transfers(
                ImportSession(
                    DiskImportFiles(places.official_login, disk=disk),
                    LoginImport(accounts, locks),
                    accounts,
                    store,
                    clock,
                ),
                ExportSession(
                    DiskExportFiles(places.official_login, disk=disk),
                    accounts,
                    store,
                    clock,
                    zone,
                    self._service.client_id,
                ),
            ),
            sync=SyncService(
                Synchronizer(context, locks, renewals.finish_held),
                secrets,
                accounts,
                store,
                clock,
                randomness,
                settings,
            ),
            settings=settings,
            updates=UpdateService(
                client, FileUpdateMemory(places.update, disk=disk), browser, store, clock, randomness, __version__
            ),
            incidents=IncidentService(client, store, clock),
            monitor=SystemMonitor(desktop.is_metered),
            autostart=file,
        )
        engine = Engine(parts, clock, randomness, desktop.press, self._samples(clock))
        inspector = MachineInspector(
            self._environment,
            places.log_file,
            lambda: self._keyring.in_use,
            lambda: proxy.known,
        )
        numbers = StateNumbers(store, clock, quota_overview)
        return Wired(engine=engine, client=client, clock=clock, inspector=inspector, numbers=numbers)

    def _proxies(self, evaluate: Callable[[str], str]) -> PacProxies:
        there = self._service
        addresses = (there.backend, there.issuer, there.releases, there.status_page)
        hosts = [urlsplit(address).hostname or "" for address in addresses]
        return PacProxies(evaluate, hosts, has_script=names_script, finds_script=finds_script, read=read_system_proxies)

    def _stores(self, settings: Settings, vault: VaultStore) -> tuple[AccountStore, ...]:
        """The chosen store first: it takes new logins. The others are read too, so that no login seems to vanish."""
        folder, places, disk = login_folder(settings, self._loaded.path), self._places, self._disk
        official_login, made = places.official_login, MadeHere(places.made_here, disk=disk)
        folders = () if folder is None else (FolderStore(folder, official=official_login, made=made, disk=disk),)
        ours = (*folders, vault) if settings.storage is Storage.FOLDER else (vault, *folders)
        silently = partial(self._keyring.read_entry, silently=True)
        official = OfficialStore(
            places.codex_home,
            self._keyring.read_entry,
            read_silently=silently,
            now=SystemClock().monotonic,
            disk=disk,
        )
        return (*ours, official)

    def _sync_secrets(self) -> SyncVault:
        if not self._demo:
            return StoredSyncSecrets(self._loaded.path, self._keyring, disk=self._disk, handles=self._handles)
        from probe_tray.demo.table_seed import DemoSyncSecrets

        return DemoSyncSecrets()

    def _exchange(self, client: ServiceClient, clock: Clock) -> CodeExchange:
        return CodeExchange(self._service, client, JwtIdTokenCheck(self._service), clock)

    def _at(self, settings: Settings) -> Service:
        return msgspec.structs.replace(self._service, redirect_host=settings.redirect_host)


@contextlib.contextmanager
def open_session(environment: Mapping[str, str], disk: Disk, *, demo: bool) -> Generator[Session]:
    """Everything a run needs, ended with it. Raises DataFolderError and WriteError.

    ``demo`` has folders, a key and a service of its own: nothing real is touched.
    """
    switch_off_core_dumps()
    places = demo_places() if demo else user_places()
    with contextlib.ExitStack() as stack:
        make_private_folder(places.data_folder)
        known = KnownSecrets()
        stack.enter_context(configure_logging(logging.INFO, places.log_file, Redactor(known)))
        loaded = load_what_is_usable(places.config_file, disk=disk, create=FileLocks(places.locks))
        if not demo:
            real = RunService(addresses=OFFICIAL, samples=lambda _clock: (), is_demo=False)
            yield Session(real, places, loaded, environment, disk, known)
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
        samples = partial(sample_logins, service)
        run_service = RunService(addresses=simulated, samples=samples, is_demo=True)
        yield Session(run_service, places, loaded, environment, disk, known)


async def write_past(service: "DemoService", places: AppFolders) -> None:
    """Give everybody at ``service`` 30 days in the history of ``places``, the demo's; without it the demo runs too."""
    from probe_tray.demo.samples import past_of

    clock = SystemClock()
    history = SqliteHistory(places.history, clock.now)
    with contextlib.suppress(WriteError):
        await history.write(past_of(service.people, clock.now().astimezone(LocalZone())))
    await history.close()


def _demo_service(folder: Path) -> "DemoService":
    from probe_tray.demo.service import DemoService

    return DemoService(state_file=folder / "service.json")
