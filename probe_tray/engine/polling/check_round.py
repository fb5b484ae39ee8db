"""Tells when the checks that run, or begin soon, have all ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, final

from probe_tray.core.events import CheckFailed, CheckSucceeded
from probe_tray.core.polling.check_plan import CheckPlan
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer
from probe_tray.ports.time import Clock

_SOON: Final = timedelta(seconds=2)
"""A check that is due by then belongs to those that run."""
_STEP: Final = 0.5


@final
class CheckRound:
    """Waits for checks without looking again and again: each account that is asked for would wake the program twice."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Go by what ``store`` is told from :meth:`follow` on."""
        self._store, self._clock = store, clock
        self._timer, self._plan = WakeTimer(clock), CheckPlan()
        self._runs_until: datetime | None = None
        """While somebody waits: until when at least checks run or begin, so that the end of one says nothing."""

    def follow(self) -> Callable[[], None]:
        """Hear of checks that end; the returned function ends that."""
        return self._store.on_event(self._on_end, CheckSucceeded, CheckFailed)

    async def ended(self, longest: float) -> None:
        """Return once nothing is being checked, now or soon; at the latest in so many seconds."""
        end = self._clock.monotonic() + longest
        try:
            while (left := end - self._clock.monotonic()) > 0:
                self._timer.clear()
                self._runs_until = until = self._known_until()
                if until is None:
                    return
                # What is due then begins then; of what has begun, the end is told.
                begins_in = (until - self._clock.now()).total_seconds()
                await self._timer.wait(min(left, begins_in if begins_in > 0 else _SOON.total_seconds()))
        finally:
            self._runs_until = None

    async def first_ended(self, longest: float) -> None:
        """Return once every account has been asked for; at the latest so many seconds after the last one was."""
        known, since = -1, self._clock.monotonic()
        while not self._all_known() and self._clock.monotonic() - since < longest:
            count = sum(a.checked_at is not None for a in self._store.state.accounts)
            if count != known:
                known, since = count, self._clock.monotonic()
            await self._clock.sleep(_STEP)

    def _on_end(self, _event: CheckSucceeded | CheckFailed) -> None:
        # Of a round of a thousand, hardly any is the last one.
        if self._runs_until is not None and self._clock.now() >= self._runs_until:
            self._timer.wake()

    def _all_known(self) -> bool:
        return all(a.checked_at is not None for a in self._store.state.accounts) and self._known_until() is None

    def _known_until(self) -> datetime | None:
        """Until when at least checks run or begin; None where none does, now or soon."""
        state, now = self._store.state, self._clock.now()
        return self._plan.runs_until(state, now, now + _SOON)
