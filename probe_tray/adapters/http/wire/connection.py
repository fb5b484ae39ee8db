"""A connection whose answer is handed on, byte for byte, before it leaves the system's hands.

A thread of its own waits for the answer in the system itself, from before the request has left. So nothing that the
program is doing meanwhile, and no turn of the event loop, stands between the arrival and whoever must have the bytes
first. Should the process be killed, then either they are where they had to go, or this process never took them.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from probe_tray.adapters.http.wire.byte_stream import plain_name
from probe_tray.adapters.http.wire.wire_errors import WireNetworkError, WireTimeoutError

_RECORD: Final = 64 * 1024
"""Bytes asked of the layer below at once: several TLS records (RFC 8446, section 5.2)."""


class Tcp:
    """A connected socket, whose time limit is the caller's business."""

    def __init__(self, made: socket.socket) -> None:
        """Read and write ``made``, each in one thread at a time."""
        self._socket = made
        self.turn = threading.RLock()
        """Held by whoever touches a layer above: one reads what comes there while another writes."""

    def take(self, count: int, keep: Callable[[bytes], None]) -> bytes:
        """At most ``count`` bytes, none at the end; they go to ``keep`` before they leave the system's queue.

        Raises OSError.
        """
        part = self._socket.recv(count, socket.MSG_PEEK)
        if part:
            keep(part)
        left = len(part)
        while left and (gone := self._socket.recv(left)):
            left -= len(gone)
        return part

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        self._socket.sendall(data)


class Tls:
    """TLS over a pipe, which may be TLS itself where the way leads through a proxy that is spoken to in TLS."""

    def __init__(self, below: "Tcp | Tls", context: ssl.SSLContext, name: str) -> None:
        """Speak with the owner of ``name``, once :meth:`shake_hands` has been called."""
        self._below, self.turn = below, below.turn
        self._come, self._gone = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._gone, server_hostname=plain_name(name))

    def shake_hands(self) -> None:
        """Begin. Raises OSError, of which ssl.SSLError is one."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
            else:
                self._flush()
                return
            if not self._below.take(_RECORD, self._feed):
                self._come.write_eof()

    def take(self, count: int, keep: Callable[[bytes], None]) -> bytes:
        """As :meth:`Tcp.take`; ``keep`` has all that the bytes hold that leave the queue, be it more than ``count``."""
        plain = self._open(b"", count, keep)

        def feed(sealed: bytes) -> None:
            nonlocal plain
            plain = self._open(sealed, count, keep)

        while plain is None:
            if not self._below.take(_RECORD, feed):
                self._come.write_eof()
                plain = self._open(b"", count, keep)
        return plain

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        rest = memoryview(data)
        with self.turn:
            while rest:
                rest = rest[self._tls.write(rest) :]
            self._flush()

    def _open(self, sealed: bytes, count: int, keep: Callable[[bytes], None]) -> bytes | None:
        """All that has come, none at the end; None while it is no whole record."""
        parts: list[bytes] = []
        with self.turn:
            # Nothing may be written once the end has come.
            if sealed:
                self._come.write(sealed)
            try:
                while part := self._tls.read(count):
                    parts.append(part)
            except ssl.SSLWantReadError:
                if not parts:
                    return None
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                # An end without a goodbye is an end: whether the answer was whole is told by its own length.
                pass
            finally:
                self._flush()
        plain = b"".join(parts)
        if plain:
            keep(plain)
        return plain

    def _feed(self, sealed: bytes) -> None:
        self._come.write(sealed)

    def _flush(self) -> None:
        if sealed := self._gone.read():
            self._below.send(sealed)


_CHUNK: Final = 64 * 1024
_MOST: Final = 4 * 1024 * 1024
"""Bytes that are taken in without being asked for; far more than any answer that is read."""

T = TypeVar("T")


class WireConnection:
    """Implements ``ByteStream``: one connection, over which one answer comes."""

    def __init__(self, made: socket.socket, answering: Callable[[], bool], arrived: Callable[[bytes], None]) -> None:
        """Take over the connected socket.

        Once ``answering`` says that what is written is the request, each piece of what comes back (decrypted, and
        otherwise as it was sent) goes to ``arrived``, in a thread, before anything else sees it. That must not raise.
        """
        self._socket = made
        self._pipe: Tcp | Tls = Tcp(made)
        self._answering, self._arrived = answering, arrived
        # The second one waits for the answer.
        self._threads = ThreadPoolExecutor(2, "line")
        self._parts: asyncio.Queue[bytes | OSError] = asyncio.Queue()
        self._pumping: Future[None] | None = None
        self._closed = False

    @property
    def is_readable(self) -> bool:
        """Whether something has come that nobody has read, be it the end."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True
        return True

    async def read(self, most: int, limit: float | None = None) -> bytes:
        """Some bytes, none at the end; more than ``most`` may come of an answer.

        Raises WireNetworkError, WireTimeoutError.
        """
        if self._pumping is None:
            # What a proxy says is no answer, and what follows it is not for us to read yet.
            return await self._run(lambda: self._pipe.take(most, _keep_nothing), limit)
        part = await self._parts.get()
        if not part or isinstance(part, OSError):
            # Whoever asks again hears of the end again.
            self._parts.put_nowait(part)
        if isinstance(part, OSError):
            raise (WireTimeoutError if isinstance(part, TimeoutError) else WireNetworkError) from part
        return part

    async def write(self, data: bytes, limit: float | None = None) -> None:
        """Send all of it. Raises WireNetworkError, WireTimeoutError."""
        if self._pumping is None and self._answering():
            self._pumping = self._threads.submit(self._pump, asyncio.get_running_loop(), limit)
        await self._run(lambda: self._pipe.send(data), limit)

    async def start_tls(self, context: ssl.SSLContext, name: str, limit: float | None = None) -> None:
        """Go on inside TLS, or inside one more layer of it. Raises WireNetworkError, WireTimeoutError."""

        def secure() -> Tls:
            # In the thread too: a context of truststore is locked while it verifies another connection's certificates.
            tls = Tls(self._pipe, context, name)
            tls.shake_hands()
            return tls

        self._pipe = await self._run(secure, limit)

    async def aclose(self) -> None:
        """Close it, unless an answer is being read: where a library gives up over it, more may be to come."""
        if self._pumping is None:
            self.hang_up()

    def hang_up(self) -> None:
        """Close it, whatever is under way."""
        if self._closed:
            return
        self._closed = True
        # Whoever waits in a thread is woken by this; the number of the socket stays taken until it has gone.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._threads.submit(self._close)
        self._threads.shutdown(wait=False)

    def _close(self) -> None:
        if self._pumping is not None:
            self._pumping.result()
        self._socket.close()

    async def _run(self, step: Callable[[], T], limit: float | None) -> T:
        def limited() -> T:
            self._socket.settimeout(limit)
            return step()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, limited)
        except TimeoutError as error:
            raise WireTimeoutError from error
        except OSError as error:
            raise WireNetworkError from error

    def _pump(self, loop: asyncio.AbstractEventLoop, limit: float | None) -> None:
        """Read on without being asked: what has come must not wait for the event loop's next question."""
        end: bytes | OSError = b""
        taken = 0
        try:
            self._socket.settimeout(limit)
            while taken < _MOST and (part := self._pipe.take(_CHUNK, self._arrived)):
                taken += len(part)
                _tell(loop, self._parts, part)
        except OSError as error:
            end = error
        _tell(loop, self._parts, end)


def _keep_nothing(part: bytes) -> None:
    del part


def _tell(loop: asyncio.AbstractEventLoop, parts: "asyncio.Queue[bytes | OSError]", part: bytes | OSError) -> None:
    # A loop that is closed has nobody left who would want to know.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(parts.put_nowait, part)
