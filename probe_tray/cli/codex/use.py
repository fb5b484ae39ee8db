"""``codex-probe use``: lets the official client work with an account, or says which one it works with."""

import os
import sys
from collections.abc import Container, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path

from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.cli.accounts import SelectedLogins
from probe_tray.cli.own_stores import own_stores
from probe_tray.cli.renew.command_context import CommandContext, run_context
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.cli.terminal.pipes import is_terminal, said_yes
from probe_tray.core.account.account_names import AccountNames, matching
from probe_tray.core.account.identity import EVERY_ACCOUNT, AccountKey, StoreKind
from probe_tray.core.codex.codex_state import CodexHome, CodexKeeper, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.errors import CodexHomeMissingError, CodexWholeSharedError, Phrase, Problem, StoreError, UsageError
from probe_tray.core.events import ArrangementChanged, Event, TroubleMet
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.store import Store
from probe_tray.ports.codex import CodexPlace
from probe_tray.view.codex.command_words import home_words, keep_advice, keep_question, result_words
from probe_tray.view.panel.survey import name
from probe_tray.view.quota.quota_words import none_readable, which_of
from probe_tray.view.text.privacy import discreet_account, mask


def use_in_codex(session: CommandSession) -> ExitStatus:
    """Do it, or say which account each home uses. Raises a ProbeError where that can't be."""
    loaded = session.read_settings()
    # --yes answers what --keep answers; it never gives up a login.
    keeps = session.arguments.keep or session.arguments.yes
    keep: Container[AccountKey] = EVERY_ACCOUNT if keeps else ()
    told: list[Problem] = []
    while isinstance(outcome := session.runner.run(_run(session, loaded, told, keep=keep)), CodexUse):
        # Asked between two runs of the event loop: there, Ctrl-C would wait for the answer.
        if not _says_yes(session, outcome):
            session.console.failure(keep_advice(outcome.found, session.t))
            return ExitStatus.FAILURE
        # Whatever else is there by then is asked about in its turn.
        keep = () if outcome.asks_about is None else (outcome.asks_about,)
    return outcome


async def _run(
    session: CommandSession, loaded: LoadedSettings, told: list[Problem], *, keep: Container[AccountKey]
) -> ExitStatus | CodexUse:
    """The use that asks, else the exit status. What was ``told`` is not said again."""
    stores, _ = own_stores(session, loaded, session.vault)
    store = Store(AppState(settings=loaded.settings))
    store.on_event(partial(_tell_trouble, session, told))
    async with run_context(session, loaded, SelectedLogins(stores=stores), store) as context:
        await context.accounts.read()
        command = _UseCommand(session, loaded, store, context, keep=keep)
        return await command.run()


def _says_yes(session: CommandSession, use: CodexUse) -> bool:
    """Whether the person at the terminal, who is asked, keeps the login in place."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return False
    session.console.prompt(f"{keep_question(use.found, session.t)} [y/N] ", end="")
    return said_yes()


def _is_in(place: CodexPlace, folder: Path) -> bool:
    return os.path.realpath(folder) == place.home


def _refuse_odd_name(place: CodexPlace) -> None:
    """Raises UsageError for a folder whose name is no text: nothing could be noted of it."""
    try:
        place.home.encode()
    except UnicodeEncodeError:
        raise UsageError(
            what=Phrase(
                "The Codex folder {path} can't be used: its name isn't valid text (UTF-8). Rename it, then try again.",
                path=place.home,
            )
        ) from None


def _tell_trouble(session: CommandSession, told: list[Problem], event: Event) -> None:
    if isinstance(event, TroubleMet) and event.problem is not None and event.problem not in told:
        told.append(event.problem)
        session.console.failure(session.t.told(event.problem))


class _UseCommand:
    def __init__(
        self,
        session: CommandSession,
        loaded: LoadedSettings,
        store: Store,
        context: CommandContext,
        *,
        keep: Container[AccountKey],
    ) -> None:
        self._session, self._loaded, self._store = session, loaded, store
        self._codex, self._hand_overs, self._keep = context.codex, context.hand_overs, keep

    async def run(self) -> ExitStatus | CodexUse:
        """What the words of the command line ask for; the use that asks whether to keep a login, where one does."""
        arguments, session = self._session.arguments, self._session
        places = await self._places()
        if arguments.put_back or arguments.paths:
            _refuse_odd_name(places[0])
        if arguments.put_back:
            use = await self._hand_overs.put_back(places[0], keep=self._keep)
            return await self._told(use, places[0], is_first=False)
        # Here a keyring may ask: no lock is held yet, and once it is open it need not ask again.
        problems = [await self._problem_of(place) for place in places]
        # What an earlier run left half done is finished or dropped first, and what was renewed meanwhile passed on.
        looked = await self._codex.placements.look(places)
        if not arguments.paths:
            return self._tell_homes(looked.homes if arguments.home is None else looked.homes[:1], problems)
        given = arguments.paths[0]
        found = await self._matching(given)
        if not found and (unread := self._unread()):
            for problem in unread:
                self._complain(problem)
            session.console.failure(none_readable(given, session.t))
            return ExitStatus.FAILURE
        if len(found) != 1:
            listed = [(self._name(account.key), account.key.slug) for account in found]
            session.console.failure(which_of(listed, given, session.t))
            return ExitStatus.WRONG_USE
        is_first = all(home.way is None for home in looked.homes)
        return await self._use(found[0].key, places[0], is_first=is_first)

    async def _places(self) -> Sequence[CodexPlace]:
        """Those to work on. Raises UsageError for one in which our own logins would be taken for the client's."""
        homes, named = await self._codex.homes(self._loaded.settings), self._session.arguments.home
        if named is None:
            return homes
        place, logins = await self._codex.home_at(named), self._loaded.login_folder
        if logins is not None and place.home not in {home.home for home in homes} and _is_in(place, logins):
            raise UsageError(
                what=Phrase(
                    "--home {path} is the folder of your logins (sync_dir). Choose another one, or add it to "
                    "codex_homes first.",
                    path=named,
                )
            )
        return (place,)

    async def _problem_of(self, place: CodexPlace) -> Problem | None:
        """Why nobody can tell which login is there."""
        try:
            await place.read(asks=True)
        except StoreError as error:
            # Who has not started the client yet is not logged in there.
            is_new = isinstance(error, CodexHomeMissingError) and self._session.arguments.home is None
            return None if is_new else error.problem
        return None

    def _tell_homes(self, homes: Sequence[CodexHome], problems: Sequence[Problem | None]) -> ExitStatus:
        session, status = self._session, ExitStatus.SUCCESS
        for home, problem in zip_longest(homes, problems):
            if problem is None:
                session.console.lines(home_words(home, self._name, session.t) + "\n")
            else:
                self._complain(problem)
                status = ExitStatus.FAILURE
        return status

    def _unread(self) -> tuple[Problem, ...]:
        """Why accounts of ours may be missing."""
        state, ours = self._store.state, {self._session.places.vault, self._loaded.login_folder}
        stores = (problem for kind, problem in state.store_problems if kind is not StoreKind.OFFICIAL)
        return (*stores, *(one.problem for one in state.unreadable if Path(one.location).parent in ours))

    def _complain(self, problem: Problem) -> None:
        said = self._session.t.told(at_the_command_line(problem))
        self._session.console.failure(mask(said) if self._loaded.settings.privacy else said)

    async def _use(self, key: AccountKey, place: CodexPlace, *, is_first: bool) -> ExitStatus | CodexUse:
        way = HandOver.WHOLE if self._session.arguments.whole else self._loaded.settings.codex_hand_over
        if way is HandOver.WHOLE and self._loaded.settings.sync_url:
            raise CodexWholeSharedError
        use = await self._hand_overs.use(key, place, way, keep=self._keep)
        return await self._told(use, place, is_first=is_first)

    async def _told(self, use: CodexUse, place: CodexPlace, *, is_first: bool) -> ExitStatus | CodexUse:
        if use.phase is CodexUsePhase.ASKING:
            return use
        console, t = self._session.console, self._session.t
        for words in result_words(use, await self._keeper(place), self._name, t, is_first=is_first):
            console.note(words)
        return ExitStatus.SUCCESS

    async def _keeper(self, place: CodexPlace) -> CodexKeeper:
        return (await place.read(asks=True)).keeper

    async def _matching(self, given: str) -> tuple[AccountState, ...]:
        """The accounts of ours that a person means."""
        arrangement = await JsonArrangementFile(self._session.places.arrangement, disk=self._session.disk).load()
        self._store.dispatch(ArrangementChanged(arrangement=arrangement))
        ours = [account for account in self._store.state.accounts if not account.official]

        def names(account: AccountState) -> AccountNames:
            return AccountNames(account.alias, (account.email, account.key.account_id, account.key.slug))

        return matching(given, ours, names)

    def _name(self, key: AccountKey) -> str:
        account = self._store.state.account(key)
        return key.account_id if account is None else name(discreet_account(account, self._loaded.settings))
