"""Many small questions to the disk, answered in one thread at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar, cast

_Q = TypeVar("_Q")
_A = TypeVar("_A")
_T = TypeVar("_T")

_PATIENCE: Final = 5.0
"""Seconds: most disks that have to start first have answered once twice as many are over."""


class Raised(NamedTuple):
    """In the place of an answer: what is raised to whoever asked."""

    error: Exception


class ThreadBatch(Generic[_Q, _A]):
    """Has questions answered in a thread: together all that come until it begins, and all that come while it works.

    To have a thread answer costs more than to open a file, on both sides, and a round of checks asks a thousand times.
    Each question is answered by what the disk holds after it was asked. Belongs to one event loop.
    """

    def __init__(
        self,
        answers: Callable[[Sequence[_Q]], Sequence[_A | Raised]],
        turn: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        """``answers`` blocks; what it raises is raised to all who asked. ``turn`` is held while it works."""
        self._answers = answers
        self._turn = turn or nullcontext()
        self._waiting: list[tuple[_Q, asyncio.Future[_A]]] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, question: _Q) -> _A:
        """The answer. Raises what that raises."""
        future: asyncio.Future[_A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._work is None or self._work.done():
            # It begins in the next turn of the loop, with what all tasks of this one have asked.
            self._work = asyncio.create_task(self._work_off())
        return await future

    async def _work_off(self) -> None:
        asked: list[tuple[_Q, asyncio.Future[_A]]] = []
        try:
            while self._waiting:
                async with self._turn:
                    asked, self._waiting = self._waiting, []
                    try:
                        answers = await asyncio.to_thread(self._answers, [question for question, _ in asked])
                    except Exception as error:  # noqa: BLE001 - or no thread can be had: whoever asked is told
                        answers = [Raised(error)] * len(asked)
                for (_, future), answer in zip(asked, answers, strict=True):
                    _give(future, answer)
        finally:
            self._work = None
            waiting, self._waiting = self._waiting, []
            # Of those that have their answers nothing is left to cancel.
            _cancel(future for _, future in (*asked, *waiting))


class _QueuedRead(NamedTuple):
    """What is done in a thread, in which folder, and whether somebody waits for it however long it takes."""

    place: Path
    do: Callable[[], object]
    waits: bool
    result: asyncio.Future[object]


class _ReadingThread:
    """Has jobs done in a thread: together all that come until it begins, and all that come while it works."""

    def __init__(self) -> None:
        self.at: _QueuedRead | None = None
        """What the thread does now; written by that alone."""
        self._waiting: list[_QueuedRead] = []
        self._begun: list[_QueuedRead] = []
        """Those that the thread was given."""
        self._todo: deque[_QueuedRead] = deque()
        """What the thread has yet to take."""
        self._done: deque[tuple[_QueuedRead, object]] = deque()
        self.is_working = False

    def take(self, *jobs: _QueuedRead) -> None:
        self._waiting += jobs
        if jobs and not self.is_working:
            self.is_working = True
            # It begins in the next turn of the loop, with what all tasks of this one have asked.
            asyncio.get_running_loop().call_soon(self._begin)

    def split(self, place: Path) -> "list[_QueuedRead] | None":
        """The jobs of other folders, if it is one in ``place`` that the thread is at; else None, and all stay."""
        self._tell()
        left: list[_QueuedRead] = []
        with suppress(IndexError):
            while True:
                left.append(self._todo.popleft())
        left, self._waiting = left + self._waiting, []
        # Only now: until nothing was left for it the thread may have gone on to another one.
        if self.at is None or self.at.place != place:
            self._waiting = left
            return None
        self._begun = [job for job in self._begun if job.place == place]
        self._waiting = [job for job in left if job.place == place]
        return [job for job in left if job.place != place]

    def refuse_hasty(self) -> None:
        """Raise TimeoutError to those who don't wait."""
        for job in (self.at, *self._waiting):
            if job is not None and not job.waits:
                _give(job.result, Raised(TimeoutError()))

    def _begin(self) -> None:
        self._begun, self._waiting = self._waiting, []
        self._todo.extend(self._begun)
        try:
            work = asyncio.get_running_loop().run_in_executor(None, self._do_each)
        except Exception as error:  # noqa: BLE001 - no thread can be had: whoever asked is told
            self._done.extend((job, Raised(error)) for job in self._todo)
            self._todo.clear()
            self._go_on()
        else:
            work.add_done_callback(self._ended)

    def _ended(self, work: "asyncio.Future[None]") -> None:
        if work.cancelled() or work.exception() is not None:
            # The thread has gone, with the job that it was at.
            self._todo.clear()
            self._tell()
            _cancel(job.result for job in self._begun)
        self._go_on()

    def _go_on(self) -> None:
        self._tell()
        if self._waiting:
            self._begin()
        else:
            self._begun, self.is_working = [], False

    def _do_each(self) -> None:
        with suppress(IndexError):
            while True:
                self.at = job = self._todo.popleft()
                self._done.append((job, _result_or_fault(job.do)))
        self.at = None

    def _tell(self) -> None:
        while self._done:
            job, result = self._done.popleft()
            _give(job.result, result)


class DiskJobs:
    """Has small jobs done in a thread, those of one turn of the event loop together, as a :class:`ThreadBatch` does.

    A folder whose disk does not answer holds up its own jobs alone: those in others get another thread. So no more
    threads wait than there are folders. Once it answers, its jobs go with the others again.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        """``patience`` is in seconds: a job that takes twice as long holds up no other folder any more."""
        self._patience = patience
        self._shared = _ReadingThread()
        self._apart: dict[Path, _ReadingThread] = {}
        """Of the folders that did not answer."""
        self._seen: _QueuedRead | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def do(self, place: Path, job: Callable[[], _T], *, waits: bool = True) -> _T:
        """What ``job`` returns, which looks into the folder ``place`` and changes nothing. Raises what it raises.

        Unless it ``waits``, also TimeoutError where that folder's disk does not answer.
        """
        apart = self._apart.get(place)
        if apart is not None and not apart.is_working:
            apart = None
            del self._apart[place]
        if apart is not None and not waits:
            raise TimeoutError
        if self._timer is None:
            # One for all that are done meanwhile, and not one for each: hardly any takes a thousandth of that.
            self._look_later()
        result: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        (apart or self._shared).take(_QueuedRead(place, job, waits, result))
        return cast("_T", await result)

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._look)

    def _look(self) -> None:
        """Whether the thread is at the same job as the last time."""
        self._timer, thread = None, self._shared
        at, before = thread.at, self._seen
        self._seen = at
        if at is not None and at is before:
            self._separate(thread, at.place)
        if self._shared.is_working:
            self._look_later()

    def _separate(self, thread: _ReadingThread, place: Path) -> None:
        others = thread.split(place)
        if others is not None:
            self._apart[place], self._shared = thread, _ReadingThread()
            thread.refuse_hasty()
            self._shared.take(*others)


def _result_or_fault(job: Callable[[], object]) -> object:
    try:
        return job()
    except Exception as error:  # noqa: BLE001 - it is raised to whoever asked, and the others have their results
        return Raised(error)


def _give(future: asyncio.Future[_A], answer: _A | Raised) -> None:
    if future.done():
        # Whoever asked was cancelled.
        return
    if isinstance(answer, Raised):
        future.set_exception(answer.error)
    else:
        future.set_result(answer)


def _cancel(futures: Iterable[asyncio.Future[_A]]) -> None:
    for future in futures:
        future.cancel()
