"""``codex-probe --renew``, ``--status`` and ``--apitest``, which combine for each login in this order."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from probe_tray.adapters.desktop.process_start import process_began
from probe_tray.adapters.files.app_folders import AppFolders, user_places
from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, switch_off_core_dumps
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.keyring.backends import load_library
from probe_tray.adapters.keyring.key_store import OsKeyStore
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.official_store import OfficialStore
from probe_tray.adapters.logins.sealer import FallbackSealer
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.cli.accounts import SelectedLogins, find_logins, read_settings, tell_left_out, waiting_locks
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.proxy import chosen_proxy, proxy_note
from probe_tray.cli.renew.model_test import ModelStage, agreed
from probe_tray.cli.renew.run_reporter import RunReporter
from probe_tray.cli.tables.board import Board, BoardContent, shown_live
from probe_tray.cli.tables.result_files import ResultFiles
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.hints import at_the_command_line, told
from probe_tray.cli.terminal.language import spoken
from probe_tray.cli.terminal.signals import Interruption
from probe_tray.core.account.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.errors import Problem, WriteError
from probe_tray.core.events import Event, TroubleMet
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.batch import Batch, BatchMeans, BatchOrder, said_by
from probe_tray.engine.polling.clock_watch import ClockWatch
from probe_tray.engine.store import Store
from probe_tray.engine.sync.shared_logins import NoSharedLogins
from probe_tray.ports.shared_logins import SharedLogins
from probe_tray.ports.time import Clock
from probe_tray.view.text.translate import Translator
from probe_tray.wiring import make_renewals, make_shared_logins, make_sync_means, vault_key

_DONE = 0


def run_work(arguments: Arguments) -> int:
    """Do what is asked for every login, print and write the tables, and return the exit status.

    Raises UsageError or ConfigError before anything is asked, WriteError when the result cannot be kept.
    """
    switch_off_core_dumps()
    known = KnownSecrets()
    with configure_logging(logging.WARNING, sys.stderr, Redactor(known)):
        return _run(arguments, known)


def _run(arguments: Arguments, known: KnownSecrets) -> int:
    console, t = Console(quiet=arguments.quiet), Translator()
    files = ResultFiles(arguments)
    places = user_places()
    loaded = read_settings(arguments.config, places)
    t.use(spoken(loaded.settings.language, os.environ))
    if loaded.problem is not None:
        console.note(t.title(loaded.problem))
    tested = arguments.apitest and agreed(arguments, loaded, waiting_locks(places, console, t), console, t)
    if not (tested or arguments.status or arguments.renew):
        return _DONE
    reporter = RunReporter(arguments, console, files, t)
    work = _Work(arguments, console, reporter, t, tested=tested)
    status = asyncio.run(work.run(places, loaded, known))
    folder = loaded.sync_folder
    if status in {0, 1} and folder is not None and work.has_renewed_in(folder):
        # Only now, for it brings more than most runs need.
        from probe_tray.cli.sync.sync import offer_sync

        return max(status, offer_sync(arguments, console, places, loaded, known))
    return status


class _Work:
    def __init__(
        self, arguments: Arguments, console: Console, reporter: RunReporter, t: Translator, *, tested: bool
    ) -> None:
        self._arguments = arguments
        self._console = console
        self._reporting = reporter
        self._t = t
        self._tested = tested
        self._renewed: list[Path] = []
        self._said: set[Problem] = set()

    def _hear(self, event: Event) -> None:
        """Say at once, and once, what belongs to no single login: that the table could not be asked."""
        if isinstance(event, TroubleMet) and event.problem is not None and event.problem not in self._said:
            self._said.add(event.problem)
            self._console.end_line()
            problem = at_the_command_line(event.problem)
            self._console.failure(self._t.told(problem))

    def has_renewed_in(self, folder: Path) -> bool:
        """Whether a login in a file of this folder was renewed."""
        return any(Path(os.path.realpath(path)).parent == Path(os.path.realpath(folder)) for path in self._renewed)

    async def run(self, places: AppFolders, loaded: LoadedSettings, known: KnownSecrets) -> int:
        arguments, console, settings = self._arguments, self._console, loaded.settings
        locks, clock = waiting_locks(places, console, self._t), SystemClock()
        proxy = chosen_proxy(arguments, settings)
        keyring = OsKeyStore(handles=known.add)
        key, silent = (vault_key(places, entry, locks) for entry in (keyring, keyring.silent))
        found = await find_logins(arguments.paths, loaded, places, VaultStore(places.vault, key))
        tell_left_out(found, console, self._t)
        if found.logins:
            console.note(proxy_note(proxy, (OFFICIAL.issuer, OFFICIAL.backend), self._t))
        store = Store(AppState(settings=settings))
        # Before the token of a copy is sent, the client's own login is looked at; never so that a person is asked.
        official = OfficialStore(places.codex_home, partial(keyring.read_entry, silently=True))
        accounts = Accounts((*found.stores, official), store)
        watch = ClockWatch(clock, lambda error: console.failure(told(error, self._t)))
        client = ServiceClient(OFFICIAL, proxy, os.environ, handles=known.add, answered=watch.answered)
        journal = FileJournal(places.journal, FallbackSealer(key, silent, load=load_library))
        store.on_event(self._hear)
        shared = shared_logins(accounts, loaded, keyring, proxy, places, locks, known)
        renewals = make_renewals(client, accounts, journal, places, locks, store.dispatch, shared)
        means = BatchMeans(quota=client, accounts=accounts, renewals=renewals, journal=journal, clock=clock)
        try:
            return await self._tend(found, means, settings)
        finally:
            await renewals.close()
            await client.aclose()

    async def _tend(self, found: SelectedLogins, means: BatchMeans, settings: Settings) -> int:
        arguments, tested = self._arguments, self._tested
        batch, models = Batch(means, _order(arguments, settings)), ModelStage(means, arguments, settings)
        done: dict[int, AccountReport] = {}
        ending: list[asyncio.Task[None]] = []

        async def stop() -> None:
            self._console.end_line()
            models.stop()
            if means.renewals.sent:
                self._console.prompt(self._waits_for(means.renewals.sent))
            await batch.stop()

        def tell(unanswered: int = 0) -> int:
            status = interruption.status
            return self._reporting.tell(found, done, tested=tested, interrupted=status, unanswered=unanswered)

        def last_words() -> None:
            try:
                tell(means.renewals.sent)
            except WriteError as error:
                self._console.failure(told(error, self._t))

        # Until everything is told: what was done must not go unsaid.
        with Interruption(lambda: ending.append(asyncio.create_task(stop())), last_words) as interruption:
            async with self._shown(found, done, means.clock):
                await batch.run(found.logins, jobs=arguments.jobs, done=done.__setitem__)
                if tested:
                    await models.run(found.logins, done)
                await asyncio.gather(*ending)
            self._renewed = [Path(r.location) for r in done.values() if r.renewal is not None and _is_new(r.renewal)]
            return tell()

    def _shown(
        self, found: SelectedLogins, done: Mapping[int, AccountReport], clock: Clock
    ) -> contextlib.AbstractAsyncContextManager[None]:
        arguments = self._arguments
        shown = BoardContent(
            renew=arguments.renew, status=arguments.status, test=self._tested, hide_names=arguments.hide_names
        )
        logins = [said_by(stored, stored.credential) for stored in found.logins]
        board = Board(logins, shown, self._t)
        return shown_live(self._console, board, done, len(logins), clock, table=not arguments.json)

    def _waits_for(self, sent: int) -> str:
        t = self._t
        return t.plural(
            (
                "Waiting up to 45 s for the answer to {n} renewal, so that its login is not lost. Press "
                "Ctrl-C again to stop at once."
            ),
            (
                "Waiting up to 45 s for the answers to {n} renewals, so that their logins are not lost. "
                "Press Ctrl-C again to stop at once."
            ),
            sent,
        )


def shared_logins(
    accounts: Accounts,
    loaded: LoadedSettings,
    keyring: OsKeyStore,
    proxy: ProxyChoice,
    places: AppFolders,
    locks: FileLocks,
    known: KnownSecrets,
) -> SharedLogins:
    """What other computers have renewed, where sync is set up. A login that is not in the table is left to --sync."""
    if not loaded.settings.sync_url:
        return NoSharedLogins()
    # Only here, for they bring more than most runs need.
    from probe_tray.adapters.http.tables import HttpTables
    from probe_tray.adapters.keyring.sync_secrets import StoredSyncSecrets

    means = make_sync_means(
        accounts=accounts,
        sources=lambda: accounts.ours,
        tables=HttpTables(proxy, os.environ, handles=known.add),
        places=places,
        locks=locks,
        zone=LocalZone(),
    )
    secrets = StoredSyncSecrets(loaded.path, keyring, handles=known.add)
    return make_shared_logins(means, lambda: loaded.settings, secrets, str(loaded.path), adds_rows=False)


def _is_new(renewal: RenewalReport) -> bool:
    return renewal.result in {RenewalResult.RENEWED, RenewalResult.ADOPTED}


def _order(arguments: Arguments, settings: Settings) -> BatchOrder:
    return BatchOrder(
        renew=arguments.renew,
        force=arguments.force and arguments.renew,
        status=arguments.status,
        everything=arguments.json or (arguments.output or "").lower().endswith(".json"),
        days=settings.renew_before_expiry_days,
        renew_refused=settings.auto_renew,
        since=process_began(),
    )
