"""Real chance."""

import secrets
from typing import final


@final
class SystemRandomness:
    """The system's source of randomness; implements the port ``Randomness``."""

    def __init__(self) -> None:
        """Open the source."""
        self._source = secrets.SystemRandom()

    def token_bytes(self, count: int) -> bytes:
        """``count`` bytes nobody can guess."""
        return secrets.token_bytes(count)

    def uniform(self, low: float, high: float) -> float:
        """A number between the two."""
        return self._source.uniform(low, high)
