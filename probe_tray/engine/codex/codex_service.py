"""Use in Codex in the tray app: one hand-over at a time, and the places looked at whenever a login has changed."""

import asyncio
import contextlib

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.codex.codex_state import (
    ClientProcess,
    CodexHomesRead,
    CodexUse,
    CodexUseChanged,
    CodexUsePhase,
    HandOver,
)
from probe_tray.core.commands import CloseCodexUse, CodexCommand, PutBackInCodex, UseInCodex
from probe_tray.core.errors import CodexHomeMissingError, CodexRunningError, CodexWholeSharedError, ProbeError, Problem
from probe_tray.core.events import AccountsRead, TroubleMet, VisibleAccountsChanged
from probe_tray.core.feedback import FeedbackKind
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.codex.hand_over import LoginHandOver
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.feedback_service import FeedbackService
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.store import Store
from probe_tray.engine.timers import BEAT, SELDOM, WakeTimer, until_beat
from probe_tray.ports.codex import CodexPlace, KnownPlaces
from probe_tray.ports.time import Clock

_BETWEEN_LOOKS = 5.0
"""Seconds between two looks at the programs that run."""


class CodexService:
    """Does what the commands say, and keeps the state of all homes."""

    def __init__(
        self,
        hand_overs: LoginHandOver,
        placements: PlacementKeeper,
        homes: KnownPlaces,
        accounts: Accounts,
        poller: Poller,
        store: Store,
        clock: Clock,
    ) -> None:
        """``homes`` are those of the settings now, the default one first."""
        self._hand_overs, self._placements, self._homes = hand_overs, placements, homes
        self._accounts, self._poller, self._store, self._clock = accounts, poller, store, clock
        self._timer = WakeTimer(clock)
        self._turn = asyncio.Lock()
        self._told: Problem | None = None

    async def do(self, command: CodexCommand, feedback: FeedbackService) -> None:
        """Do it, and say what came of it. Never raises a ProbeError."""
        if isinstance(command, CloseCodexUse):
            self._tell(None)
            return
        async with self._turn:
            if isinstance(command, UseInCodex):
                begun = CodexUse(account=command.account, home=command.home, way=command.way)
            else:
                begun = CodexUse(account=None, home=command.home)
            self._tell(begun)
            place: CodexPlace | None = None
            try:
                place = await self._place(command.home)
                use = replace(await self._run(command, place), before=self._account_in(place))
            except ProbeError as error:
                running: tuple[ClientProcess, ...] = ()
                if place is not None and isinstance(error, CodexRunningError):
                    running = await self._hand_overs.running_as_known(place)
                failed = CodexUsePhase.FAILED
                use = replace(begun, phase=failed, problem=error.problem, running=running)
            # The homes first: whoever reads that it is done sees it there.
            await self._accounts.read()
            await self._look()
            self._tell(use)
            if use.phase is CodexUsePhase.DONE:
                kind = FeedbackKind.PUT_BACK_IN_CODEX if use.account is None else FeedbackKind.USED_IN_CODEX
                feedback.give(kind, use.account, undoable=use.before not in {None, use.account} or use.kept)

    async def run(self) -> None:
        """Look at the homes now, and whenever the logins have changed or time has passed. Runs until cancelled."""
        unsubscribe = self._store.on_event(self._on_read, AccountsRead)
        try:
            while True:
                self._timer.clear()
                async with self._turn:
                    await self._look()
                await self._timer.wait(until_beat(self._clock, BEAT if self._has_placed() else SELDOM))
        finally:
            unsubscribe()

    async def watch_programs(self) -> None:
        """Tell of a program that goes on with another account no longer than it runs. Runs until cancelled.

        Only while a person sees the card that names it: each look goes through all processes.
        """
        timer = WakeTimer(self._clock)

        def wake(_event: VisibleAccountsChanged | CodexUseChanged) -> None:
            timer.wake()

        unsubscribe = self._store.on_event(wake, VisibleAccountsChanged, CodexUseChanged)
        try:
            while True:
                timer.clear()
                use = self._waiting()
                if use is not None:
                    await self._look_at_programs(use)
                await timer.wait(None if use is None else _BETWEEN_LOOKS)
        finally:
            unsubscribe()

    def _has_placed(self) -> bool:
        """Whether a login may change, or is to be changed, in a home that nobody else looks at, or it isn't known yet.

        A change in the default home is one of the accounts', and these are read again for it.
        """
        codex = self._store.state.codex
        at_rest = [home for home in codex.homes if home.is_default and home.way is None and home.problem is None]
        return bool(codex.logged_out) or not at_rest or len(at_rest) < len(codex.homes)

    def _waiting(self) -> CodexUse | None:
        """The last hand-over, while its card names programs that have to be restarted."""
        use, seen = self._store.state.codex.use, self._store.state.visible_accounts
        if use is None or use.phase is not CodexUsePhase.DONE or not use.running or use.account not in seen:
            return None
        return use

    async def _look_at_programs(self, use: CodexUse) -> None:
        # What is wrong with the home or the record is told by what needs it.
        with contextlib.suppress(ProbeError):
            found = await self._hand_overs.running(await self._place(use.home))
            # One that was started meanwhile began with the new account.
            running = tuple(process for process in use.running if process in found)
            if running != use.running and self._store.state.codex.use == use:
                self._tell(replace(use, running=running))

    def _on_read(self, _event: AccountsRead) -> None:
        # A renewal, a sync, an import, a login, a change of the client's own file: each ends with reading the stores.
        self._timer.wake()

    async def _look(self) -> None:
        state = self._store.state
        if not state.loaded or any(kind is StoreKind.VAULT for kind, _ in state.store_problems):
            # Nothing can be passed on without the vault, and a keyring that was dismissed isn't asked again.
            return
        try:
            looked = await self._placements.look(await self._homes())
        except ProbeError as error:
            if error.problem != self._told:
                self._told = error.problem
                self._store.dispatch(TroubleMet(problem=error.problem))
            return
        self._told = None
        self._store.dispatch(CodexHomesRead(homes=looked.homes, logged_out=looked.logged_out))
        if looked.took_over:
            await self._accounts.read()
        if looked.just_ended:
            # The client ends a login at the service when it logs out.
            self._poller.refresh(tuple(looked.just_ended))

    async def _run(self, command: UseInCodex | PutBackInCodex, place: CodexPlace) -> CodexUse:
        if isinstance(command, PutBackInCodex):
            # Where a login is found that nobody here has, the view says what to do first.
            return await self._hand_overs.put_back(place, keep=())
        if command.way is HandOver.WHOLE and self._store.state.settings.sync_url:
            raise CodexWholeSharedError
        keep = () if command.keep is None else (command.keep,)
        return await self._hand_overs.use(command.account, place, command.way, keep=keep)

    def _account_in(self, place: CodexPlace) -> AccountKey | None:
        homes = self._store.state.codex.homes
        return next((home.account for home in homes if home.path == place.path), None)

    async def _place(self, home: str) -> CodexPlace:
        homes = await self._homes()
        known = (*homes, *await self._placements.places())
        place = next((one for one in known if home in {one.path, one.home}), None)
        if home and place is None:
            raise CodexHomeMissingError(path=home)
        return place or homes[0]

    def _tell(self, use: CodexUse | None) -> None:
        self._store.dispatch(CodexUseChanged(use=use))
