"""The local time of Windows, as its settings are at each moment."""

import contextlib
from datetime import UTC, datetime, timedelta

from probe_tray.adapters.systems.windows_library import windows_library

_FIELDS = 8
"""Of a SYSTEMTIME, each 16 bits: year, month, day of the week, day, hour, minute, second, millisecond."""


def offset_at(moment: datetime) -> timedelta:
    """How far the local time is before UTC at ``moment``, which is aware. Raises OSError."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return _converted("SystemTimeToTzSpecificLocalTimeEx", utc) - _whole(utc)


def offset_of(local: datetime) -> timedelta:
    """The same where the local time is ``local``, whatever zone it carries. Raises OSError."""
    plain = local.replace(tzinfo=None)
    return _whole(plain) - _converted("TzSpecificLocalTimeToSystemTimeEx", plain)


def _converted(function: str, time: datetime) -> datetime:
    """Have Windows convert, with the zone of now and its rules for that year (NULL for the zone).

    The C runtime reads the zone once for each process, and takes a TZ as Git Bash sets it for UTC.
    """
    import ctypes

    fields = (time.year, time.month, 0, time.day, time.hour, time.minute, time.second, 0)
    given, found = (ctypes.c_uint16 * _FIELDS)(*fields), (ctypes.c_uint16 * _FIELDS)()
    convert = getattr(windows_library("kernel32"), function)
    if not convert(None, ctypes.byref(given), ctypes.byref(found)):
        raise OSError("no local time")
    year, month, _, *rest = found
    with contextlib.suppress(ValueError):
        return datetime(year, month, *rest[:4])  # noqa: DTZ001 - which of the two it is the caller knows
    raise OSError("no local time")


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)
