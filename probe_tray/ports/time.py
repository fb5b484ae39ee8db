"""Time and chance, which tests own."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some start, never going back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; long waits are cut into pieces by the caller."""
        ...


class Randomness(Protocol):
    """Chance."""

    def token_bytes(self, count: int) -> bytes:
        """``count`` bytes nobody can guess."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number between the two; not for secrets."""
        ...
