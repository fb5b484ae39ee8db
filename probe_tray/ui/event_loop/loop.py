"""Runs asyncio inside Qt's event loop: the one place that knows qasync.

WORKAROUND, qasync 0.28 (https://github.com/CabbageDevelopment/qasync): timers are coarse, a sleep above 24.8 days
overflows, a modal ``exec()`` inside a coroutine kills other tasks, and nobody closes asynchronous generators that are
left in the middle. So nothing in this program sleeps long or calls ``exec()``; here, the main coroutine always comes to
its own end, however Qt's loop was ended, and generators to theirs.
"""

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import contextmanager
from operator import attrgetter
from types import FrameType

import qasync  # pyright: ignore[reportMissingTypeStubs] - it ships none
from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from probe_tray.adapters.process_signals import ending_signals
from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.worker_threads import WorkerThreads
from probe_tray.ui.event_loop.ready_queue import ReadyQueue, TimedCalls
from probe_tray.ui.event_loop.ready_sockets import ReadySockets
from probe_tray.ui.event_loop.thread_calls import ThreadCalls

_THREADS = 10
"""At most, for what would block the loop."""


class CompletionWaiter:
    """Waits for the completion port of asyncio's loop on Windows, in a thread that sleeps while nothing completes.

    WORKAROUND qasync 0.28 (``_windows.py``, ``_EventWorker.run``): its own thread asks the port 100 times a second.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, post: Callable[[int], None]) -> None:
        """``loop`` is qasync's for Windows; ``post`` puts a packet that is about no operation into a port."""
        self._loop = loop
        self._proactor, self._process = attrgetter("_proactor", "_process_events")(loop)
        self._post = post
        self._running = False
        self._thread = threading.Thread()

    def start(self) -> None:
        """Begin; what completes is processed by the loop, in its own thread."""
        self._running = True
        self._thread = threading.Thread(target=self._wait, name="completions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        # The packet comes after this, for the thread looks only once for each.
        self._running = False
        self._post(attrgetter("_iocp")(self._proactor))
        self._thread.join()

    def _wait(self) -> None:
        while self._running:
            if completed := self._proactor.select(None):
                self._loop.call_soon_threadsafe(self._process, completed)


def run(app: QApplication, main: Callable[[], Coroutine[object, object, int]]) -> int:
    """Run ``main`` to its end in ``app``'s loop and return its exit status.

    When the session ends, ``app.quit()`` is called, or SIGINT, SIGTERM or SIGHUP arrives, ``main`` is cancelled and
    may tidy up before this returns; the status is then 0, or 128 and the number of the signal.
    """
    # Outermost: Windows ends the process as soon as this is left, and what threads have begun is done before.
    with this_system().outlive_console():
        return _run(app, main)


def _run(app: QApplication, main: Callable[[], Coroutine[object, object, int]]) -> int:
    loop = _joined_loop(app)
    ready = ReadyQueue(loop)
    timed, sockets = TimedCalls(loop, ready), ReadySockets(loop, ready)
    vars(loop).update(call_soon=ready.call_soon, call_soon_threadsafe=ready.call_soon_threadsafe)
    vars(loop).update(call_later=timed.call_later, call_at=timed.call_at)
    vars(loop).update(_add_reader=sockets.add_reader, _remove_reader=sockets.remove_reader)
    vars(loop).update(_add_writer=sockets.add_writer, _remove_writer=sockets.remove_writer)
    asyncio.set_event_loop(loop)
    # qasync's own starts all its threads at once, and each has memory of its own; these come when they are needed.
    threads = WorkerThreads(_THREADS)
    loop.set_default_executor(threads)
    vars(loop).update(run_in_executor=ThreadCalls(loop, threads).run_in_executor)
    try:
        with _generators(loop):
            task = loop.create_task(main())
            with _signals(task.cancel) as received:
                return _finish(loop, task, received)
    finally:
        _settle(loop)
        asyncio.set_event_loop(None)
        loop.close()
        ready.close()
        timed.close()
        sockets.close()


def _joined_loop(app: QApplication) -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
    if sys.platform == "win32":
        from probe_tray.adapters.systems.windows import post_completion

        waiter = CompletionWaiter(loop, post_completion)
        vars(loop).update(_before_run_forever=waiter.start, _after_run_forever=waiter.stop)
    return loop


class _Received:
    """Which signal came, told inside Qt's loop."""

    def __init__(self, do: Callable[[], object]) -> None:
        self.number = 0
        self._do = do

    def came(self, number: int) -> None:
        self.number = number
        self._do()


@contextmanager
def _signals(do: Callable[[], object]) -> Generator[_Received, None, None]:
    """Call ``do`` in Qt's loop for a signal: by itself it sleeps on, and Python's handlers never get their turn."""
    received = _Received(do)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)

    def handle(number: int, _frame: FrameType | None) -> None:
        received.number = number

    before = {s: signal.signal(s, handle) for s in ending_signals()}
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)

    def woken() -> None:
        for number in ours.recv(64):
            if number in before:
                received.came(number)

    notifier.activated.connect(woken)
    try:
        yield received
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        theirs.close()


@contextmanager
def _generators(loop: asyncio.AbstractEventLoop) -> Generator[None, None, None]:
    """Have generators closed that are left in the middle, in the loop, as asyncio's own loops do."""

    def close(generator: AsyncGenerator[object, object]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: loop.create_task(generator.aclose()))

    before = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(finalizer=close)
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*before)


def _finish(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[int]", received: _Received) -> int:
    while not task.done():
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            break
        except RuntimeError:
            if task.done():
                raise
            # Somebody ended Qt's loop; the coroutine still tidies up.
            task.cancel()
    if task.cancelled():
        return 128 + received.number if received.number else 0
    return task.result()


def _settle(loop: asyncio.AbstractEventLoop) -> None:
    """Let no task outlive the loop."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    # Turns of its own, after which nothing is left to run: what has ended may leave generators behind, whose closing
    # begins only then, and whatever runs after the last turn finds no running loop.
    loop.run_until_complete(_ended(left))


async def _ended(tasks: "set[asyncio.Task[object]]") -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)
