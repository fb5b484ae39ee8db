"""The transport for a request whose answer must be kept before anybody reads it: over a `WireConnection` of its own."""

import asyncio
import socket
import ssl
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from itertools import zip_longest
from types import ModuleType, TracebackType
from typing import Final, cast

import httpcore
import httpx

from probe_tray.adapters.http.wire.connection import WireConnection
from probe_tray.adapters.http.wire.pool import ConnectionPool, NewConnection
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
SINGLE: Final = httpx.Limits(max_connections=1, max_keepalive_connections=0)
"""One connection for one question."""


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


class WireTransport(httpx.AsyncHTTPTransport):
    """One request over one fresh connection, whose answer is handed on as it comes out of the socket."""

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
        # WORKAROUND httpx 0.28.1: its own constructor knows no network backend
        # (https://github.com/encode/httpx, _transports/default.py), so the pool is made here.
        self._pool = _pool(context, as_proxy(context, proxy), self._backend, SINGLE)

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


def make_transport(context: ssl.SSLContext, proxy: Secret | None, limits: httpx.Limits) -> httpx.AsyncHTTPTransport:
    """A transport for requests whose answers can be asked for again. Raises what httpx raises for an odd proxy."""
    if this_system().verifies_certificates:
        return ThreadedTransport(context, proxy, limits)
    return StreamTransport(context, proxy, limits)


def make_pool(context: ssl.SSLContext, proxy: Secret | None, *, kept_for: float = _KEPT_FOR) -> ConnectionPool:
    """Connections for questions about accounts. Raises what httpx raises for an odd proxy."""
    threaded, way = this_system().verifies_certificates, as_proxy(context, proxy)
    limits = httpx.Limits(keepalive_expiry=kept_for)

    def connect(origin: httpcore.Origin) -> NewConnection:
        backend = _Backend(_never, _ignore) if threaded else _StreamBackend()
        made = _pool(context, way, backend, limits).create_connection(origin)
        # Without TLS a proxy may have to be spoken to in its own words for each question (RFC 9112, section 3.2.2).
        ours = way is None or origin.scheme == b"https"
        return NewConnection(made, origin, lambda: backend.made if ours else None, kept_for)

    return ConnectionPool(connect)


class StreamTransport(httpx.AsyncHTTPTransport):
    """One over `SocketStream`, on the event loop alone."""

    def __init__(self, context: ssl.SSLContext, proxy: Secret | None, limits: httpx.Limits) -> None:
        """As ``make_transport``."""
        self._pool = _pool(context, as_proxy(context, proxy), _StreamBackend(), limits)


class ThreadedTransport(httpx.AsyncHTTPTransport):
    """One whose handshakes run in threads.

    The verifiers of macOS and Windows may ask the network (``SecTrustEvaluateWithError``, ``CertGetCertificateChain``),
    and truststore 0.10.5 calls them inside ``do_handshake``, which asyncio runs on the event loop.
    """

    def __init__(self, context: ssl.SSLContext, proxy: Secret | None, limits: httpx.Limits) -> None:
        """As ``make_transport``."""
        self._pool = _pool(context, as_proxy(context, proxy), _Backend(_never, _ignore), limits)


def as_proxy(context: ssl.SSLContext, proxy: Secret | None) -> httpx.Proxy | None:
    """The proxy as httpx wants it. Raises what httpx raises for an address that it does not understand."""
    if proxy is None:
        return None
    # A proxy's own certificate is judged as everybody's; left out, a list inside a package would judge it.
    https = proxy.reveal().lower().startswith("https:")
    return httpx.Proxy(proxy.reveal(), ssl_context=context if https else None)


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


def _pool(
    context: ssl.SSLContext, proxy: httpx.Proxy | None, backend: httpcore.AsyncNetworkBackend, limits: httpx.Limits
) -> httpcore.AsyncConnectionPool:
    if proxy is None:
        return httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=backend,
        )
    address = proxy.url
    url = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
    if address.scheme in {"http", "https"}:
        return httpcore.AsyncHTTPProxy(
            proxy_url=url,
            proxy_auth=proxy.raw_auth,
            proxy_headers=proxy.headers.raw,
            proxy_ssl_context=proxy.ssl_context,
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=backend,
        )
    return httpcore.AsyncSOCKSProxy(
        proxy_url=url,
        proxy_auth=proxy.raw_auth,
        ssl_context=context,
        max_connections=limits.max_connections,
        max_keepalive_connections=limits.max_keepalive_connections,
        keepalive_expiry=limits.keepalive_expiry,
        network_backend=backend,
    )
