"""One running program for each data folder: a lock that dies with its process, and a socket for the starts after it."""

import asyncio
import contextlib
import enum
import logging
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol, final

from probe_tray.adapters.desktop.instance_socket import (
    InstanceSocket,
    NumbersRequest,
    Passwords,
    runtime_lock,
    same,
)
from probe_tray.adapters.locks import KernelLock
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import DataFolderError, NotAnsweringError, WriteError

_ANSWER_SECONDS: Final = 2.0
"""What either side is given for each step; both have nothing to do but read a line."""
_PATIENCE_SECONDS: Final = 20.0
"""For a program that only just starts, or that still saves tokens before it ends."""
_PAUSE_SECONDS: Final = 0.1
_LONGEST_LINE: Final = 128
"""Bytes: a password and a word."""
_MOST_CALLERS: Final = 4
_MOST_WATCHERS: Final = 16
_MOST_UNREAD: Final = 4 * 1024 * 1024
"""Bytes that one of them may leave unread."""
_NUMBERS_WORDS: Final = frozenset(request.value for request in NumbersRequest)

_log: Final = logging.getLogger(__name__)


class StartRequest(enum.Enum):
    """What a second start asks of the running program.

    These words and those of ``NumbersRequest``, and no others, go through the socket.
    """

    NOTHING = "nothing"
    """Only whether it runs."""
    SHOW = "show"
    LOG_IN = "login"
    REFRESH = "refresh"
    QUIT = "quit"


class NumbersSource(Protocol):
    """What the running program knows of the quotas."""

    def line(self) -> bytes:
        """A ``QuotaOverview`` as one line of JSON, without a line end."""
        ...

    def on_change(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call ``tell`` after each change that may change the line; what is returned ends that."""
        ...


@final
class Instance:
    """This start of the program, which either becomes the running one or speaks to it.

    The methods that are no coroutines block; they are called before there is an event loop.
    """

    def __init__(self, folder: Path, socket: InstanceSocket, *, patience: float = _PATIENCE_SECONDS) -> None:
        """``folder`` is the data folder; ``patience`` is in seconds. Nothing is made yet."""
        # Either is enough to know that one runs: the folder may be removed, and what the system keeps may be tidied.
        paths = (folder / "instance.lock", runtime_lock(folder))
        self._paths = tuple(path for path in paths if path is not None)
        self._socket = socket
        self._patience = patience
        self._locks: list[KernelLock] = []

    def tell(self, request: StartRequest) -> bool:
        """Whether a running program took the request."""
        this_system().let_come_forward()
        if self._socket.is_slow_to_refuse and self._is_free():
            return False
        knocked = self._socket.connect(_ANSWER_SECONDS)
        if knocked is None:
            return False
        caller, passwords = knocked
        with caller, contextlib.suppress(OSError):
            if self._socket.trusts(caller):
                caller.sendall(f"{passwords.caller} {request.value}\n".encode())
                said = caller.recv(_LONGEST_LINE).decode("ascii", "replace").strip()
                return same(said, passwords.answerer)
        return False

    def tell_if_running(self, request: StartRequest) -> bool:
        """The same, and waits for one that is only just starting; False when none runs.

        Raises NotAnsweringError when one runs and does not answer.
        """
        return not self._either(request, self._is_free)

    def claim(self, request: StartRequest) -> bool:
        """Become the running program (True), or give the request to the one that runs (False).

        Raises NotAnsweringError when one runs and does not answer, and DataFolderError.
        """
        return self._either(request, self._take)

    def release(self) -> None:
        """Let the next start be the running program; the end of the process does the same."""
        for lock in self._locks:
            lock.give_up()
        self._locks = []

    @contextlib.asynccontextmanager
    async def serve(self, do: Callable[[StartRequest], None], numbers: NumbersSource) -> AsyncGenerator[None]:
        """Hear the starts that come later: ``do`` is called on this loop, and must not wait. So is ``numbers``.

        A socket that cannot be opened is logged and keeps nothing from running.
        """
        try:
            listener, passwords = self._socket.open()
        except (OSError, WriteError) as error:
            _log.warning("later starts cannot reach the program: %s", type(error).__name__)
            yield
            return
        guard = _Guard(self._socket, passwords, do, numbers)
        accepting = asyncio.create_task(_accept(listener, guard.receive))
        try:
            yield
        finally:
            accepting.cancel()
            guard.close()
            await asyncio.gather(accepting, return_exceptions=True)
            listener.close()
            self._socket.close()

    def _either(self, request: StartRequest, free: Callable[[], bool]) -> bool:
        """True once ``free``, False once the request was taken."""
        end = time.monotonic() + self._patience
        while True:
            if self.tell(request):
                return False
            if free():
                return True
            if time.monotonic() > end:
                raise NotAnsweringError
            time.sleep(_PAUSE_SECONDS)

    def _take(self) -> bool:
        self._locks = [KernelLock(path) for path in self._paths]
        data, *others = self._locks
        if data.take() and all(_take_if_possible(lock) for lock in others):
            return True
        self.release()
        return False

    def _is_free(self) -> bool:
        # Asking must leave nothing behind where the program was never started.
        locks = [KernelLock(path) for path in self._paths if path.exists()]
        try:
            return all(_take_if_possible(lock) for lock in locks)
        finally:
            for lock in locks:
                lock.give_up()


@final
class _Guard:
    """Listens to callers, who may be anybody: a few at a time, for a moment, one short line each."""

    def __init__(
        self, socket: InstanceSocket, passwords: Passwords, do: Callable[[StartRequest], None], numbers: NumbersSource
    ) -> None:
        self._socket = socket
        self._passwords = passwords
        self._do = do
        self._numbers = numbers
        self._callers = 0
        self._watchers: set[asyncio.StreamWriter] = set()

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = None
        self._callers += 1
        try:
            # A caller that goes away, says too much or nothing is none of our business.
            with contextlib.suppress(OSError, ValueError, TimeoutError):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    request = await self._read_request(reader, writer)
                    if request is not None:
                        await self._answer(request, writer)
        finally:
            self._callers -= 1
            if request is not NumbersRequest.CHANGES:
                writer.close()
        if request is NumbersRequest.CHANGES:
            await self._follow(reader, writer)

    def close(self) -> None:
        """Let go of those that wait for changes."""
        for writer in self._watchers:
            writer.close()

    async def _answer(self, request: StartRequest | NumbersRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{self._passwords.answerer}\n".encode())
        if request is NumbersRequest.NOW:
            writer.write(self._numbers.line() + b"\n")
        await writer.drain()
        if isinstance(request, StartRequest):
            self._do(request)

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send a line at each change, until the caller goes; one that doesn't read what it is sent is let go."""
        sent, later, loop = b"", None, asyncio.get_running_loop()

        def send() -> None:
            nonlocal sent, later
            later = None
            line = self._numbers.line()
            if writer.transport.get_write_buffer_size() > _MOST_UNREAD:
                writer.transport.abort()
            elif line != sent and not writer.is_closing():
                writer.write(line + b"\n")
                sent = line

        def send_soon() -> None:
            nonlocal later
            # Changes come in bursts: one line for all of them.
            later = later or loop.call_later(_PAUSE_SECONDS, send)

        end = None
        try:
            if len(self._watchers) < _MOST_WATCHERS:
                self._watchers.add(writer)
                end = self._numbers.on_change(send_soon)
                send()
                # It says nothing more, so this waits for its end.
                with contextlib.suppress(OSError, ValueError):
                    await reader.readline()
        finally:
            if end is not None:
                end()
            if later is not None:
                later.cancel()
            self._watchers.discard(writer)
            writer.close()

    async def _read_request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> StartRequest | NumbersRequest | None:
        if self._callers > _MOST_CALLERS or not self._socket.trusts(writer.get_extra_info("socket")):
            return None
        said, _, word = (await reader.readline()).decode("ascii").rstrip("\n").partition(" ")
        if not same(said, self._passwords.caller):
            return None
        return NumbersRequest(word) if word in _NUMBERS_WORDS else StartRequest(word)


async def _accept(
    listener: socket.socket, receive: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
) -> None:
    """Hear every caller, for ever.

    WORKAROUND CPython (https://github.com/python/cpython/issues/93821): on Windows a caller that resets its connection
    before it is accepted ends a server of asyncio for good.
    """
    listener.settimeout(0)
    loop, talks = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    async def talk(caller: socket.socket) -> None:
        with contextlib.suppress(OSError):
            await receive(*await asyncio.open_connection(sock=caller, limit=_LONGEST_LINE))

    while True:
        try:
            caller, _ = await loop.sock_accept(listener)
        except OSError:
            # Out of file descriptors, or gone again already.
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        talks.add(task := asyncio.create_task(talk(caller)))
        task.add_done_callback(talks.discard)


def _take_if_possible(lock: KernelLock) -> bool:
    """Whether nobody else has the lock; one that cannot be made keeps nothing from running."""
    try:
        return lock.take()
    except DataFolderError as error:
        _log.warning("a lock of the running program cannot be made: %s", error.facts["reason"])
        return True
