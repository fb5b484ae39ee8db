"""``codex-probe --sync``: shares the logins of sync_dir with the other machines, through the table."""

import asyncio
import logging
import os
import sys
from pathlib import Path

from probe_tray.adapters.files.app_folders import AppFolders, user_places
from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.tables import HttpTables
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, switch_off_core_dumps
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets
from probe_tray.adapters.logins.folder_store import RestoringFolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.logins.sealer import FallbackSealer
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.system import LocalZone
from probe_tray.cli.accounts import read_settings, waiting_locks
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.proxy import chosen_proxy, proxy_note
from probe_tray.cli.sync.sync_table import sync_failures, sync_header, sync_json, sync_rows
from probe_tray.cli.tables.layout import TextPiece, TextTable
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.cli.terminal.language import spoken
from probe_tray.cli.terminal.pipes import is_terminal, said_yes
from probe_tray.cli.terminal.signals import Interruption
from probe_tray.core.errors import ConfigError, Problem, SyncOffError
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import SyncReport, SyncWish
from probe_tray.core.sync.setup import SyncSecrets, SyncTarget, target
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.store import Store
from probe_tray.engine.sync.shared_logins import SharedTable
from probe_tray.engine.sync.synchronizer import Synchronizer
from probe_tray.view.sync.sync_view import counts
from probe_tray.view.text.translate import Translator, mark
from probe_tray.wiring import make_renewals, make_sync_means, vault_key

_DONE, _FAILED, _WRONG_USE = 0, 1, 2
_KEPT = mark("interrupted: what is done so far is kept.")
_HANDFUL = 10
"""So many accounts are done before a count of them helps anybody."""


def run_sync(arguments: Arguments) -> int:
    """Synchronise sync_dir and return the exit status. Raises ConfigError before anything is asked."""
    switch_off_core_dumps()
    known = KnownSecrets()
    with configure_logging(logging.WARNING, sys.stderr, Redactor(known)):
        places = user_places()
        loaded = read_settings(arguments.config, places)
        console = Console(quiet=arguments.quiet)
        if loaded.problem is not None:
            console.note(_translator(loaded).title(loaded.problem))
        return asyncio.run(CommandSync(arguments, console, places, loaded, known).run())


def offer_sync(
    arguments: Arguments, console: Console, places: AppFolders, loaded: LoadedSettings, known: KnownSecrets
) -> int:
    """After a renewal in sync_dir: ask whether to synchronise it, and do it; the exit status.

    Nobody is asked where nobody sits, nor with --quiet, --json or --yes: that flag says yes to what was asked for, and
    a sync was not. Without a setup there is nothing to ask; the keyring is not opened for the question.
    """
    asked = not (arguments.quiet or arguments.json or arguments.yes) and is_terminal(sys.stdin)
    if not (asked and is_terminal(sys.stderr) and loaded.settings.sync_url):
        return _DONE
    t = _translator(loaded)
    console.prompt(t("Sync now? [y/N] "), end="")
    if not said_yes():
        return _DONE
    return asyncio.run(CommandSync(arguments, console, places, loaded, known).run())


class CommandSync:
    """One sync of the folder."""

    def __init__(
        self, arguments: Arguments, console: Console, places: AppFolders, loaded: LoadedSettings, known: KnownSecrets
    ) -> None:
        """Say what comes of it on ``console``."""
        self._arguments, self._console, self._places = arguments, console, places
        self._loaded, self._known = loaded, known
        self._keyring = OsKeyStore(handles=known.add)
        self._t = _translator(loaded)
        self._begun = False

    async def run(self) -> int:
        """Do it and return the exit status. Raises ConfigError, and the Keyring errors where it is needed."""
        folder = self._loaded.sync_folder
        try:
            goal = await self._target()
        except SyncOffError as error:
            self._complain(error.problem)
            return _WRONG_USE
        if folder is None:
            raise ConfigError(
                path=str(self._loaded.path), key="sync_dir", found="empty", allowed="the folder to synchronise"
            )
        proxy = chosen_proxy(self._arguments, self._loaded.settings)
        self._console.note(proxy_note(proxy, (goal.url,), self._t))
        client = ServiceClient(OFFICIAL, proxy, os.environ, handles=self._known.add)
        try:
            return await self._sync(goal, self._make(goal, folder, proxy, client))
        finally:
            await client.aclose()

    async def _target(self) -> SyncTarget:
        url = self._loaded.settings.sync_url
        held = SyncSecrets()
        if url:
            held = await StoredSyncSecrets(self._loaded.path, self._keyring, handles=self._known.add).load()
        return target(url, held, str(self._loaded.path))

    def _make(self, goal: SyncTarget, folder: Path, proxy: ProxyChoice, client: ServiceClient) -> Synchronizer:
        places, known = self._places, self._known
        locks = waiting_locks(places, self._console, self._t)
        key, silent = (vault_key(places, entry, locks) for entry in (self._keyring, self._keyring.silent))
        shared = RestoringFolderStore(folder, official=places.official_login, made=MadeHere(places.made_here))
        store = Store(AppState(settings=self._loaded.settings))
        # An account that the vault holds too must not be left behind there.
        accounts = Accounts((shared, VaultStore(places.vault, key)), store)
        journal = FileJournal(places.journal, FallbackSealer(key, silent))
        means = make_sync_means(
            accounts=accounts,
            sources=lambda: (shared,),
            tables=HttpTables(proxy, os.environ, handles=known.add),
            places=places,
            locks=locks,
            zone=LocalZone(),
        )

        async def found() -> SyncTarget:
            return goal

        renewals = make_renewals(
            client, accounts, journal, places, locks, store.dispatch, SharedTable(means, found, lambda: False)
        )
        return Synchronizer(means, locks, renewals.finish_held)

    async def _sync(self, goal: SyncTarget, syncing: Synchronizer) -> int:
        t, wish = self._t, SyncWish(overwrite_all=self._arguments.yes)
        task = asyncio.ensure_future(syncing.run(goal, wish, self._progress))

        def stop() -> None:
            self._console.end_line()
            syncing.stop()
            if self._begun:
                self._console.prompt(t("Finishing the accounts in progress. Press Ctrl-C again to stop at once."))
            else:
                # Nothing was changed yet: there is nothing to see to its end.
                task.cancel()

        with Interruption(stop, lambda: self._console.failure(t(_KEPT))) as interruption:
            await asyncio.wait({task})
        self._console.take_back()
        if task.cancelled():
            self._console.failure(t("interrupted: nothing was changed."))
            return interruption.status or _FAILED
        report = task.result()
        self._tell(report)
        if interruption.status is not None:
            self._console.failure(t(_KEPT))
            return interruption.status
        return _DONE if report.well else _FAILED

    def _progress(self, done: int, total: int) -> None:
        self._begun = True
        t = self._t
        watched = self._console.watched(table=False) if total > _HANDFUL else None
        if watched is not None:
            watched.show([(TextPiece(t("{done} of {all} accounts", done=str(done), all=str(total))),)])

    def _tell(self, report: SyncReport) -> None:
        t = self._t
        if self._arguments.json:
            self._console.result(sync_json(report))
        elif rows := sync_rows(report, t):
            self._console.table(TextTable(header=sync_header(t), rows=rows))
        for failure in sync_failures(report, t):
            self._console.failure(failure)
        if report.problem is not None:
            self._complain(report.problem)
        else:
            self._console.note(t("{what}.", what=counts(report, t)))

    def _complain(self, problem: Problem) -> None:
        problem = at_the_command_line(problem)
        self._console.failure(f"{self._t.title(problem)} {self._t.hint(problem)}")


def _translator(loaded: LoadedSettings) -> Translator:
    return Translator(spoken(loaded.settings.language, os.environ))
