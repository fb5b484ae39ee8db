"""Joins adapters with the engine where the tray app and the command do it alike."""

import asyncio
import logging
import platform
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from probe_tray.adapters.codex.client_place import ClientPlace, KeyringEntries
from probe_tray.adapters.codex.client_processes import SystemClientProcesses
from probe_tray.adapters.codex.kept_places import SealedKeptPlaces
from probe_tray.adapters.codex.placement_file import JsonPlacementFile
from probe_tray.adapters.desktop.autostart import AutostartingSettings, start_command, system_entry
from probe_tray.adapters.files.app_folders import ProgramFiles, expanded
from probe_tray.adapters.files.config_file import JsonSettingsFile, LoadedSettings
from probe_tray.adapters.files.sync_memory import FileSyncMemory
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.journal.journal import FileJournal, holds_sealed_answer
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.journal.tally_file import JsonTallyFile
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.adapters.logins.sealer import Sealer, VaultKey
from probe_tray.adapters.logins.vault import record_files
from probe_tray.adapters.system import SystemClock, SystemRandomness
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import SyncOffError, WriteError
from probe_tray.core.events import Event
from probe_tray.core.settings import Settings, SettingsPatch
from probe_tray.core.sync.setup import SyncTarget, target
from probe_tray.core.sync.table_sql import TableSql
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.codex.codex_parts import CodexParts
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.codex.placement_stores import PlacementStores
from probe_tray.engine.renewal.account_logins import AccountLogins
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.store import Store
from probe_tray.engine.sync.late_shared_table import LateSharedTable
from probe_tray.engine.sync.sync_context import SyncContext
from probe_tray.ports.accounts import AccountStore, KeyStore, SyncVault
from probe_tray.ports.codex import CodexPlace
from probe_tray.ports.files import SettingsFile
from probe_tray.ports.http import Tables
from probe_tray.ports.shared_logins import SharedLogins
from probe_tray.resources import resource

if TYPE_CHECKING:
    from probe_tray.engine.sync.sync_service import SyncService
    from probe_tray.engine.sync.synchronizer import Synchronizer
    from probe_tray.engine.sync.table_service import TableService

_log = logging.getLogger(__name__)


def vault_key(files: ProgramFiles, keyring: KeyStore, silent: KeyStore | None = None) -> VaultKey:
    """The key of the vault, which is made only where nothing was ever sealed; ``silent`` as of :class:`VaultKey`."""
    places, disk = files.places, files.disk

    def in_use() -> bool:
        return bool(record_files(places.vault)) or holds_sealed_answer(places.journal, disk=disk)

    return VaultKey(keyring, files.locks, in_use, silent)


def make_renewals(
    client: ServiceClient,
    accounts: Accounts,
    journal: FileJournal,
    files: ProgramFiles,
    tell: Callable[[Event], None],
    shared: SharedLogins,
) -> Renewals:
    """The one way to a refresh request, of both programs; inside the running event loop."""
    clock, locks = SystemClock(), files.locks
    memory = FileRenewalMemory(files.places.memory, disk=files.disk)
    transaction = RefreshTransaction(client, accounts, journal, memory, clock, SystemRandomness(), client.issuer_host)
    tally = JsonTallyFile(files.places.tally, locks, disk=files.disk)
    return Renewals(transaction, locks, clock, tell, shared, tally, locks)


def make_codex(
    accounts: Accounts,
    files: ProgramFiles,
    keyring: KeyringEntries,
    sealer: Sealer,
    tell: Callable[[Event], None],
) -> CodexParts:
    """For both programs."""
    places, disk = files.places, files.disk

    def find(homes: Sequence[Path]) -> Sequence[CodexPlace]:
        named = [ClientPlace(home, keyring, disk=disk) for home in homes]
        return tuple({one.home: one for one in reversed(named)}.values())[::-1]

    # A home may be on a network drive that doesn't answer.
    async def homes(settings: Settings) -> Sequence[CodexPlace]:
        return await asyncio.to_thread(find, places.codex_homes(settings.codex_homes))

    async def home_at(home: str) -> CodexPlace:
        return (await asyncio.to_thread(find, [expanded(home)]))[0]

    def recorded(home: str) -> ClientPlace:
        return ClientPlace(Path(home), keyring, disk=disk, real=Path(home))

    kept = SealedKeptPlaces(places.kept_places, sealer, disk=disk)
    record = JsonPlacementFile(places.codex_record, files.locks, disk=disk)
    clock, tokens = SystemClock(), FileRenewalMemory(places.memory, disk=disk)
    memory = TokenMemory(tokens, clock, SystemRandomness())
    stores = PlacementStores(record, recorded, kept, memory)
    placements = PlacementKeeper(accounts, stores, files.locks, clock, tell)
    return CodexParts(placements, kept, SystemClientProcesses(places.codex_home), homes, home_at)


def make_sync_context(
    *,
    accounts: Accounts,
    sources: Callable[[], Sequence[AccountStore]],
    tables: Tables,
    files: ProgramFiles,
    zone: tzinfo,
    placements: PlacementKeeper,
    beside: Callable[[], Sequence[AccountStore]] = lambda: (),
) -> SyncContext:
    """For the accounts that ``sources`` hold; ``accounts`` are all the stores that may hold one of them.

    ``beside`` are those of them that are no sources, opened so that they ask nobody.
    """
    clock, randomness = SystemClock(), SystemRandomness()
    places, disk = files.places, files.disk
    memory = make_sync_memory(files)
    tokens = TokenMemory(FileRenewalMemory(places.memory, disk=disk), clock, randomness)
    return SyncContext(
        accounts=accounts,
        sources=sources,
        store_for_new=lambda: _store_for_new(accounts.ours[0]),
        level=AccountLogins(accounts, tokens).level,
        renewal_of=tokens.renewal_of,
        with_client=placements.with_client,
        in_codex=placements.lent,
        tables=tables,
        make_cipher=AesGcmLoginCipher,
        memory=memory,
        removed=memory,
        clock=clock,
        randomness=randomness,
        zone=zone,
        computer=_host_name(),
        beside=beside,
    )


def make_synchronizer(
    context: SyncContext, locks: FileLocks, settle: Callable[[AccountKey], Awaitable[None]]
) -> "Synchronizer":
    """What syncs; loaded where sync is set up."""
    from probe_tray.engine.sync.synchronizer import Synchronizer

    return Synchronizer(context, locks, settle)


def make_table_service(context: SyncContext, secrets: SyncVault, syncs: "SyncService", store: Store) -> "TableService":
    """What changes the table as a whole; loaded with the first change."""
    from probe_tray.engine.sync.table_owner import TableOwner
    from probe_tray.engine.sync.table_service import TableService

    return TableService(TableOwner(context, secrets), syncs, store)


def table_sql() -> TableSql:
    """The SQL of the shared table, as it ships."""
    table, protection = (resource(f"sql/{name}.sql").read_text("utf-8") for name in ("tokens", "protect"))
    return TableSql(table, protection)


def make_sync_memory(files: ProgramFiles) -> FileSyncMemory:
    """What this user's programs remember of shared tables."""
    return FileSyncMemory(files.places.sync_memory, files.locks, SystemRandomness(), _host_name(), disk=files.disk)


def _host_name() -> str:
    # Without the domain, which changes with the network.
    return platform.node().partition(".")[0]


def make_shared_logins(
    context: SyncContext, settings: Callable[[], Settings], secrets: SyncVault, place: str, *, adds_rows: bool
) -> SharedLogins:
    """What renewals ask, of both programs, as far as ``settings`` set up sync at that time.

    ``place`` is the configuration file in sentences. The keyring is opened only for a request that is about to be made.
    ``adds_rows``: whether a renewal may put an account into the table where sync runs by itself.
    """

    async def find() -> SyncTarget | None:
        url = settings().sync_url
        if not url:
            return None
        try:
            return target(url, await secrets.load(), place)
        except SyncOffError:
            return None

    def adds() -> bool:
        return adds_rows and bool(settings().sync_after_renewal or settings().sync_every_hours)

    def make() -> SharedLogins:
        from probe_tray.engine.sync.shared_table import SharedTable

        return SharedTable(context, find, adds)

    return LateSharedTable(lambda: bool(settings().sync_url), make)


def _store_for_new(chosen: AccountStore) -> AccountStore:
    return chosen.for_restored() if isinstance(chosen, FolderStore) else chosen


def make_settings_file(
    environment: Mapping[str, str], loaded: LoadedSettings, files: ProgramFiles, *, demo: bool
) -> AutostartingSettings:
    """The configuration of the tray app, which also decides whether the system starts it at login."""
    command = start_command(environment, demo=demo)
    entry = system_entry("probe-tray-demo" if demo else "probe-tray", environment, disk=files.disk)
    if loaded.settings.start_at_login:
        try:
            entry.renew(command)
        except WriteError as error:
            _log.warning("the entry for starting at login stays as it is: %s", error.facts["reason"])
    file = JsonSettingsFile(loaded.path, files.locks, disk=files.disk)
    return AutostartingSettings(_DemoSettings(file) if demo else file, entry, command)


class _DemoSettings:
    """Keeps the address of the demo's own table out of the file: its port is another one each time."""

    def __init__(self, file: SettingsFile) -> None:
        self._file = file

    async def change(
        self, change: SettingsPatch, base: Settings, check: Callable[[Settings], Awaitable[None]]
    ) -> Settings:
        def whole(saved: Settings) -> Settings:
            return SettingsPatch({"sync_url": change.values.get("sync_url", base.sync_url)}).applied_to(saved)

        kept = change.only([key for key in change.values if key != "sync_url"])
        saved = await self._file.change(kept, replace(base, sync_url=""), lambda settings: check(whole(settings)))
        return whole(saved)
