"""``codex-probe --renew``, ``--status`` and ``--apitest``, which combine for each login in this order."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.system import process_began
from probe_tray.adapters.systems.current import this_system
from probe_tray.cli.accounts import SelectedLogins, find_logins, tell_left_out, with_owners
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.renew.command_context import run_context
from probe_tray.cli.renew.interrupted_work import waits_for
from probe_tray.cli.renew.run_reporter import RunReporter
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.tables.board import Board, BoardContent, shown_live
from probe_tray.cli.tables.result_files import ResultFiles
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.hints import at_the_command_line, told
from probe_tray.cli.terminal.pipes import is_terminal
from probe_tray.cli.terminal.signals import Interruption
from probe_tray.core.account.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.errors import ProbeError, Problem, WriteError
from probe_tray.core.events import Event, TroubleMet
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AppState
from probe_tray.engine.batch import Batch, BatchContext, BatchOptions, said_by
from probe_tray.engine.store import Store
from probe_tray.ports.time import Clock
from probe_tray.view.text.privacy import mask
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.cli.renew.model_test import ModelStage

_HOOKS_ONCE_STOPPED: Final = 5.0
"""Seconds for all hooks of a run that the person has stopped."""


def run_accounts(session: CommandSession) -> ExitStatus:
    """Do what is asked for every login, print and write the tables, and return the exit status.

    Raises UsageError or ConfigError before anything is asked, WriteError when the result cannot be kept.
    """
    arguments, console, t = session.arguments, session.console, session.t
    files = ResultFiles(arguments, session.disk)
    loaded = session.read_settings()
    tested = arguments.apitest and _models_agreed(session, loaded)
    if not (tested or arguments.status or arguments.renew):
        return ExitStatus.SUCCESS
    run = _AccountRun(arguments, console, RunReporter(arguments, console, files, t), t, tested=tested)
    status = session.runner.run(_find_and_run(session, loaded, run))
    folder = loaded.login_folder
    if status in {ExitStatus.SUCCESS, ExitStatus.FAILURE} and folder is not None and run.has_renewed_in(folder):
        # Only now, for it brings more than most runs need.
        from probe_tray.cli.sync.sync import offer_sync

        return max(status, offer_sync(session, loaded))
    return status


def _models_agreed(session: CommandSession, loaded: LoadedSettings) -> bool:
    from probe_tray.cli.renew.model_test import agreed

    return agreed(session, loaded)


async def _find_and_run(session: CommandSession, loaded: LoadedSettings, run: "_AccountRun") -> ExitStatus:
    """Find the logins, join what ``run`` needs, and close it at the end."""
    found = await find_logins(session, loaded)
    if session.arguments.status or run.tested:
        found = await with_owners(found, session, loaded)
    tell_left_out(found, session.console, session.t, hide_names=session.arguments.hide_names)
    store = Store(AppState(settings=loaded.settings))
    store.on_event(run.tell_trouble)
    async with run_context(session, loaded, found, store) as context:
        # Other computers wait for what an earlier run could not give them.
        with contextlib.suppress(ProbeError):
            await context.renewals.share_all()
        if not (session.arguments.renew and loaded.settings.hook):
            return await run.run(found, context, loaded.settings)
        # Only here: most people have none.
        from probe_tray.cli.renew.run_hooks import RunHooks

        hooks = RunHooks(session, found, store)
        await hooks.begin()
        status = await run.run(found, context, loaded.settings)
        is_stopped = status not in {ExitStatus.SUCCESS, ExitStatus.FAILURE}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HOOKS_ONCE_STOPPED if is_stopped else None):
                await hooks.finish()
        return status


class _AccountRun:
    """All logins, with what is shown meanwhile and told at the end."""

    def __init__(
        self, arguments: Arguments, console: Console, reporter: RunReporter, t: Translator, *, tested: bool
    ) -> None:
        self._arguments = arguments
        self._console = console
        self._reporter = reporter
        self._t = t
        self.tested = tested
        """Whether models are tested."""
        self._renewed: list[Path] = []
        self._said: set[Problem] = set()

    def tell_trouble(self, event: Event) -> None:
        """Say at once, and once, what belongs to no single login: that the table could not be asked."""
        if isinstance(event, TroubleMet) and event.problem is not None and event.problem not in self._said:
            self._said.add(event.problem)
            self._console.end_line()
            problem = at_the_command_line(event.problem)
            self._console.failure(self._t.told(problem.with_facts(mask) if self._arguments.hide_names else problem))

    def has_renewed_in(self, folder: Path) -> bool:
        """Whether a login in a file of this folder was renewed."""
        return any(Path(os.path.realpath(path)).parent == Path(os.path.realpath(folder)) for path in self._renewed)

    async def run(self, found: SelectedLogins, context: BatchContext, settings: Settings) -> ExitStatus:
        """Work on the logins that were ``found``."""
        arguments, tested = self._arguments, self.tested
        batch, models = Batch(context, _order(arguments, settings)), self._model_stage(context, settings)
        done: dict[int, AccountReport] = {}
        ending: list[asyncio.Task[None]] = []

        async def stop() -> None:
            self._console.end_line()
            if models is not None:
                models.stop()
            if context.renewals.sent:
                self._console.prompt(waits_for(context.renewals.sent, self._t))
            await batch.stop()

        def tell(unanswered: int = 0) -> ExitStatus:
            return self._reporter.tell(
                found,
                done,
                percentages=settings.percentages,
                tested=tested,
                interrupted=interruption.status,
                unanswered=unanswered,
            )

        def last_words() -> None:
            try:
                tell(context.renewals.sent)
            except WriteError as error:
                self._console.failure(told(error, self._t))

        # Until everything is told: what was done must not go unsaid.
        with Interruption(lambda: ending.append(asyncio.create_task(stop())), last_words) as interruption:
            async with self._shown(found, done, settings.percentages, context.clock):
                await batch.run(found.logins, jobs=arguments.jobs, done=done.__setitem__)
                if models is not None:
                    await models.run(found.logins, done)
                await asyncio.gather(*ending)
            self._renewed = [Path(r.location) for r in done.values() if r.renewal is not None and _is_new(r.renewal)]
            return tell()

    def _model_stage(self, context: BatchContext, settings: Settings) -> "ModelStage | None":
        if not self.tested:
            return None
        # Only here: most runs test none.
        from probe_tray.cli.renew.model_test import ModelStage

        return ModelStage(context, self._arguments, settings)

    def _shown(
        self, found: SelectedLogins, done: Mapping[int, AccountReport], percentages: Percentages, clock: Clock
    ) -> contextlib.AbstractAsyncContextManager[None]:
        arguments = self._arguments
        shown = BoardContent(
            renew=arguments.renew,
            status=arguments.status,
            test=self.tested,
            percentages=percentages,
            hide_names=arguments.hide_names,
        )
        logins = [said_by(stored, stored.credential) for stored in found.logins]
        board = Board(logins, shown, self._t)
        return shown_live(self._console, board, done, len(logins), clock, table=not arguments.json)


def _is_new(renewal: RenewalReport) -> bool:
    return renewal.result in {RenewalResult.RENEWED, RenewalResult.ADOPTED}


def _order(arguments: Arguments, settings: Settings) -> BatchOptions:
    return BatchOptions(
        renew=arguments.renew,
        force=arguments.force and arguments.renew,
        status=arguments.status,
        everything=arguments.json or (arguments.output or "").lower().endswith(".json"),
        days=settings.renew_before_expiry_days,
        renew_refused=settings.auto_renew,
        in_turn=not is_terminal(sys.stderr),
        since=process_began(this_system()),
    )
