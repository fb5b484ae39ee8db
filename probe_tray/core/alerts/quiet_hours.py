"""When notifications are not wanted: quiet hours and pauses, by the person's own clock."""

import enum
from datetime import datetime, time, timedelta, tzinfo

from probe_tray.core.settings import Settings

_MORNING = time(8)
_HOUR = timedelta(hours=1)


class Pause(enum.Enum):
    """For how long notifications are to pause."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    """Until 8 in the morning of the next day, local time."""


def in_quiet_hours(settings: Settings, now: datetime, zone: tzinfo) -> bool:
    """Whether ``now`` (aware UTC) lies in the quiet hours, which may go over midnight; the end no longer does."""
    begin, end = settings.quiet_from_hour, settings.quiet_to_hour
    if not settings.quiet_hours or begin == end:
        return False
    hour = now.astimezone(zone).hour
    return begin <= hour < end if begin < end else hour >= begin or hour < end


def pause_end(pause: Pause, now: datetime, zone: tzinfo) -> datetime:
    """When a pause that begins ``now`` is over, in the zone of ``now``."""
    if pause is Pause.HOUR:
        return now + _HOUR
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, _MORNING, tzinfo=zone).astimezone(now.tzinfo)
