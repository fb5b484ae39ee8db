"""The way to a service: to its address, through a proxy that passes connections on, and into TLS.

httpcore knows the way as well. Loading it, with all that it needs, takes as long as ten questions, and memory for good:
only a proxy that has to be spoken to in other words needs it.
"""

import asyncio
import ssl
from base64 import b64encode
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from probe_tray.adapters.http.wire.byte_stream import ByteStream
from probe_tray.adapters.http.wire.kept_connection import CONNECT, KeptConnection
from probe_tray.adapters.http.wire.kept_question import KeptQuestion, Origin
from probe_tray.adapters.http.wire.stream_backend import Backend
from probe_tray.adapters.http.wire.wire_errors import ProxyRefusalError
from probe_tray.core.account.secret import Secret

if TYPE_CHECKING:
    from probe_tray.adapters.http.wire.httpcore_connection import HttpcoreConnection


class ConnectionRoute:
    """Leads to the origins of questions, directly or by a proxy."""

    def __init__(self, context: ssl.SSLContext, proxy: Secret | None) -> None:
        """``proxy`` is its address, None for direct connections. Raises ValueError for an odd one."""
        self._context = context
        # As httpcore does before each handshake.
        context.set_alpn_protocols(["http/1.1"])
        self._proxy: Origin | None = None
        self._login: tuple[bytes, bytes] | None = None
        if proxy is not None:
            parts = urlsplit(proxy.reveal())
            user, password = (unquote(part or "").encode() for part in (parts.username, parts.password))
            self._login = (user, password) if user or password else None
            self._proxy = Origin.of(parts)

    def opens(self, origin: Origin) -> bool:
        """Whether :meth:`open` leads there; otherwise it is left to httpcore.

        Without TLS a proxy has to be spoken to in its own words for each question (RFC 9112, section 3.2.2).
        """
        return self._proxy is None or (_speaks_http(self._proxy) and origin.scheme == "https")

    async def open(self, question: KeptQuestion, backend: Backend) -> ByteStream:
        """A connection over which ``question`` can be asked. Raises a WireError."""
        limit, origin = question.limits.connect, question.origin
        first = origin if self._proxy is None else self._proxy
        stream = await backend.connect(first.host, first.port, limit)
        try:
            if self._proxy is not None:
                if first.scheme == "https":
                    await stream.start_tls(self._context, first.host, limit)
                await self._pass_on(stream, self._proxy, question)
            if origin.scheme == "https":
                await stream.start_tls(self._context, origin.host, limit)
        except BaseException:
            await stream.aclose()
            raise
        return stream

    async def _pass_on(self, stream: ByteStream, proxy: Origin, question: KeptQuestion) -> None:
        """Have the proxy connect ``stream`` with whom ``question`` is for (RFC 9110, section 9.3.6)."""
        target = f"{question.origin.host}:{question.origin.port}"
        headers = [(b"Host", target.encode("ascii")), (b"Accept", b"*/*")]
        if self._login is not None:
            headers.append((b"Proxy-Authorization", b"Basic " + b64encode(b":".join(self._login))))
        # Talking to the proxy does not count as the question.
        asked = KeptQuestion(CONNECT.decode(), proxy, target, headers, b"", question.limits, _nothing)
        answer = await KeptConnection(proxy, stream, 0).ask(asked)
        if not 200 <= answer.status <= 299:
            # httpcore says the same with the words of the status, which nobody reads.
            raise ProxyRefusalError(str(answer.status))

    async def left_to_httpcore(self, origin: Origin, backend: Backend, kept_for: float) -> "HttpcoreConnection":
        """A connection that httpcore opens over ``backend`` with its first question."""
        # In a thread: it takes as long as a window may stand still.
        await asyncio.to_thread(import_module, "probe_tray.adapters.http.wire.httpcore_connection")
        from probe_tray.adapters.http.wire.httpcore_connection import HttpcoreConnection

        assert self._proxy is not None  # noqa: S101 - without one :meth:`open` leads everywhere
        return HttpcoreConnection(self._context, self._proxy, self._login, origin, backend, kept_for)


def _nothing() -> None:
    pass


def _speaks_http(proxy: Origin) -> bool:
    return proxy.scheme in {"http", "https"}
