"""Asks for the quotas: when they are due, when a person wants them, never all at once."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from probe_tray.core.errors import ProbeError
from probe_tray.core.events import CheckFailed, CheckPlanned, CheckStarted, CheckSucceeded
from probe_tray.core.identity import AccountKey
from probe_tray.core.schedule import due, first_checks, next_check
from probe_tray.engine.store import Store
from probe_tray.engine.usage_check import UsageCheck
from probe_tray.ports import Clock, Randomness

_AT_ONCE = 8
_TICK = 5.0
"""Seconds between two looks at the schedule; a check may start so much later than planned."""


class Poller:
    """Keeps every account's snapshot fresh."""

    def __init__(self, check: UsageCheck, store: Store, clock: Clock, randomness: Randomness) -> None:
        """Ask through ``check``, tell ``store``."""
        self._check_usage = check
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._failures: dict[AccountKey, int] = {}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Poll until cancelled."""
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._plan_new()
                for account in due(self._store.state.accounts, self._clock.now())[: _AT_ONCE - len(running)]:
                    self._store.dispatch(CheckStarted(key=account.key))
                    task = asyncio.create_task(self._check(account.key))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: self._wake.set())
                self._wake.clear()
                await self._pause()
        finally:
            for task in running:
                task.cancel()

    def refresh(self, keys: Iterable[AccountKey], *, after: timedelta = timedelta()) -> None:
        """Check these accounts now, or ``after`` a while, one after the other where there are many."""
        now = self._clock.now() + after
        chosen = list(keys)
        for key, moment in zip(chosen, first_checks(len(chosen), now, timedelta(seconds=10)), strict=True):
            self._store.dispatch(CheckPlanned(key=key, next_check=moment))
        self._wake.set()

    def replan(self) -> None:
        """Look at the schedule again: the settings or the accounts changed."""
        self._wake.set()

    def _plan_new(self) -> None:
        every = self._every()
        if every is None and not any(a.checked_at is None for a in self._store.state.accounts):
            return
        state = self._store.state
        fresh = [a for a in state.accounts if a.next_check is None and not a.checking and (every or not a.checked_at)]
        for account, moment in zip(fresh, first_checks(len(fresh), self._clock.now(), every), strict=True):
            self._store.dispatch(CheckPlanned(key=account.key, next_check=moment))

    async def _pause(self) -> None:
        moments = [a.next_check for a in self._store.state.accounts if a.next_check is not None and not a.checking]
        left = [(m - self._clock.now()).total_seconds() for m in moments]
        nap = asyncio.create_task(self._clock.sleep(min([_TICK, *(max(s, 0.05) for s in left)])))
        woken = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({nap, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
            woken.cancel()

    async def _check(self, key: AccountKey) -> None:
        try:
            snapshot = await self._check_usage.snapshot(key, self._store.state.settings)
        except ProbeError as error:
            self._failures[key] = self._failures.get(key, 0) + 1
            moment = self._next(key, wait=error.retry_after, resets=())
            self._store.dispatch(CheckFailed(key=key, at=self._clock.now(), problem=error.problem, next_check=moment))
        else:
            self._failures.pop(key, None)
            windows = [w for limit in (snapshot.main, *snapshot.extra) for w in limit.windows]
            moment = self._next(key, wait=None, resets=tuple(w.reset_at for w in windows if w.reset_at is not None))
            self._store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=moment))

    def _next(self, key: AccountKey, *, wait: timedelta | None, resets: tuple[datetime, ...]) -> datetime | None:
        return next_check(
            now=self._clock.now(),
            every=self._every(),
            failures=self._failures.get(key, 0),
            wait=wait,
            resets=resets,
            jitter=self._randomness.uniform(-1, 1),
        )

    def _every(self) -> timedelta | None:
        minutes = self._store.state.settings.poll_minutes
        return timedelta(minutes=minutes) if minutes else None
