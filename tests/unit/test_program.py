"""What the running tray app does beside the engine and the windows."""

import asyncio
import gc
import weakref
from datetime import timedelta

from probe_tray.program import free_hourly
from tests.support.fakes import FakeClock


class Knot:
    """Holds nothing but itself."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_holds_nothing_but_itself_is_freed_each_hour() -> None:
    clock = FakeClock()
    freeing = asyncio.create_task(free_hourly(clock))
    gc.disable()
    try:
        for _ in range(2):
            knot = weakref.ref(Knot())
            await clock.advance(timedelta(minutes=59))
            assert knot() is not None
            await clock.advance(timedelta(minutes=1))
            assert knot() is None
    finally:
        gc.enable()
        freeing.cancel()
        await asyncio.gather(freeing, return_exceptions=True)
