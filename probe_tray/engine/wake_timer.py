"""Sleeps for a span of time, or until something happens."""

import asyncio

from probe_tray.engine.timers import end_all
from probe_tray.ports.time import Clock


class WakeTimer:
    """What a service sleeps on between two looks: it ends by the clock, or when the timer is woken.

    A wake while nobody sleeps counts for the next sleep, until it is cleared: what happens while a service looks
    must not be missed.
    """

    def __init__(self, clock: Clock) -> None:
        """Sleep by ``clock``."""
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """End the sleep, or the next one at once."""
        self._woken.set()

    def clear(self) -> None:
        """Forget that it was woken: a look that begins now sees what happened before."""
        self._woken.clear()

    async def wait(self, seconds: float | None) -> bool:
        """Sleep so long, without an end where that is None. Returns whether it was woken."""
        if seconds is None:
            return await self._woken.wait()
        waits = [asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self._woken.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(waits)
        return self._woken.is_set()
