"""Asks for the quotas: when they are due, when a person wants them, never all at once."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    CertificateError,
    NotSentError,
    ProbeError,
    RateLimitedError,
    UnavailableError,
    UncertainError,
)
from probe_tray.core.events import AccountsRead, CheckFailed, ChecksPlanned, CheckStarted, CheckSucceeded
from probe_tray.core.polling.check_plan import CheckPlan
from probe_tray.core.polling.schedule import Look, Pacing, awaited_resets, first_checks, look, next_check, pacing
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.state import AccountState
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer, end_all, until_beat
from probe_tray.ports.time import Clock, Randomness

_NO_WAY = (NotSentError, CertificateError, UncertainError)
"""Failures that show no working way to the service; any answer shows one."""
_BY_HAND = timedelta(minutes=5)
_MOST_FAILURES = 3
"""All wait for the one, so it does not back off further than for so many failures in a row."""
_AT_ONCE = 8
_FOR_A_PERSON = timedelta(seconds=10)
"""So long at most takes the start of all checks that a person asks for at once."""
_RECENT = timedelta(seconds=60)
"""Numbers this fresh are not asked for again only because somebody looks at them."""
_PUTS_OFF = (RateLimitedError, UnavailableError)
"""Failures in which the service itself says when to come back."""


class FirstCheck:
    """The one account that is asked, while there is one."""

    def __init__(self) -> None:
        """Hold nobody back."""
        self._key: AccountKey | None = None

    def send(self, accounts: tuple[AccountState, ...]) -> AccountState | None:
        """Choose the account to ask, at best one whose last check went well; None where there is none."""
        free = [a for a in accounts if not a.checking]
        chosen = min(free, key=lambda a: (a.problem is not None, a.checked_at is None), default=None)
        self._key = None if chosen is None else chosen.key
        return chosen

    def among(self, accounts: tuple[AccountState, ...]) -> tuple[AccountState, ...]:
        """The accounts that may be asked now."""
        if self._key is None:
            return accounts
        found = tuple(a for a in accounts if a.key == self._key)
        if not found:
            self.end()
        return found or accounts

    def pacing(self, key: AccountKey, otherwise: Pacing) -> Pacing:
        """How ``key`` is tried again: the one even where checks are manual."""
        return Pacing(otherwise.every or _BY_HAND, otherwise.slow) if key == self._key else otherwise

    def failures(self, key: AccountKey, count: int) -> int:
        """How many failures in a row count for the next try of ``key``."""
        return min(count, _MOST_FAILURES) if key == self._key else count

    def came_back(self, key: AccountKey, error: ProbeError | None) -> bool:
        """Whether this was the one and the others may be asked now."""
        if key != self._key or isinstance(error, _NO_WAY):
            return False
        self.end()
        return True

    def end(self) -> bool:
        """Hold nobody back any more; whether others were held back."""
        held, self._key = self._key is not None, None
        return held


class Poller:
    """Keeps every account's snapshot fresh."""

    def __init__(self, check: UsageCheck, store: Store, clock: Clock, randomness: Randomness) -> None:
        """Ask through ``check``, tell ``store``."""
        self._check_usage = check
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._failures: dict[AccountKey, int] = {}
        self._first_check = FirstCheck()
        self._is_full = False
        """Whether an account that is due waits until another check has ended."""
        self._order = CheckPlan()
        self._timer = WakeTimer(clock)
        self._running: set[asyncio.Task[None]] | None = None
        """The checks that run; None while nobody polls."""

    async def run(self) -> None:
        """Poll until cancelled."""
        running = self._running = set[asyncio.Task[None]]()
        unsubscribe = self._store.on_event(self._on_read, AccountsRead)
        try:
            while True:
                self._timer.clear()
                seen = self._look()
                if self._plan_new(seen.unplanned):
                    continue
                room = _AT_ONCE - len(running)
                self._is_full = len(seen.due) > room
                for account in seen.due[:room]:
                    self._begin(account.key, running)
                await self._pause(None if self._is_full else seen.next_at)
        finally:
            self._running = None
            unsubscribe()
            await end_all(running)

    def refresh(self, keys: Iterable[AccountKey]) -> None:
        """A person wants these accounts checked now, one after the other where there are many.

        None is checked before the moment to which the service has put it off.
        """
        held_back = self._first_check.end()
        state, now = self._store.state, self._clock.now()
        places = {place for key in keys if (place := state.place(key)) is not None}
        chosen = [state.accounts[place] for place in sorted(places)]
        moments = list(zip(chosen, first_checks(len(chosen), now, _FOR_A_PERSON), strict=True))
        if chosen and self._begun_at_once(chosen[0], now):
            del moments[0]
        if moments:
            self._plan(moments)
        elif held_back:
            # Now it is the others' turn.
            self._timer.wake()

    def looked_at(self) -> None:
        """A person looks at the numbers: those over a minute old are asked for again, unless only by hand."""
        now = self._clock.now()
        if self._pacing().every is not None:
            shown = self._old(self._first_check.among(self._store.state.accounts), now)
            # One whose turn it is already must not be put off by looking again and again.
            self._spread([a for a in shown if a.next_check is None or a.next_check > now], now)

    def network_changed(self, *, after: timedelta) -> None:
        """The machine woke or has another network: ``after`` a while ask for one account, and once that works for all.

        With manual checks it ends with the one, from which the renewals learn that the network is there.
        """
        chosen = self._first_check.send(self._store.state.accounts)
        if chosen is not None:
            self._failures.pop(chosen.key, None)
            self._plan([(chosen, self._clock.now() + after)])

    def replan(self) -> None:
        """Look at the schedule again: the settings, the accounts or the machine's situation changed."""
        pace, now = self._pacing(), self._clock.now()
        planned = [(a, a.next_check) for a in self._store.state.accounts if a.next_check is not None and a.checked_at]
        if pace.longest is None:
            stray = [a for a, moment in planned if moment > now + _FOR_A_PERSON]
            moments: Iterable[datetime | None] = [None] * len(stray)
        else:
            # A failed check has a pace of its own.
            stray = [a for a, moment in planned if a.problem is None and moment > now + pace.longest]
            moments = first_checks(len(stray), now, pace.every)
        self._plan(zip(stray, moments, strict=True))

    def _look(self) -> Look:
        state, now = self._store.state, self._clock.now()
        allowed = self._first_check.among(state.accounts)
        return self._order.look(state, now) if allowed is state.accounts else look(allowed, now)

    def _begun_at_once(self, account: AccountState, now: datetime) -> bool:
        """Begin a check that may begin now, without planning it first: to wake for it takes longer than to begin it."""
        running = self._running
        may_begin = not account.checking and _allowed_from(account, now) <= now
        if running is None or len(running) >= _AT_ONCE or not may_begin:
            return False
        self._begin(account.key, running)
        return True

    def _begin(self, key: AccountKey, running: set[asyncio.Task[None]]) -> None:
        self._store.dispatch(CheckStarted(key=key))
        task = asyncio.create_task(self._check(key))
        running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._running is not None:
            self._running.discard(task)
        # Else there is nothing to look for: its next check is not due before the timer looks by itself.
        if self._is_full:
            self._timer.wake()

    def _on_read(self, _event: AccountsRead) -> None:
        self._timer.wake()

    def _plan_new(self, unplanned: tuple[AccountState, ...]) -> bool:
        every = self._pacing().every
        fresh = [a for a in unplanned if every or not a.checked_at]
        if fresh:
            self._plan(zip(fresh, first_checks(len(fresh), self._clock.now(), every), strict=True))
        return bool(fresh)

    def _old(self, accounts: tuple[AccountState, ...], now: datetime) -> list[AccountState]:
        return [a for a in accounts if not a.checking and (a.checked_at is None or now - a.checked_at > _RECENT)]

    def _spread(self, accounts: list[AccountState], now: datetime) -> None:
        """Ask for these one after the other from now on, except those whose turn comes sooner."""
        moments = zip(accounts, first_checks(len(accounts), now, self._pacing().every), strict=True)
        self._plan([(a, m) for a, m in moments if a.next_check is None or not now < a.next_check <= m])

    def _plan(self, moments: Iterable[tuple[AccountState, datetime | None]]) -> None:
        planned = tuple((a.key, None if m is None else max(m, _allowed_from(a, m))) for a, m in moments)
        self._store.dispatch(ChecksPlanned(moments=planned))
        self._timer.wake()

    async def _pause(self, until: datetime | None) -> None:
        longest = until_beat(self._clock)
        left = longest if until is None else max((until - self._clock.now()).total_seconds(), 0.05)
        await self._timer.wait(min(left, longest))

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
            self._succeeded(key, snapshot)

    def _succeeded(self, key: AccountKey, snapshot: Snapshot) -> None:
        self._failures.pop(key, None)
        moment = self._next(key, self._pacing(), wait=None, resets=awaited_resets(snapshot))
        self._store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=moment))
        self._first_check_ended(key, None)

    def _failed(self, key: AccountKey, error: ProbeError) -> None:
        self._failures[key] = self._failures.get(key, 0) + 1
        pace = self._first_check.pacing(key, self._pacing())
        moment = self._next(key, pace, wait=error.retry_after, resets=())
        self._store.dispatch(CheckFailed(key=key, at=self._clock.now(), problem=error.problem, next_check=moment))
        self._first_check_ended(key, error)

    def _first_check_ended(self, key: AccountKey, error: ProbeError | None) -> None:
        if self._first_check.came_back(key, error) and self._pacing().every is not None:
            now = self._clock.now()
            self._spread([a for a in self._old(self._store.state.accounts, now) if a.key != key], now)

    def _next(
        self, key: AccountKey, pace: Pacing, *, wait: timedelta | None, resets: tuple[datetime, ...]
    ) -> datetime | None:
        return next_check(
            now=self._clock.now(),
            pacing=pace,
            failures=self._first_check.failures(key, self._failures.get(key, 0)),
            wait=wait,
            resets=resets,
            jitter=self._randomness.uniform(-1, 1),
        )

    def _pacing(self) -> Pacing:
        state = self._store.state
        return pacing(state.settings.poll_minutes, state.situation)


def _allowed_from(account: AccountState, now: datetime) -> datetime:
    if account.checked_at is None or account.problem is None:
        return now
    # What a renewal has to wait for is no reason: the person may have logged in again since.
    wait = account.problem.retry_after if account.problem.is_a(*_PUTS_OFF) else None
    return account.checked_at + timedelta(seconds=wait or 0)
