"""Many small questions to the disk, answered in one thread at a time."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

_Q = TypeVar("_Q")
_A = TypeVar("_A")


class _Raised(NamedTuple):
    error: Exception


class ThreadBatch(Generic[_Q, _A]):
    """Has questions answered in a thread: together all that come until it begins, and all that come while it works.

    To have a thread answer costs more than to open a file, on both sides, and a round of checks asks a thousand times.
    Each question is answered by what the disk holds after it was asked. Belongs to one event loop.
    """

    def __init__(self, answer: Callable[[_Q], _A]) -> None:
        """``answer`` blocks; what it raises is raised to whoever asked."""
        self._answer = answer
        self._waiting: list[tuple[_Q, asyncio.Future[_A]]] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, question: _Q) -> _A:
        """The answer. Raises what that raises."""
        future: asyncio.Future[_A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._work is None:
            # It begins in the next turn of the loop, with what all tasks of this one have asked.
            self._work = asyncio.create_task(self._work_off())
        return await future

    async def _work_off(self) -> None:
        try:
            while asked := self._waiting:
                self._waiting = []
                futures = [future for _, future in asked]
                try:
                    answers = await asyncio.to_thread(self._answers, [question for question, _ in asked])
                except Exception as error:  # noqa: BLE001 - no thread can be had: whoever asked is told
                    answers = [_Raised(error)] * len(asked)
                except BaseException:
                    _cancel(futures)
                    raise
                for future, answer in zip(futures, answers, strict=True):
                    _give(future, answer)
        finally:
            self._work = None
            _cancel(future for _, future in self._waiting)
            self._waiting = []

    def _answers(self, questions: Sequence[_Q]) -> Sequence[_A | _Raised]:
        return [self._answer_or_fault(question) for question in questions]

    def _answer_or_fault(self, question: _Q) -> _A | _Raised:
        try:
            return self._answer(question)
        except Exception as error:  # noqa: BLE001 - it is raised to whoever asked, and the others have their answers
            return _Raised(error)


def _give(future: asyncio.Future[_A], answer: _A | _Raised) -> None:
    if future.done():
        # Whoever asked was cancelled.
        return
    if isinstance(answer, _Raised):
        future.set_exception(answer.error)
    else:
        future.set_result(answer)


def _cancel(futures: Iterable[asyncio.Future[_A]]) -> None:
    for future in futures:
        future.cancel()
