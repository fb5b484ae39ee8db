"""A double for what the running program knows of the quotas."""

import asyncio
from collections.abc import Callable


class FakeNumbers:
    """Implements ``NumbersSource``: the line that was set last."""

    def __init__(self, line: bytes = b"{}") -> None:
        self._line = line
        self.listeners: list[Callable[[], None]] = []
        self.left = asyncio.Event()
        """Set once a listener is gone."""

    def line(self) -> bytes:
        return self._line

    def on_change(self, tell: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(tell)

        def end() -> None:
            self.listeners.remove(tell)
            self.left.set()

        return end

    def become(self, line: bytes) -> None:
        """Change, as at an event."""
        self._line = line
        for tell in tuple(self.listeners):
            tell()
