"""``codex-probe diagnose``: tries everything a run needs and says what to fix. It changes no login and no setting."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from probe_tray import __version__
from probe_tray.adapters.desktop.machine import program
from probe_tray.adapters.desktop.notifier import may_notify
from probe_tray.adapters.desktop.session_bus import session_names
from probe_tray.adapters.files.config_file import LoadedSettings, load_settings, may_be_there
from probe_tray.adapters.files.safe_files import prove_writable
from probe_tray.adapters.files.update_memory import FileUpdateMemory
from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.hygiene import Redactor
from probe_tray.adapters.journal.entry_file import unfinished
from probe_tray.adapters.logins.credential_files import is_folder, is_there
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.logins.vault import record_files
from probe_tray.adapters.proxy.pac import finds_script, names_script
from probe_tray.adapters.proxy.proxy import read_system_proxies
from probe_tray.adapters.system import SystemClock
from probe_tray.adapters.systems.current import this_system
from probe_tray.cli.diagnose.checks import (
    CONFIGURATION,
    DATA_FOLDER,
    JOURNAL,
    KEYRING,
    OFFICIAL,
    PROXY,
    SYNC,
    VAULT,
    Check,
    State,
    checks_json,
    clock_check,
    connection_checks,
    desktop_checks,
    failed,
    from_problem,
    good,
    journal_check,
    program_check,
    proxy_check,
    table_check,
    update_check,
)
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.proxy import chosen_proxy
from probe_tray.cli.session.session import CommandSession
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ConfigError,
    KeyMissingError,
    Phrase,
    ProbeError,
    ProxyAddressError,
    ReadError,
    StoreError,
    UsageError,
)
from probe_tray.core.service.service import OFFICIAL as OFFICIAL_SERVICE
from probe_tray.core.settings import Settings, Storage
from probe_tray.core.sync.setup import target
from probe_tray.engine.sync.synchronizer import try_table
from probe_tray.ports.accounts import AccountStore, SyncVault
from probe_tray.ports.files import SyncMemory
from probe_tray.ports.http import Tables
from probe_tray.resources import resource
from probe_tray.view.text.privacy import mask
from probe_tray.view.text.translate import Translator
from probe_tray.wiring import make_sync_memory


async def sync_check(
    loaded: LoadedSettings | None,
    secrets: Callable[[LoadedSettings], SyncVault],
    tables: Tables,
    memory: SyncMemory,
    t: Translator,
) -> Check:
    """Try the table; nothing of that stays on this computer or in the table."""
    if loaded is None or not loaded.settings.sync_url:
        return good(SYNC, t("Not set up. Nothing is shared with other computers."))
    try:
        goal = target(loaded.settings.sync_url, await secrets(loaded).load(), str(loaded.path))
    except ProbeError as error:
        return failed(SYNC, error, t)
    return table_check(await try_table(tables, AesGcmLoginCipher, goal, memory), t)


_RESERVE = 64 * 1024
"""Bytes that must fit; a login has a few thousand."""


def diagnose(session: CommandSession) -> ExitStatus:
    """Check everything, print a line for each, and return FAILURE where something fails."""
    diagnosis = _Diagnosis(session)
    checks = [_clean(check, session.redactor) for check in session.runner.run(diagnosis.run())]
    if session.arguments.json:
        session.console.result(checks_json(checks, __version__))
    else:
        session.console.lines("".join(f"{check.line(session.t)}\n" for check in checks))
    return ExitStatus.FAILURE if any(check.state is State.FAIL for check in checks) else ExitStatus.SUCCESS


def _clean(check: Check, redactor: Redactor) -> Check:
    """Fit to be shown to anybody: no token, no address of a person, no name of the home folder, on one line."""

    def shown(text: str) -> str:
        return redactor(mask(" ".join(text.replace(str(Path.home()), "~").split())))

    return replace(check, what=shown(check.what), remedy=shown(check.remedy))


class _Diagnosis:
    def __init__(self, session: CommandSession) -> None:
        self._session = session
        self._arguments = session.arguments
        self._places = session.places
        self._disk = session.disk
        self._keyring = session.keyring
        # What programs read is English, whatever language the person speaks.
        self._t = Translator() if session.arguments.json else session.t

    async def run(self) -> list[Check]:
        loaded, configuration = self._configuration()
        settings = Settings() if loaded is None else loaded.settings
        about = program_check(await asyncio.to_thread(program, os.environ), _qt_version(), self._t)
        local = [about, configuration, self._data_folder(), await self._key(settings), *await self._stores(loaded)]
        local.append(await self._journal())
        memory = await FileUpdateMemory(self._places.update, disk=self._disk).load()
        local.append(update_check(memory, self._t, wanted=settings.check_for_updates))
        network = await self._network(settings, loaded)
        permitted = await may_notify(resource(this_system().notification_picture))
        return [*local, *network, *desktop_checks(await _listed(), sys.platform, self._t, permitted=permitted)]

    def _configuration(self) -> tuple[LoadedSettings | None, Check]:
        given, t = self._arguments.config, self._t
        path = self._places.config_file if given is None else Path(given)
        if not may_be_there(path):
            if given is None:
                return None, good(CONFIGURATION, t("{path} isn't there yet. The defaults are used.", path=str(path)))
            missing = UsageError(what=Phrase("--config {path}: there is no such file.", path=str(path)))
            return None, failed(CONFIGURATION, missing, t)
        try:
            loaded = load_settings(path, disk=self._disk)
            self._session.speak(loaded.settings)
            folder = loaded.login_folder
        except ConfigError as error:
            return None, failed(CONFIGURATION, error, t)
        if loaded.problem is not None:
            return loaded, from_problem(CONFIGURATION, loaded.problem, t, State.WARN)
        secret = any(loaded.known.get(key) for key in ("sync_api_key", "sync_aes_gcm_key"))
        if secret and this_system().is_open_to_others(path):
            what = t("{path} holds secrets, and other users can read it.", path=str(path))
            remedy = t(this_system().privacy_advice(path))
            return loaded, Check(name=CONFIGURATION, state=State.WARN, what=what, remedy=remedy)
        where = t("the vault") if folder is None or loaded.settings.storage is Storage.VAULT else str(folder)
        what = t("{path} is valid. New logins are saved in {where}.", path=str(path), where=where)
        return loaded, good(CONFIGURATION, what)

    def _data_folder(self) -> Check:
        folder = self._places.data_folder
        there = next(place for place in (folder, *folder.parents) if is_there(place))
        try:
            prove_writable(there, _RESERVE, disk=self._disk)
        except StoreError as error:
            return failed(DATA_FOLDER, error, self._t)
        if there == folder:
            return good(DATA_FOLDER, self._t("{path} can be written.", path=str(folder)))
        return good(DATA_FOLDER, self._t("{path} will be created when it is needed.", path=str(folder)))

    async def _key(self, settings: Settings) -> Check:
        try:
            key = await self._keyring.read()
            sealed = bool(record_files(self._places.vault))
        except StoreError as error:
            # Who keeps logins in plain files does without.
            plain = settings.storage is Storage.FOLDER
            return from_problem(KEYRING, error.problem, self._t, State.WARN if plain else State.FAIL)
        if key is not None:
            return good(KEYRING, self._t("It holds the vault's key."))
        if sealed:
            return failed(KEYRING, KeyMissingError(), self._t)
        return good(KEYRING, self._t("It works. No key is needed yet."))

    async def _stores(self, loaded: LoadedSettings | None) -> list[Check]:
        places, t = self._places, self._t
        checks = await _held(VAULT, self._session.vault, t("The vault"), t)
        folder = None if loaded is None else loaded.login_folder
        if loaded is not None and folder is not None and is_folder(folder):
            made = MadeHere(places.made_here, disk=self._disk)
            now = SystemClock().monotonic
            official = places.official_logins(loaded.settings.codex_homes)
            store = FolderStore(folder, official=official, made=made, disk=self._disk, now=now)
            checks += await _held("sync_dir", store, str(folder), t)
            if this_system().inherits_access and await asyncio.to_thread(this_system().is_open_to_others, folder):
                what, remedy = t("Other users of this computer may read it."), t(this_system().privacy_advice(folder))
                checks.append(Check(name="sync_dir", state=State.WARN, what=what, remedy=remedy))
        elif folder is not None:
            what = t("{path} isn't there.", path=str(folder))
            remedy = t("The first login creates it. If this is the wrong folder, correct sync_dir.")
            checks.append(Check(name="sync_dir", state=State.WARN, what=what, remedy=remedy))
        official = OfficialStore(
            places.codex_home,
            self._keyring.read_entry,
            read_silently=None,
            now=SystemClock().monotonic,
            disk=self._disk,
        )
        return checks + await _held(
            OFFICIAL, official, t("The Codex client's folder {path}", path=str(places.codex_home)), t
        )

    async def _journal(self) -> Check:
        try:
            return journal_check(await asyncio.to_thread(unfinished, self._places.journal, disk=self._disk), self._t)
        except ReadError as error:
            return failed(JOURNAL, error, self._t)

    async def _network(self, settings: Settings, loaded: LoadedSettings | None) -> list[Check]:
        try:
            choice = await asyncio.to_thread(chosen_proxy, self._arguments, settings)
        except ProxyAddressError as error:
            return [failed(PROXY, error, self._t)]
        asked = settings.proxy if self._arguments.proxy is None else self._arguments.proxy
        handles = self._session.handles
        probe = HttpProbe(OFFICIAL_SERVICE, os.environ, SystemClock(), read_system_proxies, handles=handles)
        reached = await probe.reach(None if asked is None else Secret(asked))
        host = urlsplit(OFFICIAL_SERVICE.backend).hostname or ""
        tables = HttpTableFactory(choice, os.environ, handles=handles)
        memory = make_sync_memory(self._session.files)
        shared = await sync_check(loaded, self._session.sync_secrets, tables, memory, self._t)
        script = asked is None and await asyncio.to_thread(names_script)
        searched = asked is None and reached.failed is not None and await asyncio.to_thread(finds_script)
        t = self._t
        return [
            proxy_check(choice, host, t, script=script, searched=searched),
            *connection_checks(reached, t),
            clock_check(probe.clock_ahead, t),
            shared,
        ]


async def _held(name: str, store: AccountStore, where: str, t: Translator) -> list[Check]:
    """How many logins a store holds, and what is wrong with it or with single ones."""
    try:
        contents = await store.load()
    except ProbeError as error:
        return [failed(name, error, t)]
    if contents.problem is not None:
        return [from_problem(name, contents.problem, t)]
    count = len(contents.found)
    instead = contents.api_key
    what = [t.plural("{where} holds {n} login.", "{where} holds {n} logins.", count, where=where)]
    if instead is not None and not count:
        what = [
            t("{where} holds a personal access token.", where=where)
            if instead.personal
            else t("{where} holds an API key.", where=where)
        ]
    elif instead is not None:
        what.append(t("It also holds a personal access token.") if instead.personal else t("It also holds an API key."))
    held = good(name, t.joined(what))
    return [held, *(from_problem(name, one.problem, t, State.WARN) for one in contents.unreadable)]


def _qt_version() -> str:
    """The version of the libraries for windows, without loading them; empty where they are not installed."""
    # Imported here: no other command asks for it.
    from importlib import metadata

    try:
        return metadata.version("PySide6-Essentials")
    except metadata.PackageNotFoundError:
        return ""


async def _listed() -> tuple[frozenset[str], frozenset[str]] | None:
    return None if sys.platform in {"darwin", "win32"} else await asyncio.to_thread(session_names)
