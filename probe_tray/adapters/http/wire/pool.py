"""Connections that are kept open between questions, without httpcore's own pool and without httpx above it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

import httpcore
import httpx

from probe_tray.adapters.http.wire.kept_connection import KeptAnswer, KeptConnection

_MOST = 32
"""So many stay open while nothing is asked: as many as ask at once, or the others would begin with a handshake."""


PooledAnswer = httpcore.Response | KeptAnswer


class PooledConnection(Protocol):
    """A connection of the pool. What it does is httpcore's ``AsyncConnectionInterface``."""

    async def handle_async_request(self, request: httpcore.Request) -> PooledAnswer:
        """Ask, one question at a time."""
        ...

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        """Whether it leads there."""
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


class NewConnection:
    """Implements ``PooledConnection`` for the first question: httpcore makes its way through proxies and into TLS."""

    def __init__(
        self,
        made: httpcore.AsyncConnectionInterface,
        origin: httpcore.Origin,
        stream: Callable[[], httpcore.AsyncNetworkStream | None],
        kept_for: float,
    ) -> None:
        """``stream`` is what ``made`` speaks HTTP over, None where only ``made`` knows how to ask again."""
        self._made, self._origin, self._stream, self._kept_for = made, origin, stream, kept_for

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Open it, and ask."""
        return await self._made.handle_async_request(request)

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        """As httpcore says."""
        return self._made.can_handle_request(origin)

    def has_expired(self) -> bool:
        """As httpcore says."""
        return self._made.has_expired()

    def is_closed(self) -> bool:
        """As httpcore says."""
        return self._made.is_closed()

    def kept(self) -> PooledConnection:
        """The same connection without httpcore, which takes more steps for a question than all the rest."""
        stream = self._stream()
        return self if stream is None else KeptConnection(self._origin, stream, self._kept_for)

    async def aclose(self) -> None:
        """Close it."""
        await self._made.aclose()


class ConnectionPool:
    """Each question takes the connection that was used last; the others end when their time is over.

    httpcore's own pool looks at every connection before and after each question.
    """

    def __init__(self, connect: Callable[[httpcore.Origin], PooledConnection]) -> None:
        """``connect`` makes a connection for HTTP/1.1, which opens with its first request."""
        self._connect = connect
        self._idle: list[PooledConnection] = []
        """The one that was used last at the end."""
        self._retired = False

    @asynccontextmanager
    async def answer(self, request: httpcore.Request) -> AsyncGenerator[PooledAnswer]:
        """Ask; what is left of the answer is given up at the end, and its connection with it.

        Raises what httpcore raises.
        """
        try:
            connection = await self._connection(request.url.origin)
            response = await connection.handle_async_request(request)
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

    async def _connection(self, origin: httpcore.Origin) -> PooledConnection:
        fitting = [c for c in self._idle if c.can_handle_request(origin)]
        if not fitting:
            return self._connect(origin)
        chosen = fitting[-1]
        self._idle.remove(chosen)
        if not chosen.has_expired():
            return chosen
        await chosen.aclose()
        return await self._connection(origin)

    async def _close_surplus(self) -> None:
        while self._idle and (self._retired or len(self._idle) > _MOST or self._idle[0].has_expired()):
            await self._idle.pop(0).aclose()


class _Raw(httpx.AsyncByteStream):
    def __init__(self, response: PooledAnswer) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part


def fields(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields by their names in lower case; of a name that comes more than once all values (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def content(response: PooledAnswer, headers: dict[str, str]) -> AsyncIterator[bytes]:
    """The parts of the body. Raises what httpcore raises, and httpx.DecodingError."""
    if "content-encoding" not in headers:
        return response.aiter_stream()
    # Nobody asked for it.
    return httpx.Response(response.status, headers=headers, stream=_Raw(response)).aiter_bytes()
