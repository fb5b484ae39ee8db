"""A connection of the pool by a proxy that httpcore speaks to; imported when one is needed, as httpcore is."""

import ssl
from collections.abc import AsyncGenerator, Mapping

import httpcore

from probe_tray.adapters.http.wire.httpcore_backend import HttpcoreBackend, wire_errors
from probe_tray.adapters.http.wire.kept_connection import KeptAnswer, KeptConnection, request_head
from probe_tray.adapters.http.wire.kept_question import KeptQuestion, Origin
from probe_tray.adapters.http.wire.stream_backend import Backend


class HttpcoreConnection:
    """Implements ``PooledConnection`` by a SOCKS proxy, or by one that is told each address without TLS."""

    def __init__(
        self,
        context: ssl.SSLContext,
        proxy: Origin,
        login: tuple[bytes, bytes] | None,
        origin: Origin,
        backend: Backend,
        kept_for: float,
    ) -> None:
        """Lead to ``origin`` by ``proxy``, over a connection of ``backend``; ``login`` is user and password there."""
        self._origin, self._backend, self._kept_for = origin, backend, kept_for
        address = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/")
        network = HttpcoreBackend(backend)
        pool: httpcore.AsyncConnectionPool
        if proxy.scheme in {"http", "https"}:
            pool = httpcore.AsyncHTTPProxy(
                address,
                login,
                # A proxy's own certificate is judged as everybody's; left out, a list inside a package would judge it.
                proxy_ssl_context=context if proxy.scheme == "https" else None,
                ssl_context=context,
                keepalive_expiry=kept_for,
                network_backend=network,
            )
        else:
            pool = httpcore.AsyncSOCKSProxy(address, login, context, keepalive_expiry=kept_for, network_backend=network)
        self._made = pool.create_connection(
            httpcore.Origin(origin.scheme.encode("ascii"), origin.host.encode("ascii"), origin.port)
        )

    async def ask(self, question: KeptQuestion) -> KeptAnswer:
        """Open it for the first question, and ask. Raises a WireError; the connection is then closed."""
        # httpcore itself judges what must not be sent when it has begun to tell of sending.
        request_head(question)
        try:
            with wire_errors():
                response = await self._made.handle_async_request(_request(question))
        except BaseException:
            # WORKAROUND httpcore 1.0.9: after a proxy's refusal or nonsense the connection to it stays open
            # (https://github.com/encode/httpcore, _async/socks_proxy.py).
            if self._backend.made is not None:
                await self._backend.made.aclose()
            raise
        return KeptAnswer(response.status, response.headers, _parts(response), response.aclose)

    def leads_to(self, origin: Origin) -> bool:
        """Whether it leads there."""
        return origin == self._origin

    def is_over(self) -> bool:
        """As httpcore says."""
        return self._made.has_expired()

    def has_expired(self) -> bool:
        """As httpcore says."""
        return self._made.has_expired()

    def is_closed(self) -> bool:
        """As httpcore says."""
        return self._made.is_closed()

    def kept(self) -> "HttpcoreConnection | KeptConnection":
        """The same connection without httpcore, which takes more steps for a question than all the rest."""
        made = self._backend.made
        if made is None or self._origin.scheme != "https":
            # Without TLS only httpcore knows how to ask again.
            return self
        return KeptConnection(self._origin, made, self._kept_for)

    async def aclose(self) -> None:
        """Close it."""
        await self._made.aclose()


def _request(question: KeptQuestion) -> httpcore.Request:
    async def trace(step: str, _info: Mapping[str, object]) -> None:
        if step.endswith("send_request_headers.started"):
            question.leaves()

    origin, limits = question.origin, question.limits
    return httpcore.Request(
        question.method,
        httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.told_port, target=question.target),
        headers=question.headers,
        content=question.body,
        extensions={
            "timeout": dict.fromkeys(("read", "write", "pool"), limits.step) | {"connect": limits.connect},
            "trace": trace,
        },
    )


async def _parts(response: httpcore.Response) -> AsyncGenerator[bytes]:
    with wire_errors():
        async for part in response.aiter_stream():
            yield part
