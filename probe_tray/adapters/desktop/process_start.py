"""When this process was made, as the operating system knows it: long before its first line of Python ran."""

import contextlib
import time
from datetime import UTC, datetime, timedelta

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import OperatingSystem


def process_began(system: OperatingSystem | None = None) -> datetime:
    """When this process was made, aware UTC, to about 10 ms; where the system does not tell: a moment soon after."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return (system or this_system()).process_began()
    # What it has computed so far took at least this long.
    return datetime.now(UTC) - timedelta(seconds=time.process_time())
