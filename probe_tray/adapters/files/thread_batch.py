"""Many small questions to the disk, answered in one thread at a time."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Generic, NamedTuple, TypeVar, cast

_Q = TypeVar("_Q")
_A = TypeVar("_A")
_T = TypeVar("_T")


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


class DiskJobs:
    """Has small jobs done in a thread, as a :class:`ThreadBatch` does: those of one turn of the event loop together."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._batch = ThreadBatch(_do_each)

    async def do(self, job: Callable[[], _T]) -> _T:
        """What ``job`` returns. Raises what it raises."""
        return cast("_T", await self._batch.ask(job))


def _do_each(jobs: Sequence[Callable[[], object]]) -> Sequence[object]:
    return [_result_or_fault(job) for job in jobs]


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
