"""The transport for a request whose answer must be kept before anybody reads it: over a `WireConnection` of its own.

Loading httpx takes 25 ms, so this is imported when the first request needs it.
"""

import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final

import httpcore
import httpx

from probe_tray.adapters.http.wire.httpcore_backend import HttpcoreBackend, to_wire_error
from probe_tray.adapters.http.wire.stream_backend import StreamBackend, WireBackend
from probe_tray.adapters.http.wire.wire_errors import GarbledAnswerError, WireNetworkError, WireTimeoutError
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret

_CHUNK: Final = 64 * 1024
SINGLE: Final = httpx.Limits(max_connections=1, max_keepalive_connections=0)
"""One connection for one question."""


@contextmanager
def httpx_errors() -> Generator[None]:
    """Raises a WireError where httpx raises its own exception because of one of httpcore's, and for a bad body."""
    try:
        yield
    except httpx.DecodingError as error:
        raise GarbledAnswerError from error
    except httpx.HTTPError as error:
        if (found := to_wire_error(error.__cause__)) is None:
            raise
        raise found from error


class WireTransport(httpx.AsyncHTTPTransport):
    """One request over one fresh connection, whose answer is handed on as it comes out of the socket."""

    def __init__(
        self,
        context: ssl.SSLContext,
        proxy: Secret | None,
        answering: Callable[[], bool],
        arrived: Callable[[bytes], None],
    ) -> None:
        """``answering`` and ``arrived`` are those of :class:`WireBackend`."""
        self._arrived = arrived
        self._parts: list[bytes] = []
        self._backend = WireBackend(answering, self._take)
        # WORKAROUND httpx 0.28.1: its own constructor knows no network backend
        # (https://github.com/encode/httpx, _transports/default.py), so the pool is made here.
        self._pool = _pool(context, as_proxy(context, proxy), HttpcoreBackend(self._backend), SINGLE)

    @property
    def raw(self) -> bytes:
        """What has come of the answer."""
        return b"".join(self._parts)

    async def read_on(self, enough: Callable[[bytes], bool]) -> None:
        """Take in what still comes, though the library has given up: until it is ``enough``, or the connection ends."""
        made = self._backend.made
        with suppress(WireNetworkError, WireTimeoutError):
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


class StreamTransport(httpx.AsyncHTTPTransport):
    """One over `SocketStream`, on the event loop alone."""

    def __init__(self, context: ssl.SSLContext, proxy: Secret | None, limits: httpx.Limits) -> None:
        """As ``make_transport``."""
        self._pool = _pool(context, as_proxy(context, proxy), HttpcoreBackend(StreamBackend()), limits)


class ThreadedTransport(httpx.AsyncHTTPTransport):
    """One whose handshakes run in threads.

    The verifiers of macOS and Windows may ask the network (``SecTrustEvaluateWithError``, ``CertGetCertificateChain``),
    and truststore 0.10.5 calls them inside ``do_handshake``, which asyncio runs on the event loop.
    """

    def __init__(self, context: ssl.SSLContext, proxy: Secret | None, limits: httpx.Limits) -> None:
        """As ``make_transport``."""
        self._pool = _pool(context, as_proxy(context, proxy), HttpcoreBackend(WireBackend()), limits)


def as_proxy(context: ssl.SSLContext, proxy: Secret | None) -> httpx.Proxy | None:
    """The proxy as httpx wants it. Raises what httpx raises for an address that it does not understand."""
    if proxy is None:
        return None
    # A proxy's own certificate is judged as everybody's; left out, a list inside a package would judge it.
    https = proxy.reveal().lower().startswith("https:")
    return httpx.Proxy(proxy.reveal(), ssl_context=context if https else None)


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
