"""A connection whose answer is handed on, byte for byte, the moment it comes out of the socket.

One thread of its own does all the reading and writing, and waits for the answer in the system itself. So nothing that
the program is doing meanwhile, and no turn of the event loop, stands between the arrival and whoever must have the
bytes first.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Protocol, TypeVar

import httpcore

_CHUNK: Final = 64 * 1024
_RECORD: Final = 16 * 1024 + 512
"""Bytes of the largest TLS record (RFC 8446, section 5.2)."""
_MOST: Final = 4 * 1024 * 1024
"""Bytes that are taken in without being asked for; far more than any answer that is read."""

T = TypeVar("T")


class _Pipe(Protocol):
    def recv(self, count: int, /) -> bytes: ...

    def sendall(self, data: bytes, /) -> None: ...


class Line(httpcore.AsyncNetworkStream):
    """One connection, over which one answer comes."""

    def __init__(self, made: socket.socket, answering: Callable[[], bool], arrived: Callable[[bytes], None]) -> None:
        """Take over the connected socket.

        Once ``answering`` says that the request has left, each piece of the answer (decrypted, and otherwise as it was
        sent) goes to ``arrived``, in the thread, before anything else sees it. That must not raise.
        """
        self._socket, self._pipe = made, _as_pipe(made)
        self._answering, self._arrived = answering, arrived
        self._thread = ThreadPoolExecutor(1, "line")
        self._parts: asyncio.Queue[bytes | OSError] | None = None
        self._closed = False

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
    ) -> bytes:
        """Some bytes, none at the end; more than ``max_bytes`` may come of an answer. Raises ReadError, ReadTimeout."""
        if not self._answering():
            # What a proxy says is no answer, and what follows it is not for us to read yet.
            return await self._run(
                lambda: self._pipe.recv(max_bytes), timeout, httpcore.ReadTimeout, httpcore.ReadError
            )
        if self._parts is None:
            self._parts = asyncio.Queue()
            loop = asyncio.get_running_loop()
            loop.run_in_executor(self._thread, self._pump, loop, self._parts, timeout)
        part = await self._parts.get()
        if isinstance(part, OSError):
            raise (httpcore.ReadTimeout if isinstance(part, TimeoutError) else httpcore.ReadError) from part
        return part

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
    ) -> None:
        """Send all of it. Raises WriteError, WriteTimeout."""
        await self._run(lambda: self._pipe.sendall(buffer), timeout, httpcore.WriteTimeout, httpcore.WriteError)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
    ) -> httpcore.AsyncNetworkStream:
        """Go on inside TLS, or inside one more layer of it. Raises ConnectError, ConnectTimeout."""
        tls = _Tls(self._pipe, ssl_context, server_hostname)
        await self._run(tls.shake_hands, timeout, httpcore.ConnectTimeout, httpcore.ConnectError)
        self._pipe = tls
        return self

    async def aclose(self) -> None:
        """Close it, whatever is under way."""
        if self._closed:
            return
        self._closed = True
        # Whoever waits in the thread is woken by this; the number of the socket stays taken until it has gone.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.submit(self._socket.close)
        self._thread.shutdown(wait=False)

    async def _run(
        self, step: Callable[[], T], limit: float | None, slow: type[Exception], failed: type[Exception]
    ) -> T:
        def limited() -> T:
            self._socket.settimeout(limit)
            return step()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, limited)
        except TimeoutError as error:
            raise slow from error
        except OSError as error:
            raise failed from error

    def _pump(
        self, loop: asyncio.AbstractEventLoop, parts: "asyncio.Queue[bytes | OSError]", limit: float | None
    ) -> None:
        """Read on without being asked: what has come must not wait for the event loop's next question."""
        end: bytes | OSError = b""
        taken = 0
        try:
            self._socket.settimeout(limit)
            while taken < _MOST and (part := self._pipe.recv(_CHUNK)):
                self._arrived(part)
                taken += len(part)
                _tell(loop, parts, part)
        except OSError as error:
            end = error
        _tell(loop, parts, end)


class _Tls:
    """TLS over a pipe, which may be TLS itself where the way leads through a proxy that is spoken to in TLS."""

    def __init__(self, below: _Pipe, context: ssl.SSLContext, name: str | None) -> None:
        self._below = below
        self._come, self._gone = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._gone, server_hostname=name)

    def shake_hands(self) -> None:
        self._do(self._tls.do_handshake)

    def recv(self, count: int, /) -> bytes:
        try:
            return self._do(lambda: self._tls.read(count))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            # An end without a goodbye is an end: whether the answer was whole is told by its own length.
            return b""

    def sendall(self, data: bytes, /) -> None:
        rest = memoryview(data)
        while rest:
            written = self._do(lambda piece=rest: self._tls.write(piece))
            rest = rest[written:]

    def _do(self, step: Callable[[], T]) -> T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
            else:
                self._flush()
                return result
            if sealed := self._below.recv(_RECORD):
                self._come.write(sealed)
            else:
                self._come.write_eof()

    def _flush(self) -> None:
        if sealed := self._gone.read():
            self._below.sendall(sealed)


def _as_pipe(made: socket.socket) -> _Pipe:
    return made


def _tell(loop: asyncio.AbstractEventLoop, parts: "asyncio.Queue[bytes | OSError]", part: bytes | OSError) -> None:
    # A loop that is closed has nobody left who would want to know.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(parts.put_nowait, part)
