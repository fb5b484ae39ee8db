"""Waiting that survives coarse timers, long spans and clock jumps, and work that must not stop half-way."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import TypeVar

from probe_tray.ports import Clock

_T = TypeVar("_T")

_LONGEST = 30.0
"""Seconds of one sleep. Qt's timers are coarse and overflow at 24.8 days, and a sleeping machine stops them."""


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
