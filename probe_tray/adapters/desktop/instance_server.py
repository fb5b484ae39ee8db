"""The running program's end of the socket: hears the starts that come later, and whoever asks for numbers."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final, final

from probe_tray.adapters.desktop.instance_socket import (
    ANSWER_SECONDS,
    LONGEST_LINE,
    InstanceSocket,
    NumbersRequest,
    NumbersSource,
    Passwords,
    StartRequest,
    same,
)
from probe_tray.core.errors import WriteError

_PAUSE_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 600.0
"""Systems tidy their temporary folders after days, and each look wakes the program."""
_MOST_CALLERS: Final = 4
_MOST_WATCHERS: Final = 16
_MOST_UNREAD: Final = 4 * 1024 * 1024
"""Bytes that one of them may leave unread."""
_NUMBERS_WORDS: Final = frozenset(request.value for request in NumbersRequest)

_log: Final = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def serve(
    place: InstanceSocket,
    do: Callable[[StartRequest], None],
    numbers: NumbersSource,
    *,
    look_seconds: float = _LOOK_SECONDS,
) -> AsyncGenerator[None]:
    """Hear at ``place`` the starts that come later; ``do`` and ``numbers`` are called on this loop, and must not wait.

    A socket that cannot be opened is logged and keeps nothing from running. Where it can be gone from the disk, it is
    looked for every ``look_seconds``, and opened again.
    """
    try:
        listener, passwords = place.open()
    except (OSError, WriteError) as error:
        _log.warning("later starts cannot reach the program: %s", type(error).__name__)
        yield
        return
    guard = _Guard(place, passwords, do, numbers)
    accepting = asyncio.create_task(
        _accept(listener, guard.receive, set())
        if place.is_gone is None
        else _accept_and_reopen(place, place.is_gone, listener, guard.receive, look_seconds)
    )
    try:
        yield
    finally:
        accepting.cancel()
        guard.close()
        await asyncio.gather(accepting, return_exceptions=True)
        # A task that is cancelled before its first step has closed nothing.
        listener.close()
        place.close()


@final
class _Guard:
    """Listens to callers, who may be anybody: a few at a time, for a moment, one short line each."""

    def __init__(
        self, place: InstanceSocket, passwords: Passwords, do: Callable[[StartRequest], None], numbers: NumbersSource
    ) -> None:
        self._place = place
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
                async with asyncio.timeout(ANSWER_SECONDS):
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
        if self._callers > _MOST_CALLERS or not self._place.trusts(writer.get_extra_info("socket")):
            return None
        said, _, word = (await reader.readline()).decode("ascii").rstrip("\n").partition(" ")
        if not same(said, self._passwords.caller):
            return None
        return NumbersRequest(word) if word in _NUMBERS_WORDS else StartRequest(word)


async def _accept_and_reopen(
    place: InstanceSocket,
    is_gone: Callable[[], bool],
    listener: socket.socket,
    receive: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    look_seconds: float,
) -> None:
    """Hear every caller, for ever, also after what they look for was removed from the disk."""
    # Here, so that those who talk stay when the listener is another one.
    talks = set[asyncio.Task[None]]()
    try:
        while True:
            accepting = asyncio.create_task(_accept(listener, receive, talks))
            with listener:
                try:
                    listener = await _reopened(place, is_gone, look_seconds)
                finally:
                    accepting.cancel()
                    await asyncio.gather(accepting, return_exceptions=True)
    finally:
        # Another one, where the end comes while the one before it is left.
        listener.close()


async def _reopened(place: InstanceSocket, is_gone: Callable[[], bool], look_seconds: float) -> socket.socket:
    """Another listener, once nobody finds the one there was. A place that can be gone has always the same passwords."""
    while True:
        await asyncio.sleep(look_seconds)
        if await asyncio.to_thread(is_gone):
            with contextlib.suppress(OSError, WriteError):
                return place.open()[0]


async def _accept(
    listener: socket.socket,
    receive: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    talks: set[asyncio.Task[None]],
) -> None:
    """Hear every caller, for ever.

    WORKAROUND CPython (https://github.com/python/cpython/issues/93821): on Windows a caller that resets its connection
    before it is accepted ends a server of asyncio for good.
    """
    listener.settimeout(0)
    loop = asyncio.get_running_loop()

    async def talk(caller: socket.socket) -> None:
        with contextlib.suppress(OSError):
            await receive(*await asyncio.open_connection(sock=caller, limit=LONGEST_LINE))

    while True:
        try:
            caller, _ = await loop.sock_accept(listener)
        except OSError:
            # Out of file descriptors, or gone again already.
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        talks.add(task := asyncio.create_task(talk(caller)))
        task.add_done_callback(talks.discard)
