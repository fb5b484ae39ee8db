"""Ctrl-C and SIGTERM, while there is something that must be seen to its end."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Inside the running event loop: the first signal calls ``stop`` there, further ones do nothing."""

    def __init__(self, stop: Callable[[], object]) -> None:
        """``stop`` is called between two steps of the loop."""
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self._before: list[tuple[int, object]] = []
        self.status: int | None = None
        """The exit status that the signal asks for, None while none came."""

    def __enter__(self) -> Self:
        """Take the signals over."""
        for number in _SIGNALS:
            self._before.append((number, signal.signal(number, self._came)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before:
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType] - it is what signal.signal returned

    def _came(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.status is None:
            self.status = 128 + number
            # The handler may run in the middle of anything; the loop is woken and goes on from there.
            self._loop.call_soon_threadsafe(self._stop)
