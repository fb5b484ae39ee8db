"""Runs the person's own program when something happens to an account."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, final

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import HookFailedError, Problem
from probe_tray.core.events import TroubleMet
from probe_tray.core.hooks.hook_event import HookEvent, HookNotes, hook_events, hook_notes
from probe_tray.core.state import AppState
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer, until_beat
from probe_tray.ports.desktop import HookRunner
from probe_tray.ports.time import Clock

_log: Final = logging.getLogger(__name__)
_EVERY: Final = 60.0
"""Seconds between two looks when nothing happens: a login ends by itself."""
_CALM: Final = 0.5

HookPayload = Callable[[HookEvent, AccountKey | None, AppState, datetime], bytes]
"""The JSON that tells of an event; the view's part, handed in."""


class HookTrial(NamedTuple):
    """A program to try, and who hears what came of it."""

    program: str
    told: Callable[[Problem | None], None]


@final
class HookService:
    """One hook at a time, in the order of what happened."""

    def __init__(self, runner: HookRunner, store: Store, clock: Clock, payload: HookPayload) -> None:
        """Run what the settings of ``store`` name."""
        self._runner, self._store, self._clock, self._payload = runner, store, clock, payload
        self._notes: HookNotes = {}
        self._told = ""
        """The program whose failure was told, until it works again or is another one."""
        self._tried: HookTrial | None = None
        self._next: HookTrial | None = None
        """What is tried once the program that is tried now has come to its end."""
        self._timer = WakeTimer(clock)

    async def run(self) -> None:
        """Follow the state until cancelled."""
        unsubscribe = self._store.subscribe(self._on_change)
        try:
            while True:
                self._timer.clear()
                await self.look()
                if await self._timer.wait(until_beat(self._clock, _EVERY) if self._store.state.settings.hook else None):
                    # Changes come in bursts: one look at all of them.
                    await self._clock.sleep(_CALM)
        finally:
            unsubscribe()

    def _on_change(self) -> None:
        # Without a hook there is nothing to follow, until one is set.
        if self._store.state.settings.hook or self._notes:
            self._timer.wake()

    async def look(self) -> None:
        """Run the hook for what happened since the last look."""
        state, now = self._store.state, self._clock.now()
        program = state.settings.hook
        if not program:
            # What happened before there was one to tell is not told to it.
            self._notes = {}
            return
        events = hook_events(self._notes, state, now)
        self._notes = hook_notes(self._notes, state, now)
        for event, account in events:
            await self._run(program, self._payload(event, account, state, now))

    async def test(self, program: str, told: Callable[[Problem | None], None]) -> None:
        """Run ``program`` as for an event of the first account; ``told`` hears what came of it.

        While one is being tried, a second wish is the same one, and another program is tried after it: the one that
        was wanted last.
        """
        if self._tried is not None:
            self._next = None if program == self._tried.program else HookTrial(program, told)
            return
        self._next = HookTrial(program, told)
        try:
            while (trial := self._next) is not None:
                self._tried, self._next = trial, None
                await self._try(trial)
        finally:
            self._tried = None

    async def _try(self, trial: HookTrial) -> None:
        state = self._store.state
        account = next((account.key for account in state.accounts), None)
        try:
            await self._runner.run(trial.program, self._payload(HookEvent.TEST, account, state, self._clock.now()))
        except HookFailedError as error:
            trial.told(error.problem)
        else:
            trial.told(None)

    async def _run(self, program: str, payload: bytes) -> None:
        try:
            await self._runner.run(program, payload)
        except HookFailedError as error:
            # For the app's log; at the command line, whose log is what a person reads, it is said below.
            _log.info("a hook failed: %s", error.facts["reason"])
            # Said once, not at every event of a busy day.
            if self._told != program:
                self._told = program
                self._store.dispatch(TroubleMet(problem=error.problem))
        else:
            self._told = ""
