"""Notices that the machine slept or that its clock was set."""

from collections.abc import Callable
from datetime import datetime, timedelta

from probe_tray.ports import Clock

_TICK = 10.0
_JUMP = timedelta(seconds=60)
"""More than a busy machine delays a timer by."""


async def watch_clock(clock: Clock, on_jump: Callable[[datetime], None]) -> None:
    """Call ``on_jump`` with the time now whenever the wall clock moved by over a minute more, or less, than it should.

    The monotonic clock stands still during sleep on some systems and runs on in others, so a tick that took much longer
    than it was set for counts too. Runs until cancelled.
    """
    wall, steady = clock.now(), clock.monotonic()
    while True:
        await clock.sleep(_TICK)
        passed_wall, passed = clock.now() - wall, timedelta(seconds=clock.monotonic() - steady)
        wall, steady = wall + passed_wall, steady + passed.total_seconds()
        if abs(passed_wall - passed) > _JUMP or passed > _JUMP:
            on_jump(wall)
