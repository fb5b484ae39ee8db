"""Waiting that survives coarse timers, long spans and clock jumps."""

from datetime import datetime, timedelta

from probe_tray.ports import Clock

_LONGEST = 30.0
"""Seconds of one sleep. Qt's timers are coarse and overflow at 24.8 days, and a sleeping machine stops them."""


async def wait_until(clock: Clock, moment: datetime) -> None:
    """Return at ``moment`` (aware UTC) or soon after, looking at the wall clock at least every 30 s."""
    while (left := (moment - clock.now()).total_seconds()) > 0:
        await clock.sleep(min(left, _LONGEST))


def after(clock: Clock, span: timedelta) -> datetime:
    """The moment ``span`` from now."""
    return clock.now() + span
