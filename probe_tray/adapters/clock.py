"""Real time."""

import asyncio
import time
from datetime import UTC, datetime
from typing import final


@final
class SystemClock:
    """The system's clocks; implements the port ``Clock``."""

    def now(self) -> datetime:
        """The wall clock, aware UTC. It jumps when the person or the network sets it."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some start, never going back; on some systems it stands still while the machine sleeps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``; not at all when they are negative."""
        await asyncio.sleep(max(seconds, 0))
