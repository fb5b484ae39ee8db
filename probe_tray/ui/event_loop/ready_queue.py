"""What asyncio runs as soon as it can, or at its time, in Qt's loop."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Final, final

from PySide6.QtCore import QObject, Qt, QTimerEvent, Signal

_TURN: Final = 0.008
"""Seconds after which a turn begins no further callback: half a picture of a screen with 60 of them a second."""
_LONGER: Final = 0.002
"""Seconds in which a turn goes on with what comes meanwhile: one of Qt's costs more than most callbacks do."""


class ReadyQueue(QObject):
    """Runs callbacks in the order they came, all that are there in one turn, and those that follow from them at once.

    However many there are and however they go on, Qt's own events come in between: see :data:`_TURN`.

    WORKAROUND qasync 0.28 (``__init__.py``, ``_SimpleTimer``): it starts and ends a timer of Qt's for each of them.
    """

    _woken = Signal()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run what ``loop`` is asked to run."""
        super().__init__()
        self._loop = loop
        self._ready: deque[asyncio.Handle] = deque()
        self._timer = 0
        """The number of the timer that comes in the next turn, 0 while there is none."""
        self._is_woken, self._is_running = False, False
        self._woken.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        """As asyncio's loops have it; for the loop's own thread."""
        handle = asyncio.Handle(callback, args, self._loop, context)
        self._ready.append(handle)
        if not self._timer:
            self._timer = self.startTimer(0)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        """As asyncio's loops have it; for every thread."""
        handle = asyncio.Handle(callback, args, self._loop, context)
        self._ready.append(handle)
        if not self._is_woken:
            self._is_woken = True
            self._woken.emit()
        return handle

    def run_now(self, handle: asyncio.Handle) -> None:
        """Run ``handle``, which an event of Qt brings, and at once what follows from it, unless others wait."""
        if not self._ready:
            self._ready.append(handle)
            self._run()
        elif not handle.cancelled():
            handle._run()  # noqa: SLF001 - as below

    def close(self) -> None:
        """Run nothing any more."""
        self._ready.clear()

    def timerEvent(self, event: QTimerEvent) -> None:
        """Run what has come."""
        self.killTimer(event.timerId())
        self._timer = 0
        self._run()

    def _take(self) -> None:
        self._is_woken = False
        self._run()

    def _run(self) -> None:
        # Each step of a task comes while the one before runs. Should a callback begin a loop of Qt's, the others of
        # this turn run in there, and no more than those.
        is_outer, self._is_running = not self._is_running, True
        left, began = len(self._ready), self._loop.time()
        longest = _LONGER if is_outer else 0.0
        try:
            while self._ready:
                left -= 1
                if len(self._ready) > 1 and not self._timer:
                    self._timer = self.startTimer(0)
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()  # noqa: SLF001 - asyncio's own loops do the same
                if self._loop.time() - began >= (_TURN if left > 0 else longest):
                    break
        finally:
            self._is_running = not is_outer
        if not self._ready and self._timer:
            self.killTimer(self._timer)
            self._timer = 0


class TimedCalls(QObject):
    """Runs callbacks after a while; for the loop's own thread.

    WORKAROUND qasync 0.28 (``__init__.py``, ``_SimpleTimer``): a callback that was cancelled keeps its timer, and wakes
    the program in the end. Each question sets limits of up to 45 seconds and needs them for a moment.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: ReadyQueue) -> None:
        """Run what ``loop`` is asked to run, and at once, in ``ready``, what follows from it."""
        super().__init__()
        self._loop, self._ready = loop, ready
        self._waiting: dict[int, _QtTimerHandle] = {}
        """By the numbers of their timers."""

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As asyncio's loops have it."""
        timer = self.startTimer(int(max(0.0, delay) * 1000))
        when = self._loop.time() + delay
        self._waiting[timer] = handle = _QtTimerHandle(timer, self._forget, when, callback, args, self._loop, context)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As asyncio's loops have it."""
        return self.call_later(when - self._loop.time(), callback, *args, context=context)

    def close(self) -> None:
        """Run nothing any more."""
        for timer in tuple(self._waiting):
            self._end(timer)

    def timerEvent(self, event: QTimerEvent) -> None:
        """Run what was set for now."""
        if handle := self._waiting.get(event.timerId()):
            self._end(event.timerId())
            self._ready.run_now(handle)

    def _forget(self, handle: "_QtTimerHandle") -> None:
        # The number may be another one's by now: most are cancelled once more after they have run.
        if self._waiting.get(handle.timer) is handle:
            self._end(handle.timer)

    def _end(self, timer: int) -> None:
        del self._waiting[timer]
        self.killTimer(timer)


@final
class _QtTimerHandle(asyncio.TimerHandle):
    def __init__(
        self,
        timer: int,
        cancelled: "Callable[[_QtTimerHandle], None]",
        when: float,
        callback: Callable[..., object],
        args: tuple[object, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self.timer, self._tell = timer, cancelled

    def cancel(self) -> None:
        self._tell(self)
        super().cancel()
