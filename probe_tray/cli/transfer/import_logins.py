"""``codex-probe --import``: shows what files hold, asks, and takes the logins into the tray app's accounts."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.import_files import find_files, in_words, read_files
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.system import LocalZone, SystemClock, SystemRandomness
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.own_stores import own_stores
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.tables.layout import TextTable
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.hints import at_the_command_line, with_hints
from probe_tray.cli.terminal.pipes import is_terminal, said_yes
from probe_tray.cli.terminal.signals import Interruption
from probe_tray.cli.transfer.import_table import import_header, import_json, import_rows, outcome_text, what_happens
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import Phrase, ProbeError, Problem, ReadError
from probe_tray.core.formats.document import LARGEST_LIST
from probe_tray.core.state import AppState
from probe_tray.core.transfer.import_plan import COPY_WARNING, Item, Source, warns_of_copies
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.token_owners import TokenOwners
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.store import Store
from probe_tray.engine.transfer.login_check import LoginCheck
from probe_tray.engine.transfer.login_import import LoginImport
from probe_tray.view.tables.status_table import failures
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.transfer.words import place_of

STANDARD_INPUT = "-"
_SHOWN = "standard input"
_KEPT = mark("interrupted: logins imported so far are kept.")


def read_sources(paths: Sequence[str], official: Sequence[Path], *, disk: Disk) -> list[Source]:
    """Everything that is to be imported, files in their order; what cannot be read is a source with its problem.

    ``official`` are the official client's own files: they are read like any other, and a copy of a login is made.
    """
    given = [_standard_input()] if STANDARD_INPUT in paths else []
    return [*given, *read_files(find_files(path for path in paths if path != STANDARD_INPUT), official, disk=disk)]


def _standard_input() -> Source:
    try:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - it is None when started with it closed
            raise ReadError(path=Phrase(_SHOWN), reason=Phrase("it is closed"))
        return in_words(sys.stdin.buffer.read(LARGEST_LIST + 1), _SHOWN)
    except ReadError as error:
        return Source(location=_SHOWN, problem=error.problem)
    except OSError as error:
        return Source(location=_SHOWN, problem=ReadError(path=Phrase(_SHOWN), reason=reason_of(error)).problem)


def import_logins(session: CommandSession) -> ExitStatus:
    """Import what the arguments name and return the exit status.

    Raises UsageError or ConfigError before anything is read.
    """
    arguments, console, t = session.arguments, session.console, session.t
    loaded = session.read_settings()
    if STANDARD_INPUT in arguments.paths and is_terminal(sys.stdin):
        console.prompt(t("Paste the logins here, then press Ctrl-D (on Windows Ctrl-Z and Enter)."))
    official = session.places.official_logins(loaded.settings.codex_homes)
    sources = read_sources(arguments.paths, official, disk=session.disk)
    stores, name = own_stores(session, loaded, session.vault)
    client = session.runner.run(_open_client(session, loaded))
    try:
        memory = _token_memory(session)
        check = LoginCheck(client, memory.renewal_of, SystemClock())
        accounts = Accounts(stores, Store(AppState(settings=loaded.settings)), memory.renewals_of)
        owners = TokenOwners(client, SystemClock())
        importing = LoginImport(accounts, session.locks, check, owners, memory.saw_in_client)
        return _Import(arguments, console, importing, name, t).run(sources, session.runner)
    finally:
        session.runner.run(client.aclose())


async def _open_client(session: CommandSession, loaded: LoadedSettings) -> ServiceClient:
    return session.client(session.proxy(loaded.settings))


def _token_memory(session: CommandSession) -> TokenMemory:
    memory = FileRenewalMemory(session.places.memory, disk=session.disk)
    return TokenMemory(memory, SystemClock(), SystemRandomness())


class _Import:
    def __init__(
        self, arguments: Arguments, console: Console, importing: LoginImport, target: str, t: Translator
    ) -> None:
        self._arguments = arguments
        self._console = console
        self._importing = importing
        self._target = target
        self._done: dict[int, Problem | None] = {}
        self._t = t
        self._failed = False

    def run(self, sources: Sequence[Source], runner: asyncio.Runner) -> ExitStatus:
        items = runner.run(self._preview(sources))
        if items is None:
            if self._arguments.json:
                self._console.result(import_json((), {}))
            return ExitStatus.FAILURE
        self._failed |= any(item.problem is not None for item in items)
        self._show(items)
        status: ExitStatus | None = None
        if any(item.taken for item in items):
            status = self._permission() if not self._arguments.yes else None
            if status is None:
                status = runner.run(self._take(items))
                self._console.note(outcome_text(items, self._done, self._t))
        if self._arguments.json:
            self._console.result(import_json(items, self._done))
        return status or (ExitStatus.FAILURE if self._failed else ExitStatus.SUCCESS)

    async def _preview(self, sources: Sequence[Source]) -> tuple[Item, ...] | None:
        """None where the store that is to take them cannot be opened."""
        preview = await self._importing.preview(sources, SystemClock().now())
        for problem in preview.problems:
            self._complain(problem)
        return None if preview.blocked else preview.items

    def _show(self, items: tuple[Item, ...]) -> None:
        t = self._t
        if not self._arguments.json:
            rows = import_rows(items, Now(SystemClock().now(), LocalZone()), self._t)
            self._console.table(TextTable(header=import_header(self._t), rows=rows))
        reports = [AccountReport(location=item.location, problem=item.problem) for item in items]
        for failure in failures(map(with_hints, reports), self._t):
            self._console.failure(failure)
        for item in items:
            for note in item.notes:
                place = place_of(item.location, item.entry, t)
                self._console.note(t("{account}: {note}", account=place, note=t(note)))
        self._console.note(what_happens(items, self._target, self._t))
        if warns_of_copies(items):
            self._console.note(self._t(COPY_WARNING))

    def _permission(self) -> ExitStatus | None:
        """None to go on, else the exit status: a person is asked, a script has to say so beforehand."""
        t = self._t
        if self._arguments.json or not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
            self._console.failure(t("nothing was imported: there is no terminal to ask on. Run it again with --yes."))
            return ExitStatus.WRONG_USE
        self._console.prompt(t("Import them? [y/N] "), end="")
        if said_yes():
            return None
        self._console.note(t("Nothing was imported."))
        return ExitStatus.SUCCESS

    async def _take(self, items: Sequence[Item]) -> ExitStatus | None:
        ended: list[bool] = []

        def stop() -> None:
            self._console.end_line()
            ended.append(True)

        with Interruption(stop, lambda: self._console.failure(self._t(_KEPT))) as interruption:
            for number, item in enumerate(items):
                if item.taken and item.credential is not None and item.account is not None and not ended:
                    try:
                        faults = (await self._importing.take(item.credential, item.account)).faults
                    except ProbeError as error:
                        self._done[number] = error.problem
                    else:
                        self._done[number] = None
                        for fault in faults:
                            self._complain(fault.problem)
        failed = [AccountReport(location=items[n].location, problem=p) for n, p in self._done.items() if p is not None]
        for failure in failures(map(with_hints, failed), self._t):
            self._console.failure(failure)
        self._failed |= bool(failed)
        if interruption.status is not None:
            self._console.failure(self._t(_KEPT))
        return interruption.status

    def _complain(self, problem: Problem) -> None:
        self._failed = True
        self._console.failure(self._t.told(at_the_command_line(problem)))
