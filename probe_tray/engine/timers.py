"""Notices that the machine slept, that its clock was set, or that its network, power or screen changed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from probe_tray.core.polling.situation import Sensed, Situation
from probe_tray.ports import Clock, MachineSense

_TICK = 10.0
_LOOK = 20.0
"""Seconds between two looks at network, power and screen."""
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


async def watch_machine(
    sense: MachineSense, clock: Clock, on_situation: Callable[[Situation], None], on_network: Callable[[], None]
) -> None:
    """Tell the situation when it changes, and when there is another network. Runs until cancelled.

    A network that goes tells nothing; the same one that comes back is told like another.
    """
    before = Sensed(situation=Situation(), network="")
    first = True
    while True:
        seen = await sense.look()
        if seen.situation != before.situation:
            on_situation(seen.situation)
        if seen.network not in {"", before.network} and not first:
            on_network()
        before, first = seen, False
        await clock.sleep(_LOOK)
