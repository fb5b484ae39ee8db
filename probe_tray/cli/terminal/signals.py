"""Ctrl-C, SIGTERM and SIGHUP, while there is something that must be seen to its end."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType
from typing import Final, Self

from probe_tray.adapters.process_signals import ending_signals
from probe_tray.cli.session.exit_status import ExitStatus

ENDING_SECONDS: Final = 3.0
"""How long a program that a signal has ended waits for its threads."""
_INSISTING = frozenset({signal.SIGINT, signal.SIGTERM})


class SignalledError(Exception):
    """A signal has ended the action, and what had to be seen to its end has come to it."""

    def __init__(self, status: ExitStatus) -> None:
        """``status`` is what the signal asks for."""
        super().__init__(status)
        self.status = status


class Interruption:
    """Inside the running event loop: the first signal calls ``stop`` there; the second ends the program at once.

    A terminal that was closed is no person who insists: SIGHUP may come several times, and beside SIGTERM, as when a
    session of logind ends. It never counts as the second.
    """

    def __init__(self, stop: Callable[[], object], last_words: Callable[[], object]) -> None:
        """``stop`` is called between two steps of the loop, ``last_words`` right before the program ends at once."""
        self._stop = stop
        self._last_words = last_words
        self._loop = asyncio.get_running_loop()
        self._taken = ExitStack()
        self._count = 0
        self.status: ExitStatus | None = None
        """The exit status that the signal asks for, None while none came."""

    def __enter__(self) -> Self:
        """Take the signals over."""
        for number in ending_signals():
            self._taken.callback(signal.signal, number, signal.signal(number, self._came))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        self._taken.close()

    def _came(self, number: int, frame: FrameType | None) -> None:
        del frame
        # The handler may run in the middle of anything; the loop is woken and goes on from there.
        if self.status is None:
            self.status = ExitStatus.of_signal(number)
            self._loop.call_soon_threadsafe(self._stop)
        if number not in _INSISTING:
            return
        self._count += 1
        match self._count:
            case 1:
                pass
            case 2:
                self._loop.call_soon_threadsafe(self._end)
            case _:
                # Whatever the last words wait for: they have waited long enough.
                os._exit(self.status)

    def _end(self) -> None:
        try:
            self._last_words()
        finally:
            # Tasks that see what was sent to its end do not let go; what they do is safe against a sudden end.
            os._exit(self.status or ExitStatus.FAILURE)


@contextmanager
def ended_soon(status: ExitStatus) -> Generator[None]:
    """End the program with ``status`` where what is inside takes longer than :data:`ENDING_SECONDS`.

    For the end of a run to which a signal came, once nothing is in flight: a thread that a disk holds up would be
    waited for without end, and what threads write is safe against a sudden end.
    """
    timer = threading.Timer(ENDING_SECONDS, os._exit, (status,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def woken_by_signals(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """Let every signal end a wait of ``loop``, be it for an :class:`Interruption` or a KeyboardInterrupt.

    Python calls a handler between two steps of the main thread. One that comes when that is just about to wait, or that
    the system gives to another thread, would otherwise be heard of only when a request has come to its time limit.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0)
        theirs.settimeout(0)
        try:
            loop.add_reader(ours, ours.recv, 4096)
        except NotImplementedError:
            # The loop of Windows does the same by itself.
            yield
            return
        before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(ours)
