"""Removals that can still be undone: the account is out of sight, and its login lies untouched in its stores."""

import asyncio
from collections.abc import Awaitable, Callable

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.events import RemovalEnded, RemovalStarted
from probe_tray.core.feedback import FeedbackKind, UndoRemoval
from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.feedback_service import UNDO_TIME, FeedbackService
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
