"""Asks for the quotas: when they are due, when a person wants them, never all at once."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from probe_tray.core.errors import ProbeError, RateLimitedError, UnavailableError
from probe_tray.core.events import CheckFailed, CheckPlanned, CheckStarted, CheckSucceeded
from probe_tray.core.identity import AccountKey
from probe_tray.core.schedule import due, first_checks, next_check
from probe_tray.engine.store import Store
from probe_tray.engine.usage_asker import UsageAsker
from probe_tray.ports import Clock, Randomness

_AT_ONCE = 8
_TICK = 5.0
"""Seconds between two looks at the schedule; a check may start so much later than planned."""

_FOR_A_PERSON = timedelta(seconds=10)
"""So long at most takes the start of all checks that a person asks for at once."""
_LONGEST = 1.1
"""The interval with the largest jitter."""
_PUTS_OFF = {RateLimitedError.__name__, UnavailableError.__name__}
"""Failures in which the service itself says when to come back."""


class Poller:
    """Keeps every account's snapshot fresh."""

    def __init__(self, check: UsageAsker, store: Store, clock: Clock, randomness: Randomness) -> None:
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
                await self._pause(full=len(running) >= _AT_ONCE)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def refresh(self, keys: Iterable[AccountKey], *, after: timedelta = timedelta()) -> None:
        """Check these accounts now, or ``after`` a while, one after the other where there are many.

        None is checked before the moment to which the service has put it off.
        """
        now = self._clock.now() + after
        chosen = list(keys)
        for key, moment in zip(chosen, first_checks(len(chosen), now, _FOR_A_PERSON), strict=True):
            self._store.dispatch(CheckPlanned(key=key, next_check=max(moment, self._allowed_from(key, now))))
        self._wake.set()

    def replan(self) -> None:
        """Look at the schedule again: the settings or the accounts changed."""
        every, now = self._every(), self._clock.now()
        planned = [(a, a.next_check) for a in self._store.state.accounts if a.next_check is not None and a.checked_at]
        if every is None:
            stray = [a for a, moment in planned if moment > now + _FOR_A_PERSON]
            moments: Iterable[datetime | None] = [None] * len(stray)
        else:
            # A failed check has a pace of its own.
            stray = [a for a, moment in planned if a.problem is None and moment > now + every * _LONGEST]
            moments = first_checks(len(stray), now, every)
        for account, moment in zip(stray, moments, strict=True):
            self._store.dispatch(CheckPlanned(key=account.key, next_check=moment))
        self._wake.set()

    def _plan_new(self) -> None:
        every = self._every()
        if every is None and not any(a.checked_at is None for a in self._store.state.accounts):
            return
        state = self._store.state
        fresh = [a for a in state.accounts if a.next_check is None and not a.checking and (every or not a.checked_at)]
        for account, moment in zip(fresh, first_checks(len(fresh), self._clock.now(), every), strict=True):
            self._store.dispatch(CheckPlanned(key=account.key, next_check=moment))

    async def _pause(self, *, full: bool) -> None:
        accounts = () if full else self._store.state.accounts
        moments = [a.next_check for a in accounts if a.next_check is not None and not a.checking]
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
            self._failed(key, error)
        except Exception as error:  # noqa: BLE001 - whatever one account's check meets, its next one must be planned
            self._failed(key, ProbeError())
            found = {"message": "a check ended unexpectedly", "exception": error}
            asyncio.get_running_loop().call_exception_handler(found)
        else:
            self._failures.pop(key, None)
            windows = [w for limit in (snapshot.main, *snapshot.extra) for w in limit.windows]
            # The service's moments, as this computer's clock will show them.
            ahead = timedelta(seconds=snapshot.clock_offset)
            resets = tuple(w.reset_at - ahead for w in windows if w.reset_at is not None)
            moment = self._next(key, wait=None, resets=resets)
            self._store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=moment))

    def _failed(self, key: AccountKey, error: ProbeError) -> None:
        self._failures[key] = self._failures.get(key, 0) + 1
        moment = self._next(key, wait=error.retry_after, resets=())
        self._store.dispatch(CheckFailed(key=key, at=self._clock.now(), problem=error.problem, next_check=moment))

    def _allowed_from(self, key: AccountKey, now: datetime) -> datetime:
        account = self._store.state.account(key)
        if account is None or account.checked_at is None or account.problem is None:
            return now
        # What a renewal has to wait for is no reason: the person may have logged in again since.
        wait = account.problem.retry_after if account.problem.kind in _PUTS_OFF else None
        return account.checked_at + timedelta(seconds=wait or 0)

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
