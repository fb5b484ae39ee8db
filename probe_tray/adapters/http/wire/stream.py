"""A connection for requests whose answers can be asked for again: asyncio's socket, and TLS in memory above it.

httpcore itself takes anyio for it, whose bookkeeping costs more CPU than all the rest of a request.
"""

import asyncio
import socket
import ssl
from typing import Final, Protocol, cast

from probe_tray.adapters.http.wire.byte_stream import plain_name
from probe_tray.adapters.http.wire.wire_errors import WireNetworkError, WireTimeoutError

_RECORD: Final = 64 * 1024
"""Bytes asked of the layer below at once: several TLS records (RFC 8446, section 5.2)."""
_MOST: Final = 1024 * 1024
"""Bytes that are taken in before anybody asks for them."""


class _Incoming(asyncio.Protocol):
    """What has come out of a socket and was not asked for yet."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parts = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parts += data
        if len(self._parts) > _MOST and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake()
        # What is still to be written goes out.
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._error = True, exc
        self._writable.set()
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    @property
    def has_news(self) -> bool:
        return self._ended or bool(self._parts)

    async def take(self, count: int) -> bytes:
        """At most ``count`` bytes, none at the end. Raises OSError."""
        if not self.has_news:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        if not self._parts and self._error is not None:
            raise ConnectionError from self._error
        part = bytes(self._parts[:count])
        del self._parts[:count]
        if self._transport is not None and not self._transport.is_reading() and not self._ended:
            self._transport.resume_reading()
        return part

    async def send(self, data: bytes) -> None:
        """Send all of it, or as much as leaves no more than a little behind. Raises OSError."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError from self._error
        self._transport.write(data)
        await self._writable.wait()
        if self._error is not None:
            raise ConnectionError from self._error

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            # A turn of the loop, in which the socket is closed.
            await asyncio.sleep(0)

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class _Pipe(Protocol):
    async def take(self, count: int) -> bytes: ...
    async def send(self, data: bytes) -> None: ...


class _Encryption:
    """TLS over a pipe, which may be TLS itself where the way leads through a proxy that is spoken to in TLS."""

    def __init__(self, below: _Pipe, context: ssl.SSLContext, name: str) -> None:
        self._below = below
        self._come, self._gone = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._gone, server_hostname=plain_name(name))
        self._ended = False

    async def shake_hands(self) -> None:
        """Begin. Raises OSError, of which ssl.SSLError is one."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
            else:
                await self._flush()
                return
            await self._feed()

    async def take(self, count: int) -> bytes:
        if self._ended:
            return b""
        if not self._tls.pending() and not self._come.pending:
            # An answer to the other side's wish for new keys, say.
            await self._flush()
            await self._feed()
        while True:
            try:
                return self._tls.read(count)
            except ssl.SSLWantReadError:
                await self._flush()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                # An end without a goodbye is an end: whether the answer was whole is told by its own length.
                self._ended = True
                return b""
            await self._feed()

    async def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
        await self._flush()

    async def _feed(self) -> None:
        if sealed := await self._below.take(_RECORD):
            self._come.write(sealed)
        else:
            self._come.write_eof()

    async def _flush(self) -> None:
        if sealed := self._gone.read():
            await self._below.send(sealed)


class SocketStream:
    """Implements ``ByteStream``, but for how long reading and writing may take; see ``Exchange.attempt``."""

    def __init__(self, made: socket.socket, incoming: _Incoming) -> None:
        """See :meth:`over`."""
        self._socket, self._incoming = made, incoming
        self._pipe: _Pipe = incoming

    @classmethod
    async def over(cls, made: socket.socket) -> "SocketStream":
        """Take over the connected socket. Raises OSError."""
        try:
            _, incoming = await asyncio.get_running_loop().create_connection(_Incoming, sock=made)
        except BaseException:
            made.close()
            raise
        return cls(made, incoming)

    @property
    def is_readable(self) -> bool:
        """Whether something has come that nobody has read, be it the end."""
        return self._incoming.has_news or _is_readable(self._socket)

    async def read(self, most: int, limit: float | None = None) -> bytes:
        """Some bytes, none at the end. Raises WireNetworkError."""
        del limit
        try:
            return await self._pipe.take(most)
        except OSError as error:
            raise WireNetworkError from error

    async def write(self, data: bytes, limit: float | None = None) -> None:
        """Send all of it. Raises WireNetworkError."""
        del limit
        if not data:
            return
        try:
            await self._pipe.send(data)
        except OSError as error:
            raise WireNetworkError from error

    async def start_tls(self, context: ssl.SSLContext, name: str, limit: float | None = None) -> None:
        """Go on inside TLS, or inside one more layer of it. Raises WireNetworkError, WireTimeoutError.

        The connection is then closed.
        """
        try:
            async with asyncio.timeout(limit):
                tls = _Encryption(self._pipe, context, name)
                await tls.shake_hands()
        except BaseException as error:
            await self.aclose()
            if isinstance(error, TimeoutError):
                raise WireTimeoutError from error
            if isinstance(error, OSError):
                raise WireNetworkError from error
            raise
        self._pipe = tls

    async def aclose(self) -> None:
        """Close it."""
        await self._incoming.close()


def _is_readable(made: socket.socket) -> bool:
    """Whether the system has news that the event loop has not heard of: after sleep it runs timers first."""
    try:
        made.recv(1, socket.MSG_PEEK)
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True
    return True
