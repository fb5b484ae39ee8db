"""Connections that are kept open between questions."""

import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, Protocol

from probe_tray.adapters.http.wire.connection_route import ConnectionRoute
from probe_tray.adapters.http.wire.kept_connection import KeptAnswer, KeptConnection
from probe_tray.adapters.http.wire.kept_question import KeptQuestion, Origin
from probe_tray.adapters.http.wire.stream_backend import backends
from probe_tray.adapters.http.wire.wire_errors import GarbledAnswerError
from probe_tray.core.account.secret import Secret

_PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_CHUNK: Final = 64 * 1024
_KEPT_FOR: Final = 5.0
"""Seconds for which a connection that nobody uses stays open."""
_MOST = 32
"""So many stay open while nothing is asked: as many as ask at once, or the others would begin with a handshake."""


class PooledConnection(Protocol):
    """A connection of the pool."""

    async def ask(self, question: KeptQuestion) -> KeptAnswer:
        """Ask, one question at a time. Raises a WireError; the connection is then closed."""
        ...

    def leads_to(self, origin: Origin) -> bool:
        """Whether questions for ``origin`` can be asked over it."""
        ...

    def is_over(self) -> bool:
        """Whether it has lain idle for its time."""
        ...

    def has_expired(self) -> bool:
        """Whether it must not be used any more, though it is not closed."""
        ...

    def is_closed(self) -> bool:
        """Whether it can be used no more."""
        ...

    def kept(self) -> "PooledConnection":
        """What takes the next question, once an answer was read to its end."""
        ...

    async def aclose(self) -> None:
        """Close it."""
        ...


class ConnectionPool:
    """Each question takes the connection that was used last; the others end when their time is over.

    httpcore's own pool looks at every connection before and after each question.
    """

    def __init__(self, connect: Callable[[KeptQuestion], Awaitable[PooledConnection]]) -> None:
        """``connect`` makes a connection for HTTP/1.1, on which that question is then asked."""
        self._connect = connect
        self._idle: list[PooledConnection] = []
        """The one that was used last at the end."""
        self._retired = False

    @asynccontextmanager
    async def answer(self, question: KeptQuestion) -> AsyncGenerator[KeptAnswer]:
        """Ask; what is left of the answer is given up at the end, and its connection with it.

        Raises a WireError.
        """
        try:
            connection = await self._connection(question)
            response = await connection.ask(question)
            try:
                yield response
            finally:
                await response.aclose()
                if not connection.is_closed():
                    self._idle.append(connection.kept())
        finally:
            await self._close_surplus()

    async def retire(self) -> None:
        """Close every connection, those in use after their questions."""
        self._retired = True
        await self._close_surplus()

    async def _connection(self, question: KeptQuestion) -> PooledConnection:
        for chosen in reversed(self._idle):
            if chosen.leads_to(question.origin):
                self._idle.remove(chosen)
                if not chosen.has_expired():
                    return chosen
                await chosen.aclose()
                return await self._connection(question)
        return await self._connect(question)

    async def _close_surplus(self) -> None:
        while self._idle and (self._retired or len(self._idle) > _MOST or self._idle[0].is_over()):
            await self._idle.pop(0).aclose()


def fields(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields by their names in lower case; of a name that comes more than once all values (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def content(response: KeptAnswer, headers: Mapping[str, str]) -> AsyncIterator[bytes] | bytes:
    """The parts of the body, or all of it where it has come already. Raises a WireError."""
    # Nobody asked for a coding (RFC 9110, section 8.4.1).
    if headers.get("content-encoding", "").strip().lower() in _PACKED:
        return _unpacked(response.aiter_stream())
    return response.aiter_stream() if response.whole is None else response.whole


async def _unpacked(parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    unfolding = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        async for part in parts:
            packed = part
            while packed and (plain := unfolding.decompress(packed, _CHUNK)):
                yield plain
                packed = unfolding.unconsumed_tail
        if rest := unfolding.flush():
            yield rest
    except zlib.error as error:
        msg = "the body cannot be unpacked"
        raise GarbledAnswerError(msg) from error


def make_pool(context: ssl.SSLContext, proxy: Secret | None, *, kept_for: float = _KEPT_FOR) -> ConnectionPool:
    """Connections for requests whose answers can be asked for again. Raises ValueError for an odd proxy."""
    route, backend_of = ConnectionRoute(context, proxy), backends()

    async def connect(question: KeptQuestion) -> PooledConnection:
        backend = backend_of()
        if route.opens(question.origin):
            return KeptConnection(question.origin, await route.open(question, backend), kept_for)
        return await route.left_to_httpcore(question.origin, backend, kept_for)

    return ConnectionPool(connect)
