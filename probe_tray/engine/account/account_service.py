"""What a person does with accounts, told once it is done, and undone where that is possible."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.commands import Arrange, MoveAccount, MuteAccount, RemoveAccount, Renew, UndoLast
from probe_tray.core.errors import ProbeError
from probe_tray.core.events import RemovalEnded, RemovalStarted
from probe_tray.core.feedback import (
    FeedbackKind,
    UndoArrangement,
    UndoMute,
    UndoPrivacy,
    UndoRemoval,
    arrangement_feedback,
)
from probe_tray.core.settings import change
from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.arrangement import ArrangementService
from probe_tray.engine.alert_service import AlertService
from probe_tray.engine.feedback_service import UNDO_TIME, FeedbackService
from probe_tray.engine.renewal.renewal_batch import renew_due, renew_one
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.settings_service import SettingsService
from probe_tray.engine.store import Store
from probe_tray.engine.timers import Start, wait_for
from probe_tray.ports.time import Clock


class HeldRemovals:
    """Holds each removal back until the person can no longer undo it.

    Nothing is deleted before, so undoing needs no disk, no keyring and no token kept in memory: the file has its bytes,
    its mode and its place, and a sync sees a login like any other. Quitting carries out what is held. A process that is
    killed has removed nothing, and the account is there again at the next start: no login is lost that was wanted.
    """

    def __init__(
        self,
        changes: AccountChanges,
        accounts: Accounts,
        store: Store,
        clock: Clock,
        feedback: FeedbackService,
        start: Start,
        finish_pending: Callable[[AccountKey], Awaitable[None]],
    ) -> None:
        """``finish_pending`` brings the newest tokens of an account from the journal into its stores."""
        self._changes, self._accounts, self._store = changes, accounts, store
        self._clock, self._feedback, self._start = clock, feedback, start
        self._finish_pending = finish_pending
        self._held: dict[AccountKey, asyncio.Future[bool]] = {}
        """Whether the removal is to be carried out, as soon as that is known."""
        self._tasks: set[asyncio.Task[None]] = set()

    def hold(self, key: AccountKey) -> None:
        """Take the account out of sight, and delete its login later."""
        if self._store.state.account(key) is None or key in self._held:
            return
        decision = self._held[key] = asyncio.get_running_loop().create_future()
        self._store.dispatch(RemovalStarted(key=key))
        number = self._feedback.hold(FeedbackKind.REMOVED, key, undo=UndoRemoval(key))
        task = self._start(self._run(key, decision, number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def keep(self, key: AccountKey) -> bool:
        """Show the account again and leave its login alone; False where it is too late or nothing was held."""
        decision = self._held.pop(key, None)
        if decision is None:
            return False
        decision.set_result(False)
        self._store.dispatch(RemovalEnded(key=key, removed=False))
        return True

    async def carry_out(self) -> None:
        """Delete now what is held, and return once that has ended."""
        for key in tuple(self._held):
            self._held.pop(key).set_result(True)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, key: AccountKey, decision: asyncio.Future[bool], number: int) -> None:
        removed = False
        try:
            await self._finish_pending(key)
            # A login that comes meanwhile, from another process too, is not the one that was removed.
            seen = await self._changes.tokens_of(key)
            if not await self._is_wanted(key, decision):
                return
            self._feedback.end(number)
            removed = await self._changes.remove(key, revoke=False, seen=seen)
            if not removed:
                self._feedback.give(FeedbackKind.NOT_REMOVED, key)
        finally:
            self._feedback.end(number)
            if self._held.get(key) is decision:
                del self._held[key]
            if not decision.done() or decision.result():
                self._store.dispatch(RemovalEnded(key=key, removed=removed))
            # The official client may still have a login of the account, or a store that failed one of ours.
            await self._accounts.read()

    async def _is_wanted(self, key: AccountKey, decision: asyncio.Future[bool]) -> bool:
        timer = asyncio.ensure_future(wait_for(self._clock, UNDO_TIME))
        try:
            await asyncio.wait({timer, decision}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        if not decision.done():
            self._held.pop(key, None)
            decision.set_result(True)
        return decision.result()


AccountCommand = Renew | RemoveAccount | MoveAccount | Arrange | MuteAccount | UndoLast
"""What concerns accounts and ends with feedback."""


class AccountUseCases(NamedTuple):
    """What the work is done with."""

    changes: AccountChanges
    accounts: Accounts
    arrangement: ArrangementService
    alerting: AlertService
    settings: SettingsService
    renewals: Renewals
    store: Store
    clock: Clock


class AccountService:
    """Does what the commands say; never waits."""

    def __init__(self, use_cases: AccountUseCases, feedback: FeedbackService, start: Start) -> None:
        """Have ``start`` own the tasks."""
        self._use_cases, self._feedback, self._start = use_cases, feedback, start
        self._removals = HeldRemovals(
            use_cases.changes,
            use_cases.accounts,
            use_cases.store,
            use_cases.clock,
            feedback,
            start,
            self._finish_pending,
        )

    def send(self, command: AccountCommand) -> None:
        """Have ``command`` done."""
        match command:
            case Renew(account=key):
                self._start(self._renew(key))
            case RemoveAccount(account=key, revoke=True):
                self._start(self._remove_and_end(key))
            case RemoveAccount(account=key):
                self._removals.hold(key)
            case MoveAccount(account=key, to=to):
                self._start(self._move(key, to))
            case Arrange(arrangement=arrangement):
                self._start(self._arrange(arrangement))
            case MuteAccount(account=key, muted=muted):
                self._start(self._mute(key, muted=muted))
            case UndoLast(number=number):
                self._start(self._undo(number))

    def keep(self, key: AccountKey) -> None:
        """Do not remove the account, if a removal of it is held back."""
        self._removals.keep(key)

    async def carry_out_removals(self) -> None:
        """Carry out the removals that are held back."""
        await self._removals.carry_out()

    async def _finish_pending(self, key: AccountKey) -> None:
        # The newest tokens of a login that is moved or removed may be in the journal still.
        with suppress(ProbeError):
            await self._use_cases.renewals.finish_pending(key)

    async def _renew(self, chosen: AccountKey | None) -> None:
        use_cases = self._use_cases
        if chosen is None:
            await renew_due(use_cases.renewals, use_cases.store, use_cases.clock)
        elif await renew_one(use_cases.renewals, use_cases.store, use_cases.clock, chosen):
            self._feedback.give(FeedbackKind.RENEWED, chosen)
        await use_cases.accounts.read()

    async def _remove_and_end(self, key: AccountKey) -> None:
        if self._use_cases.store.state.account(key) is None:
            # Another process was faster: there is no login left to end.
            return
        await self._finish_pending(key)
        await self._use_cases.changes.remove(key, revoke=True)
        self._feedback.give(FeedbackKind.REMOVED_AND_ENDED)

    async def _move(self, key: AccountKey, to: StoreKind) -> None:
        await self._finish_pending(key)
        await self._use_cases.changes.move(key, to)
        if self._use_cases.store.state.account(key) is not None:
            self._feedback.give(FeedbackKind.MOVED, key)

    async def _arrange(self, arrangement: Arrangement) -> None:
        state = self._use_cases.store.state
        told = arrangement_feedback(state.arrangement, arrangement)
        if told is not None:
            # Before it is saved: what was done can be seen already, and a full disk is told apart.
            undo = UndoArrangement(state.arrangement, arrangement) if told.undoable else None
            key = next((a.key for a in state.accounts if a.key.slug == told.slug), None)
            self._feedback.give(told.kind, key, undo=undo)
        await self._use_cases.arrangement.arrange(arrangement)

    async def _mute(self, key: AccountKey, *, muted: bool) -> None:
        await self._use_cases.alerting.mute(key, muted=muted)
        kind = FeedbackKind.MUTED if muted else FeedbackKind.UNMUTED
        self._feedback.give(kind, key, undo=UndoMute(key, not muted))

    async def _undo(self, number: int) -> None:
        match self._feedback.take_back(number):
            case UndoRemoval(account=key):
                if self._removals.keep(key):
                    self._feedback.give(FeedbackKind.RESTORED, key)
                return
            case UndoArrangement(before=before, after=after):
                arrangement = self._use_cases.store.state.arrangement
                await self._use_cases.arrangement.arrange(arrangement.without(before, after))
            case UndoPrivacy(privacy=privacy):
                await self._use_cases.settings.change(change(privacy=privacy))
            case UndoMute(account=key, muted=muted):
                await self._use_cases.alerting.mute(key, muted=muted)
            case None:
                return
        self._feedback.give(FeedbackKind.UNDONE)
