"""The ways of requests: over connections that are kept, or over one of their own.

An answer that must be kept before anybody reads it comes over a `WireConnection`.
"""

import asyncio
import socket
import ssl
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.util import find_spec
from itertools import zip_longest
from types import ModuleType, TracebackType
from typing import Final, Self, cast

import httpcore

from probe_tray.adapters.http.wire.connection import WireConnection
from probe_tray.adapters.http.wire.connection_route import ConnectionRoute
from probe_tray.adapters.http.wire.kept_connection import KeptConnection
from probe_tray.adapters.http.wire.pool import ConnectionPool, NewConnection, PooledConnection
from probe_tray.adapters.http.wire.stream import SocketStream
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret

_HEAD_START: Final = 0.25
"""Seconds before the next address is tried beside the last one (RFC 8305, section 5)."""

# WORKAROUND httpcore 1.0.9 (https://github.com/encode/httpcore, _synchronization.py): where sniffio is missing,
# httpcore looks through all folders of modules for it, four times for each request. None says that there is none.
if find_spec("sniffio") is None:
    sys.modules.setdefault("sniffio", cast("ModuleType", None))

_Found = tuple[int, tuple[object, ...]]
_CHUNK: Final = 64 * 1024
_KEPT_FOR: Final = 5.0
"""Seconds for which a connection that nobody uses stays open."""


async def dial(host: str, port: int) -> socket.socket:
    """A connection to the first address of ``host`` that takes one.

    Raises OSError; where several addresses failed, each for a reason of its own, they are its cause. It sets no limit
    of time: break it off, and nothing stays open.
    """
    waiting = deque(await _addresses(host, port))
    tries: set[asyncio.Task[socket.socket]] = set()
    everything: list[asyncio.Task[socket.socket]] = []
    failures: list[OSError] = []
    chosen: socket.socket | None = None
    try:
        while chosen is None and (waiting or tries):
            if waiting:
                everything.append(asyncio.create_task(_connect(*waiting.popleft())))
                tries.add(everything[-1])
            limit = _HEAD_START if waiting else None
            done, tries = await asyncio.wait(tries, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                try:
                    chosen = attempt.result()
                except OSError as error:
                    failures.append(error)
    finally:
        for attempt in everything:
            attempt.add_done_callback(lambda ended: _close_other(ended, chosen))
            attempt.cancel()
    if chosen is not None:
        return chosen
    if len(failures) == 1:
        raise failures[0]
    raise OSError from ExceptionGroup("no address took the connection", failures)


def _close_other(ended: "asyncio.Task[socket.socket]", chosen: socket.socket | None) -> None:
    """Two may have come about at the same moment."""
    if not ended.cancelled() and ended.exception() is None and ended.result() is not chosen:
        ended.result().close()


async def _addresses(host: str, port: int) -> list[_Found]:
    """In the system's order, but by turns of both families: one that is broken must not use up the time."""
    loop = asyncio.get_running_loop()
    answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found: list[_Found] = [(int(family), address) for family, _, _, _, address in answers]
    ours = [address for address in found if address[0] == found[0][0]]
    others = [address for address in found if address[0] != found[0][0]]
    return [address for pair in zip_longest(ours, others) for address in pair if address is not None]


async def _connect(family: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(0)  # As the event loop wants it.
        with suppress(OSError):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(made, address)
    except BaseException:
        made.close()
        raise
    return made


class SingleTransport:
    """One request over one fresh connection, whose answer can be asked for again."""

    def __init__(self, context: ssl.SSLContext, proxy: Secret | None, backend: httpcore.AsyncNetworkBackend) -> None:
        """``backend`` makes the connection. Raises ValueError for an odd proxy."""
        self._route, self._over = ConnectionRoute(context, proxy), backend
        self._connection: httpcore.AsyncConnectionInterface | None = None

    async def answer(self, request: httpcore.Request) -> httpcore.Response:
        """Send it. Raises what httpcore raises."""
        self._connection = self._route.left_to_httpcore(request.url.origin, self._over, _KEPT_FOR)
        return await self._connection.handle_async_request(request)

    async def __aenter__(self) -> Self:
        """Nothing is opened before there is something to be sent."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.aclose()


class WireTransport(SingleTransport):
    """One whose answer is handed on as it comes out of the socket."""

    def __init__(
        self,
        context: ssl.SSLContext,
        proxy: Secret | None,
        answering: Callable[[], bool],
        arrived: Callable[[bytes], None],
    ) -> None:
        """``answering`` and ``arrived`` are those of :class:`WireConnection`."""
        self._arrived = arrived
        self._parts: list[bytes] = []
        self._backend = _Backend(answering, self._take)
        super().__init__(context, proxy, self._backend)

    @property
    def raw(self) -> bytes:
        """What has come of the answer."""
        return b"".join(self._parts)

    async def read_on(self, enough: Callable[[bytes], bool]) -> None:
        """Take in what still comes, though the library has given up: until it is ``enough``, or the connection ends."""
        made = self._backend.made
        with suppress(httpcore.NetworkError, httpcore.TimeoutException):
            while made is not None and not enough(self.raw) and await made.read(_CHUNK):
                pass

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the connection."""
        try:
            await super().__aexit__(exc_type, exc_value, traceback)
        finally:
            if self._backend.made is not None:
                self._backend.made.hang_up()

    def _take(self, part: bytes) -> None:
        self._arrived(part)
        self._parts.append(part)


def make_transport(context: ssl.SSLContext, proxy: Secret | None) -> SingleTransport:
    """For one request whose answer can be asked for again. Raises ValueError for an odd proxy."""
    return SingleTransport(context, proxy, _backends()())


def make_pool(context: ssl.SSLContext, proxy: Secret | None, *, kept_for: float = _KEPT_FOR) -> ConnectionPool:
    """Connections for requests whose answers can be asked for again. Raises ValueError for an odd proxy."""
    route, backends = ConnectionRoute(context, proxy), _backends()

    async def connect(request: httpcore.Request) -> PooledConnection:
        origin, backend = request.url.origin, backends()
        if route.opens(origin):
            return KeptConnection(origin, await route.open(request, backend), kept_for)
        made = route.left_to_httpcore(origin, backend, kept_for)
        return NewConnection(made, origin, lambda: backend.made if origin.scheme == b"https" else None, kept_for)

    return ConnectionPool(connect)


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, answering: Callable[[], bool], arrived: Callable[[bytes], None]) -> None:
        self._answering, self._arrived = answering, arrived
        self.made: WireConnection | None = None
        """The connection of the request."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del local_address, socket_options  # Never asked for here.
        async with _connecting(timeout):
            self.made = WireConnection(await dial(host, port), self._answering, self._arrived)
        return self.made


class _StreamBackend(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        self.made: SocketStream | None = None
        """The last connection."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del local_address, socket_options  # Never asked for here.
        async with _connecting(timeout):
            self.made = await SocketStream.over(await dial(host, port))
        return self.made


@asynccontextmanager
async def _connecting(seconds: float | None) -> AsyncGenerator[None]:
    """Raises ConnectError, ConnectTimeout."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError from error


def _never() -> bool:
    return False


def _ignore(part: bytes) -> None:
    del part


def _backends() -> "Callable[[], _Backend | _StreamBackend]":
    """What makes a connection whose answers can be asked for again.

    The verifiers of macOS and Windows may ask the network (``SecTrustEvaluateWithError``, ``CertGetCertificateChain``),
    and truststore 0.10.5 calls them inside ``do_handshake``: there handshakes run in threads.
    """
    return partial(_Backend, _never, _ignore) if this_system().verifies_certificates else _StreamBackend
