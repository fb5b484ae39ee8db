"""``codex-probe diagnose``: tries everything a run needs and says what to mend. It changes no login and no setting."""

import asyncio
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from probe_tray import __version__
from probe_tray.adapters.desktop.session_bus import session_names
from probe_tray.adapters.files.app_folders import AppFolders
from probe_tray.adapters.files.config_file import LoadedSettings, load_settings
from probe_tray.adapters.files.safe_files import prove_writable
from probe_tray.adapters.files.update_memory import FileUpdateMemory
from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.http.tables import HttpTableFactory
from probe_tray.adapters.hygiene import Redactor
from probe_tray.adapters.journal.unfinished import unfinished
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.logins.credential_files import is_folder, is_there
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.logins.vault import VaultStore, record_files
from probe_tray.adapters.proxy.pac import names_script
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.system import SystemClock
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.diagnose.checks import (
    Check,
    State,
    checks_json,
    clock_check,
    desktop_checks,
    failed,
    from_problem,
    good,
    journal_check,
    proxy_check,
    update_check,
    way_checks,
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
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings, Storage
from probe_tray.core.sync.setup import target
from probe_tray.engine.sync.synchronizer import try_table
from probe_tray.ports.accounts import AccountStore
from probe_tray.view.text.privacy import mask

_NAME = "sync"


async def sync_check(
    loaded: LoadedSettings | None, keyring: OsKeyStore, proxy: ProxyChoice, handles: Callable[[Secret], None]
) -> Check:
    """Look at the table; nothing is written, neither here nor there."""
    if loaded is None or not loaded.settings.sync_url:
        return good(_NAME, "it is not set up, so nothing is shared with other machines")
    try:
        held = await StoredSyncSecrets(loaded.path, keyring, handles=handles).load()
        goal = target(loaded.settings.sync_url, held, str(loaded.path))
    except ProbeError as error:
        return failed(_NAME, error)
    found = await try_table(HttpTableFactory(proxy, os.environ, handles=handles), goal)
    if found.problem is not None:
        return from_problem(_NAME, found.problem)
    if found.opened < found.rows:
        what = f"the key opens {found.opened} of the {found.rows} rows of the table."
        return Check(name=_NAME, state=State.WARN, what=what, remedy="Run codex-probe --sync to see which rows.")
    rows = "row" if found.rows == 1 else "rows"
    return good(
        _NAME, f"the table has {found.rows} {rows}, and the key opens {'it' if found.rows == 1 else 'all of them'}"
    )


_RESERVE = 64 * 1024
"""Bytes that must fit; a login has a few thousand."""


def diagnose(session: CommandSession) -> ExitStatus:
    """Check everything, print a line for each, and return FAILURE where something fails."""
    diagnosis = _Diagnosis(session.arguments, session.places, session.keyring, session.vault, session.handles)
    checks = [_clean(check, session.redactor) for check in session.runner.run(diagnosis.run())]
    if session.arguments.json:
        session.console.result(checks_json(checks, __version__))
    else:
        session.console.lines("".join(f"{check.line}\n" for check in checks))
    return ExitStatus.FAILURE if any(check.state is State.FAIL for check in checks) else ExitStatus.SUCCESS


def _clean(check: Check, redactor: Redactor) -> Check:
    """Fit to be shown to anybody: no token, no address of a person, no name of the home folder, on one line."""

    def shown(text: str) -> str:
        return redactor(mask(" ".join(text.replace(str(Path.home()), "~").split())))

    return replace(check, what=shown(check.what), remedy=shown(check.remedy))


class _Diagnosis:
    def __init__(
        self,
        arguments: Arguments,
        places: AppFolders,
        keyring: OsKeyStore,
        vault: VaultStore,
        handles: Callable[[Secret], None],
    ) -> None:
        self._arguments = arguments
        self._places = places
        self._keyring = keyring
        self._vault = vault
        self._handles = handles

    async def run(self) -> list[Check]:
        loaded, configuration = self._configuration()
        settings = Settings() if loaded is None else loaded.settings
        local = [configuration, self._data_folder(), await self._key(settings), *await self._stores(loaded)]
        local.append(await self._journal())
        memory = await FileUpdateMemory(self._places.update).load()
        local.append(update_check(memory, wanted=settings.check_for_updates))
        network = await self._network(settings, loaded)
        return [*local, *network, *desktop_checks(await _listed(), sys.platform)]

    def _configuration(self) -> tuple[LoadedSettings | None, Check]:
        name, given = "configuration", self._arguments.config
        path = self._places.config_file if given is None else Path(given)
        if not is_there(path):
            if given is None:
                return None, good(name, f"{path} is not there yet, so everything is as it comes")
            return None, failed(
                name, UsageError(what=Phrase("--config {path}: there is no such file.", path=str(path)))
            )
        try:
            loaded = load_settings(path)
            folder = loaded.login_folder
        except ConfigError as error:
            return None, failed(name, error)
        if loaded.problem is not None:
            return loaded, from_problem(name, loaded.problem, State.WARN)
        secret = any(loaded.known.get(key) for key in ("sync_api_key", "sync_aes_gcm_key"))
        if secret and sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            what = f"{path} holds secrets and others may read it."
            return loaded, Check(name=name, state=State.WARN, what=what, remedy="Make it private: chmod 600.")
        where = "the vault" if folder is None or loaded.settings.storage is Storage.VAULT else str(folder)
        return loaded, good(name, f"{path} is in order; logins are kept in {where}")

    def _data_folder(self) -> Check:
        folder = self._places.data_folder
        there = next(place for place in (folder, *folder.parents) if is_there(place))
        try:
            prove_writable(there, _RESERVE)
        except StoreError as error:
            return failed("data folder", error)
        known = "can be written" if there == folder else "is made when it is needed"
        return good("data folder", f"{folder} {known}")

    async def _key(self, settings: Settings) -> Check:
        try:
            key = await self._keyring.read()
            sealed = bool(record_files(self._places.vault))
        except StoreError as error:
            # Who keeps logins in plain files does without.
            plain = settings.storage is Storage.FOLDER
            return from_problem("keyring", error.problem, State.WARN if plain else State.FAIL)
        if key is not None:
            return good("keyring", "it holds the key to the vault")
        return failed("keyring", KeyMissingError()) if sealed else good("keyring", "it answers; no key is needed yet")

    async def _stores(self, loaded: LoadedSettings | None) -> list[Check]:
        places = self._places
        checks = await _held("vault", self._vault, "the vault")
        folder = None if loaded is None else loaded.login_folder
        if folder is not None and is_folder(folder):
            checks += await _held("sync_dir", FolderStore(folder, official=places.official_login), str(folder))
        elif folder is not None:
            what, remedy = (
                f"{folder} is not there.",
                "It is made with the first login; correct sync_dir if it is wrong.",
            )
            checks.append(Check(name="sync_dir", state=State.WARN, what=what, remedy=remedy))
        official = OfficialStore(places.codex_home, self._keyring.read_entry)
        return checks + await _held("official", official, f"the official client's folder {places.codex_home}")

    async def _journal(self) -> Check:
        try:
            return journal_check(await asyncio.to_thread(unfinished, self._places.journal))
        except ReadError as error:
            return failed("journal", error)

    async def _network(self, settings: Settings, loaded: LoadedSettings | None) -> list[Check]:
        try:
            choice = await asyncio.to_thread(chosen_proxy, self._arguments, settings)
        except ProxyAddressError as error:
            return [failed("proxy", error)]
        asked = settings.proxy if self._arguments.proxy is None else self._arguments.proxy
        probe = HttpProbe(OFFICIAL, os.environ, SystemClock(), handles=self._handles)
        reached = await probe.reach(None if asked is None else Secret(asked))
        host = urlsplit(OFFICIAL.backend).hostname or ""
        shared = await sync_check(loaded, self._keyring, choice, self._handles)
        script = asked is None and await asyncio.to_thread(names_script)
        return [proxy_check(choice, host, script=script), *way_checks(reached), clock_check(probe.clock_ahead), shared]


async def _held(name: str, store: AccountStore, where: str) -> list[Check]:
    """How many logins a store holds, and what is wrong with it or with single ones."""
    try:
        contents = await store.load()
    except ProbeError as error:
        return [failed(name, error)]
    if contents.problem is not None:
        return [from_problem(name, contents.problem)]
    count = len(contents.found)
    instead = contents.api_key
    more = "" if instead is None else f" and {'a personal access token' if instead.personal else 'an API key'}"
    held = good(name, f"{where} holds {count} {'login' if count == 1 else 'logins'}{more}")
    return [held, *(from_problem(name, one.problem, State.WARN) for one in contents.unreadable)]


async def _listed() -> tuple[frozenset[str], frozenset[str]] | None:
    return None if sys.platform in {"darwin", "win32"} else await asyncio.to_thread(session_names)
