"""What asyncio has done in a thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple, final

from probe_tray.adapters.worker_threads import WorkerThreads


class _GivenWork(NamedTuple):
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[object]"
    work: Callable[[], object]

    def do(self) -> None:
        if self.future.cancelled():
            return
        try:
            result = self.work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
            self._tell(_fail, error)
            # The error has this call, and all that it was given, for as long as somebody has the error.
            del self
        else:
            self._tell(_succeed, result)

    def give_up(self) -> None:
        self._tell(_cancel, None)

    def _tell(self, how: Callable[..., None], what: object) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(how, self.future, what)


def _succeed(future: "asyncio.Future[object]", result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[object]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _cancel(future: "asyncio.Future[object]", _nothing: None) -> None:
    future.cancel()


@final
class ThreadCalls:
    """Has calls done in threads, and tells the loop of each in one step.

    The standard library's way there and back has a future and a condition of threads for each call, besides those of
    the loop: as much work as to read a small file.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, threads: WorkerThreads) -> None:
        """Have done in ``threads`` what ``loop`` is asked to have done in any."""
        self._loop, self._threads = loop, threads

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., object], *args: object
    ) -> "asyncio.Future[object]":
        """As asyncio's loops have it."""
        if executor is not None:
            return asyncio.wrap_future(executor.submit(func, *args), loop=self._loop)
        future: asyncio.Future[object] = self._loop.create_future()
        self._threads.begin(_GivenWork(self._loop, future, partial(func, *args)))
        return future
