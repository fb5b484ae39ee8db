"""Limits of time for what many tasks do at once, by one timer."""

import asyncio
from types import TracebackType
from typing import final


@final
class TimeLimits:
    """Does what ``asyncio.timeout`` does, whose rules for cancelling it keeps, without a timer for each limit.

    Hardly any limit is ever reached, and to start and end a timer of Qt's takes as long as to write the question that
    it is for. The one timer stays until the first limit would have been reached. Belongs to one event loop.
    """

    def __init__(self) -> None:
        """Limit nothing yet."""
        self._ends: dict[LimitedTask, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> "LimitedTask":
        """A context in which the task may stay so long; raises TimeoutError at its end."""
        return LimitedTask(self, seconds)

    def begin(self, limit: "LimitedTask", seconds: float) -> None:
        """Have ``limit`` reached in so many seconds."""
        end = asyncio.get_running_loop().time() + seconds
        self._ends[limit] = end
        if self._timer is None or end < self._timer.when():
            self._wait_until(end)

    def end(self, limit: "LimitedTask") -> None:
        """Have it reached no more."""
        self._ends.pop(limit, None)

    def _wait_until(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment, self._look)

    def _look(self) -> None:
        self._timer, now = None, asyncio.get_running_loop().time()
        for limit in [limit for limit, end in self._ends.items() if end <= now]:
            del self._ends[limit]
            limit.reach()
        if self._ends:
            self._wait_until(min(self._ends.values()))


@final
class LimitedTask:
    """One of them: a context of one task."""

    def __init__(self, limits: TimeLimits, seconds: float) -> None:
        """See :meth:`TimeLimits.within`."""
        self._limits, self._seconds = limits, seconds
        self._task: asyncio.Task[object] | None = None
        self._cancelled_before = 0
        self._is_reached = False

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        assert self._task is not None  # noqa: S101 - as asyncio.timeout wants it
        self._cancelled_before = self._task.cancelling()
        self._limits.begin(self, self._seconds)

    def reach(self) -> None:
        """Cancel what goes on within."""
        assert self._task is not None  # noqa: S101 - it has begun
        self._is_reached = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limits.end(self)
        if self._task is None or not self._is_reached:
            return
        # Where others have cancelled the task as well, it stays cancelled.
        if self._task.uncancel() <= self._cancelled_before and kind is asyncio.CancelledError:
            raise TimeoutError from error
