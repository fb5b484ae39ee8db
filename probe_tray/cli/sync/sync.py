"""``codex-probe --sync``: shares the logins of sync_dir with the other machines, through the table."""

import asyncio
import os
import sys
from pathlib import Path
from typing import NamedTuple

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.logins.folder_store import RestoringFolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.cli.renew.command_context import bring_up_to_date, codex_parts
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.sync.sync_table import (
    last_of_each_computer,
    old_key_words,
    sync_failures,
    sync_header,
    sync_json,
    sync_rows,
)
from probe_tray.cli.tables.layout import TextPiece, TextTable
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.cli.terminal.pipes import is_terminal, said_yes
from probe_tray.cli.terminal.signals import Interruption
from probe_tray.core.errors import ConfigError, Phrase, ProbeError, SyncOpenedError
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import SyncOptions, SyncReport
from probe_tray.core.sync.setup import SyncSecrets, SyncTarget, target
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.sync.shared_table import SharedTable
from probe_tray.engine.sync.synchronizer import Synchronizer
from probe_tray.engine.sync.table_owner import forget_old_key
from probe_tray.view.sync.sync_view import counts
from probe_tray.view.text.translate import mark
from probe_tray.wiring import make_renewals, make_sync_context

_KEPT = mark("interrupted: what is done so far is kept.")
_HANDFUL = 10
"""So many accounts are done before a count of them helps anybody."""


class SyncOutcome(NamedTuple):
    """How a sync ended."""

    status: ExitStatus
    is_found_open: bool
    """Whether the table was left alone since it is not protected any more."""


def sync(session: CommandSession) -> ExitStatus:
    """Synchronise sync_dir and return the exit status. Raises ConfigError and SyncOffError before anything is asked."""
    loaded = session.read_settings()
    done = session.runner.run(_sync(session, loaded, allow_open=session.arguments.allow_unprotected))
    if not (done.is_found_open and _asks(session)):
        return done.status
    t = session.t
    session.console.note(
        t(
            "Anyone with the publishable key can then damage rows, put old ones back or keep your computers from "
            "renewing. They still can't read or forge a login. If you didn't turn its protection off yourself, protect "
            "it again: someone else may have changed your database."
        )
    )
    session.console.prompt(t("Use the table unprotected from now on? [y/N] "), end="")
    if not said_yes():
        return done.status
    return session.runner.run(_sync(session, loaded, allow_open=True)).status


def offer_sync(session: CommandSession, loaded: LoadedSettings) -> ExitStatus:
    """After a renewal in sync_dir: ask whether to synchronise it, and do it; the exit status.

    Nobody is asked where nobody sits, nor with --quiet, --json or --yes: that flag says yes to what was asked for, and
    a sync was not. Without a setup there is nothing to ask; the keyring is not opened for the question.
    """
    if not (_asks(session) and loaded.settings.sync_url):
        return ExitStatus.SUCCESS
    session.console.prompt(session.t("Sync now? [y/N] "), end="")
    if not said_yes():
        return ExitStatus.SUCCESS
    return session.runner.run(_sync(session, loaded)).status


def _asks(session: CommandSession) -> bool:
    """Whether somebody sits at the terminal who is to be asked what no flag has said."""
    arguments = session.arguments
    is_asked = not (arguments.quiet or arguments.json or arguments.yes)
    return is_asked and is_terminal(sys.stdin) and is_terminal(sys.stderr)


async def sync_with(
    session: CommandSession, loaded: LoadedSettings, goal: SyncTarget, *, allow_open: bool = False
) -> SyncOutcome:
    """Synchronise sync_dir with ``goal``; ``allow_open`` although it is not protected any more. Raises ConfigError."""
    folder = loaded.login_folder
    if folder is None:
        raise ConfigError(
            path=str(loaded.path), key="sync_dir", found=Phrase("empty"), allowed=Phrase("the folder to sync")
        )
    proxy = session.proxy(loaded.settings)
    session.tell_proxy(proxy, (goal.url,))
    client = session.client(proxy)
    try:
        synchronizer, renewals, placements = _synchronizer(session, loaded, goal, folder, proxy, client)
        # Who has logged out in the official client since shares that account again.
        await bring_up_to_date(placements)
        options = SyncOptions(overwrite_all=session.arguments.yes, allow_open=allow_open)
        action = _SyncAction(session, loaded, synchronizer, renewals)
        return SyncOutcome(await action.run(goal, options), action.is_found_open)
    finally:
        await client.aclose()


async def _sync(session: CommandSession, loaded: LoadedSettings, *, allow_open: bool = False) -> SyncOutcome:
    """Raises ConfigError, SyncOffError, and the Keyring errors where it is needed."""
    return await sync_with(session, loaded, await sync_target(session, loaded), allow_open=allow_open)


async def sync_target(session: CommandSession, loaded: LoadedSettings) -> SyncTarget:
    """The table that the configuration and the keyring name.

    Raises ConfigError, SyncOffError, and the Keyring errors where it is needed.
    """
    url = loaded.settings.sync_url
    secrets = SyncSecrets()
    if url:
        secrets = await session.sync_secrets(loaded).load()
    return target(url, secrets, str(loaded.path))


def _synchronizer(
    session: CommandSession,
    loaded: LoadedSettings,
    goal: SyncTarget,
    folder: Path,
    proxy: ProxyChoice,
    client: ServiceClient,
) -> tuple[Synchronizer, Renewals, PlacementKeeper]:
    places, disk = session.places, session.disk
    made = MadeHere(places.made_here, disk=disk)
    now = SystemClock().monotonic
    official = places.official_logins(loaded.settings.codex_homes)
    shared = RestoringFolderStore(folder, official=official, made=made, disk=disk, now=now)
    store = Store(AppState(settings=loaded.settings))
    # An account that the vault holds too must not be left behind there.
    accounts = Accounts((shared, session.vault), store, nothing_remembered)
    placements = codex_parts(session, accounts, store).placements
    context = make_sync_context(
        accounts=accounts,
        sources=lambda: (shared,),
        beside=lambda: (session.silent_vault(),),
        tables=HttpTableFactory(proxy, os.environ, handles=session.handles),
        files=session.files,
        zone=LocalZone(),
        placements=placements,
    )

    async def found() -> SyncTarget:
        return goal

    table = SharedTable(context, found, lambda: False)
    renewals = make_renewals(client, accounts, session.journal(), session.files, store.dispatch, table)
    return Synchronizer(context, session.locks, renewals.finish_held), renewals, placements


class _SyncAction:
    """One sync of the folder, with what is shown meanwhile and told at the end."""

    def __init__(
        self, session: CommandSession, loaded: LoadedSettings, synchronizer: Synchronizer, renewals: Renewals
    ) -> None:
        self._session, self._loaded, self._synchronizer, self._renewals = session, loaded, synchronizer, renewals
        self._arguments, self._console, self._t = session.arguments, session.console, session.t
        self._begun = False
        """Whether accounts are worked on: what is under way is seen to its end."""
        self._is_unchanged = False
        """Whether it is known that nothing was changed so far."""
        self.is_found_open = False
        """Whether the table was left alone since it is not protected any more."""

    async def run(self, goal: SyncTarget, options: SyncOptions) -> ExitStatus:
        """Do it and return the exit status."""
        task = asyncio.ensure_future(self._work(goal, options))
        with Interruption(lambda: self._stop(task), lambda: self._console.failure(self._t(_KEPT))) as interruption:
            await asyncio.wait({task})
        self._console.take_back()
        if interruption.status is None:
            return task.result()
        untouched = task.cancelled() and self._is_unchanged
        try:
            if not task.cancelled():
                task.result()
        except ProbeError as error:
            self._console.failure(self._t.told(at_the_command_line(error.problem)))
        self._console.failure(self._t("interrupted: nothing was changed.") if untouched else self._t(_KEPT))
        return interruption.status

    async def _work(self, goal: SyncTarget, options: SyncOptions) -> ExitStatus:
        t = self._t
        # The newest tokens of an account may be in the journal alone, and other computers wait for them.
        self._is_unchanged = not await self._renewals.finish_all()
        report = await self._synchronizer.run(goal, options, self._progress)
        self._console.take_back()
        self._tell(report)
        self.is_found_open = report.problem is not None and report.problem.is_a(SyncOpenedError)
        if report.old_key_ended and await forget_old_key(self._session.sync_secrets(self._loaded), goal):
            self._console.note(t("The key is changed. Only the new one is kept now."))
        elif report.old_key_ended:
            self._console.note(t("The key is changed. Remove the colon and the old key from sync_aes_gcm_key."))
        return ExitStatus.SUCCESS if report.well else ExitStatus.FAILURE

    def _stop(self, task: asyncio.Task[ExitStatus]) -> None:
        self._console.end_line()
        self._synchronizer.stop()
        if self._begun:
            self._console.prompt(self._t("Finishing the accounts in progress. Press Ctrl-C again to stop at once."))
        else:
            # Nothing of this sync was changed yet: there is nothing to see to its end.
            task.cancel()

    def _progress(self, done: int, total: int) -> None:
        self._begun, self._is_unchanged = True, False
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
            self._console.failure(t.told(at_the_command_line(report.problem)))
        else:
            self._console.note(t("{what}.", what=counts(report, t)))
            for said in last_of_each_computer(report, SystemClock().now(), t):
                self._console.note(said)
        if report.only_old_key:
            self._console.failure(old_key_words(report, t))
