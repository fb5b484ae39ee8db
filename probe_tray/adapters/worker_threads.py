"""Threads for what would block the event loop."""

import atexit
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Final, NamedTuple, ParamSpec, Protocol, TypeVar, final

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ThreadJob(Protocol):
    """What a thread does."""

    def do(self) -> None:
        """Do it, in the thread. Raises nothing."""
        ...

    def give_up(self) -> None:
        """It is not done any more."""
        ...


class _SubmittedJob(NamedTuple):
    future: "Future[object]"
    work: Callable[[], object]

    def do(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
            self.future.set_exception(error)
            # The error has this call, and all that it was given, for as long as somebody has the error.
            del self
        else:
            self.future.set_result(result)

    def give_up(self) -> None:
        self.future.cancel()


@final
class _JobBox:
    """Where one thread waits for its next job."""

    def __init__(self) -> None:
        self._given: Final = threading.Lock()
        self._given.acquire()
        self._job: ThreadJob | None = None

    def give(self, job: ThreadJob | None) -> None:
        """Wake it with ``job``; None ends it."""
        self._job = job
        self._given.release()

    def next(self) -> ThreadJob | None:
        """Sleep until there is something to do."""
        self._given.acquire()
        job, self._job = self._job, None
        return job


@final
class WorkerThreads(Executor):
    """Does jobs side by side, in threads that are made when they are needed.

    A job wakes one thread, the one that has rested shortest. The standard library's executor wakes two: its idle
    threads share one queue, and each that takes a job lets the next one look. To wake one costs more than most jobs do.
    """

    def __init__(self, most: int) -> None:
        """Have at most so many threads."""
        self._most = most
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle: list[_JobBox] = []
        self._waiting: deque[ThreadJob] = deque()
        self._closed = False
        # What was begun is done before the program ends, whatever ended it.
        atexit.register(self.shutdown)

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """As the standard library has it. Raises RuntimeError where no thread can be had, and after the end."""
        future: Future[_T] = Future()
        self.begin(_SubmittedJob(future, partial(fn, *args, **kwargs)))  # pyright: ignore[reportArgumentType] - it gets what its work brings
        return future

    def begin(self, job: ThreadJob) -> None:
        """Have ``job`` done. Raises RuntimeError where no thread can be had, and after the end."""
        with self._lock:
            if self._closed:
                msg = "no new work after the end"
                raise RuntimeError(msg)
            box = self._idle.pop() if self._idle else None
            if box is None:
                if len(self._threads) < self._most:
                    self._begin(job)
                else:
                    self._waiting.append(job)
        if box is not None:
            box.give(job)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the standard library's
        """Take no more jobs; with ``wait``, return once all that were taken are done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            given_up = tuple(self._waiting) if cancel_futures else ()
            if cancel_futures:
                self._waiting.clear()
        atexit.unregister(self.shutdown)
        for job in given_up:
            job.give_up()
        for box in idle:
            box.give(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _begin(self, job: ThreadJob) -> None:
        box = _JobBox()
        box.give(job)
        # A thread of the other kind would keep the program from its end for good, were this never shut down.
        thread = threading.Thread(target=self._work, args=(box,), name=f"worker_{len(self._threads)}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _work(self, box: _JobBox) -> None:
        job = box.next()
        while job is not None:
            job.do()
            # Nothing of what is done is kept while there is nothing else.
            job = None
            job = self._following(box)

    def _following(self, box: _JobBox) -> ThreadJob | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                return None
            self._idle.append(box)
        return box.next()
