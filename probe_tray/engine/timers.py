"""Sleeps until it is time or something happens, and notices when the machine slept or was changed."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from probe_tray.core.polling.situation import Sensed, Situation
from probe_tray.ports.desktop import MachineMonitor
from probe_tray.ports.time import Clock

_T = TypeVar("_T")

Start = Callable[[Coroutine[object, object, None]], asyncio.Task[None]]
"""Has work done beside everything else, by whoever owns the tasks."""

_LONGEST = 30.0
"""Seconds of one sleep. Qt's timers are coarse and overflow at 24.8 days, and a sleeping machine stops them."""
BEAT = 30.0
"""Seconds between two looks at what tells nothing by itself: all at the same moments, for one waking."""
SELDOM = 1800.0
"""Seconds between two looks at what tells of its changes: should a notice be lost."""
_TOGETHER = 1.0
"""Seconds between the notice of a change of the machine and the look at it: they come in several steps."""
_NEAR = 3.0
"""So much before a beat is the beat: coarse timers may come 5% early."""
_JUMP = timedelta(seconds=60)
"""More than a busy machine delays a timer by."""


def until_beat(clock: Clock, every: float = BEAT) -> float:
    """Seconds until the moment at which everything is looked at that tells nothing by itself.

    ``every`` so many seconds, a multiple of a beat, where that does.
    """
    left = every - clock.monotonic() % every
    return left if left > _NEAR else left + every


async def wait_for(clock: Clock, span: timedelta) -> None:
    """Return when ``span`` has passed, whatever the wall clock was set to meanwhile."""
    end = clock.monotonic() + span.total_seconds()
    while (left := end - clock.monotonic()) > 0:
        await clock.sleep(min(left, _LONGEST))


async def to_the_end(work: Coroutine[object, object, _T]) -> _T:
    """Do ``work`` whole: cancellations that come meanwhile take effect after it, in place of its outcome."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            # Quitting cancels once more what a person has cancelled.
            cancelled = True
    if not cancelled:
        return task.result()
    if not task.cancelled():
        # Whoever cancelled waits for no outcome; unread, a failure would be reported as one nobody saw.
        task.exception()
    raise asyncio.CancelledError


async def end_all(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancel ``tasks`` and return once every one of them has ended, however it did."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def watch_clock(clock: Clock, on_jump: Callable[[datetime], None]) -> None:
    """Call ``on_jump`` with the time now whenever the wall clock moved by over a minute more, or less, than it should.

    The monotonic clock stands still during sleep on some systems and runs on in others, so a tick that took much longer
    than it was set for counts too. Runs until cancelled.
    """
    wall, steady = clock.now(), clock.monotonic()
    while True:
        await clock.sleep(until_beat(clock))
        passed_wall, passed = clock.now() - wall, timedelta(seconds=clock.monotonic() - steady)
        wall, steady = wall + passed_wall, steady + passed.total_seconds()
        if abs(passed_wall - passed) > _JUMP or passed > _JUMP:
            on_jump(wall)


async def watch_machine(
    monitor: MachineMonitor, clock: Clock, on_situation: Callable[[Situation], None], on_network: Callable[[], None]
) -> None:
    """Tell the situation when it changes, and when there is another network. Runs until cancelled.

    A network that goes tells nothing; the same one that comes back is told like another.
    """
    before = Sensed(situation=Situation(), network="")
    first, timer = True, WakeTimer(clock)
    try:
        while True:
            is_followed = await monitor.follow(timer.wake)
            timer.clear()
            seen = await monitor.look()
            if seen.situation != before.situation:
                on_situation(seen.situation)
            if seen.network not in {"", before.network} and not first:
                on_network()
            before, first = seen, False
            if await timer.wait(until_beat(clock, SELDOM if is_followed else BEAT)):
                await clock.sleep(_TOGETHER)
    finally:
        monitor.close()


class WakeTimer:
    """What a service sleeps on between two looks: it ends by the clock, or when the timer is woken.

    A wake while nobody sleeps counts for the next sleep, until it is cleared: what happens while a service looks
    must not be missed.
    """

    def __init__(self, clock: Clock) -> None:
        """Sleep by ``clock``."""
        self._clock = clock
        self._woken = asyncio.Event()
        self._sleeping: set[asyncio.Task[object]] = set()
        """Whoever sleeps now and was not woken yet."""

    def wake(self) -> None:
        """End the sleep, or the next one at once."""
        self._woken.set()
        while self._sleeping:
            self._sleeping.pop().cancel()

    def clear(self) -> None:
        """Forget that it was woken: a look that begins now sees what happened before."""
        self._woken.clear()

    async def wait(self, seconds: float | None) -> bool:
        """Sleep so long, without an end where that is None. Returns whether it was woken."""
        if seconds is None:
            return await self._woken.wait()
        if self._woken.is_set():
            # The others have their turn all the same.
            await asyncio.sleep(0)
            return True
        # Without a task of its own, as asyncio.timeout does it: many things sleep, and each check wakes several.
        sleeper = cast("asyncio.Task[object]", asyncio.current_task())
        self._sleeping.add(sleeper)
        asked_to_end = sleeper.cancelling()
        try:
            await self._clock.sleep(seconds)
        except asyncio.CancelledError:
            # Not by the wake alone, where somebody has cancelled the task as well.
            if sleeper in self._sleeping or sleeper.uncancel() > asked_to_end:
                raise
        finally:
            self._sleeping.discard(sleeper)
        return self._woken.is_set()
