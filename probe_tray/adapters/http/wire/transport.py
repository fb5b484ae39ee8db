"""The transport for a request whose answer must be kept before anybody reads it: over a `WireConnection` of its own."""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Final

import httpcore
import httpx

from probe_tray.adapters.http.wire.connection import WireConnection
from probe_tray.adapters.http.wire.dial import dial
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret

_CHUNK: Final = 64 * 1024
_SINGLE: Final = httpx.Limits(max_connections=1, max_keepalive_connections=0)


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
        self._pool = _pool(context, as_proxy(context, proxy), self._backend, _SINGLE)

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
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits, proxy=as_proxy(context, proxy))


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
        try:
            async with asyncio.timeout(timeout):
                self.made = WireConnection(await dial(host, port), self._answering, self._arrived)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError from error
        return self.made


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
