"""The way to a service: to its address, through a proxy that passes connections on, and into TLS.

httpcore knows the way as well, and loads anyio for its locks, which takes as long as ten questions.
"""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import cast
from urllib.parse import unquote, urlsplit

import httpcore

from probe_tray.adapters.http.wire.kept_connection import KeptConnection
from probe_tray.core.account.secret import Secret


class ConnectionRoute:
    """Leads to the origins of requests, directly or by a proxy."""

    def __init__(self, context: ssl.SSLContext, proxy: Secret | None) -> None:
        """``proxy`` is its address, None for direct connections. Raises ValueError for an odd one."""
        self._context = context
        # As httpcore does before each handshake.
        context.set_alpn_protocols(["http/1.1"])
        self._proxy: httpcore.URL | None = None
        self._login: tuple[bytes, bytes] | None = None
        if proxy is not None:
            parts = urlsplit(proxy.reveal())
            user, password = (unquote(part or "").encode() for part in (parts.username, parts.password))
            self._login = (user, password) if user or password else None
            self._proxy = httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target="/")

    def opens(self, origin: httpcore.Origin) -> bool:
        """Whether :meth:`open` leads there; otherwise it is left to httpcore.

        Without TLS a proxy has to be spoken to in its own words for each question (RFC 9112, section 3.2.2).
        """
        return self._proxy is None or (_speaks_http(self._proxy) and origin.scheme == b"https")

    async def open(
        self, request: httpcore.Request, backend: httpcore.AsyncNetworkBackend
    ) -> httpcore.AsyncNetworkStream:
        """A connection over which ``request`` can be sent. Raises what httpcore raises."""
        how = cast("dict[str, object]", request.extensions)  # pyright: ignore[reportUnknownMemberType]
        limit = cast("Mapping[str, float]", how.get("timeout", {})).get("connect")
        origin = request.url.origin
        first = origin if self._proxy is None else self._proxy.origin
        stream = await backend.connect_tcp(first.host.decode("ascii"), first.port, limit)
        try:
            if self._proxy is not None:
                if first.scheme == b"https":
                    stream = await stream.start_tls(self._context, first.host.decode("ascii"), limit)
                await self._pass_on(stream, self._proxy, origin, how)
            if origin.scheme == b"https":
                stream = await stream.start_tls(self._context, origin.host.decode("ascii"), limit)
        except BaseException:
            await stream.aclose()
            raise
        return stream

    async def _pass_on(
        self,
        stream: httpcore.AsyncNetworkStream,
        proxy: httpcore.URL,
        origin: httpcore.Origin,
        how: dict[str, object],
    ) -> None:
        """Have the proxy connect ``stream`` with ``origin`` (RFC 9110, section 9.3.6)."""
        target = b"%b:%d" % (origin.host, origin.port)
        headers = [(b"Host", target), (b"Accept", b"*/*")]
        if self._login is not None:
            headers.append((b"Proxy-Authorization", b"Basic " + b64encode(b":".join(self._login))))
        url = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target=target)
        asked = httpcore.Request("CONNECT", url, headers=headers, extensions=how)
        answer = await KeptConnection(proxy.origin, stream, 0).handle_async_request(asked)
        if not 200 <= answer.status <= 299:
            # httpcore says the same with the words of the status, which nobody reads.
            raise httpcore.ProxyError(str(answer.status))

    def left_to_httpcore(
        self, origin: httpcore.Origin, backend: httpcore.AsyncNetworkBackend, kept_for: float
    ) -> httpcore.AsyncConnectionInterface:
        """A connection that httpcore opens over ``backend`` with its first request."""
        context, proxy = self._context, self._proxy
        assert proxy is not None  # noqa: S101 - without one :meth:`open` leads everywhere
        pool: httpcore.AsyncConnectionPool
        if _speaks_http(proxy):
            pool = httpcore.AsyncHTTPProxy(
                proxy,
                self._login,
                # A proxy's own certificate is judged as everybody's; left out, a list inside a package would judge it.
                proxy_ssl_context=context if proxy.scheme == b"https" else None,
                ssl_context=context,
                keepalive_expiry=kept_for,
                network_backend=backend,
            )
        else:
            pool = httpcore.AsyncSOCKSProxy(
                proxy, self._login, context, keepalive_expiry=kept_for, network_backend=backend
            )
        return pool.create_connection(origin)


def _speaks_http(proxy: httpcore.URL) -> bool:
    return proxy.scheme in {b"http", b"https"}
