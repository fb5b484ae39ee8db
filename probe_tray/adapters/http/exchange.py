"""One request and its answer: how far the request has come, and what it was if it failed.

Foreign exceptions may carry headers, and with them tokens: none gets past here.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from probe_tray.adapters.http.time_limits import TimeLimits
from probe_tray.adapters.http.wire.kept_question import KeptQuestion, Origin, StepLimits
from probe_tray.adapters.http.wire.wire_errors import (
    GarbledAnswerError,
    ProxyRefusalError,
    UnsendableError,
    WireNetworkError,
    WireTimeoutError,
)
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.errors import (
    SERVICE,
    CertificateError,
    NotSentError,
    Phrase,
    ProbeError,
    ProxyLoginError,
    ProxyLoginMissingError,
    ServiceError,
    UncertainError,
)
from probe_tray.core.service.service import USER_AGENT

if TYPE_CHECKING:
    import httpx

_VERIFY_REASONS = {
    9: Phrase("its certificate is not valid yet"),
    10: Phrase("its certificate has expired"),
    18: Phrase("its certificate is self-signed and not trusted by this computer"),
    19: Phrase("its certificate's issuer is not trusted by this computer"),
    20: Phrase("its certificate's issuer is not trusted by this computer"),
    62: Phrase("its certificate is for another name"),
    64: Phrase("its certificate is for another name"),
}
"""OpenSSL's X509_V_ERR numbers."""


_PROXY_STATUS = re.compile(r"([1-9][0-9]{2})\b")
_PROXY_LOGIN = frozenset({"401", "407"})
"""What proxies answer to a missing or a wrong password; 407 is that of RFC 9110, section 15.5.8."""
_CONNECT_SECONDS = 15.0
# Uncompressed: the answers are small, and a small body must not unfold into a large one.
_COMMON = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
# Those of httpx and httpcore come as the program's own.
_TIMEOUT = WireTimeoutError | TimeoutError
_UNSENDABLE = UnsendableError | UnicodeError
_NETWORK = OSError | WireNetworkError


def to_service_error(
    error: BaseException, *, host: str, proxy: ProxyChoice | None, sent: bool, party: str = SERVICE
) -> ServiceError:
    """The failure that ``error`` stands for, whatever a library has raised.

    ``sent`` says whether the request had begun to leave: that decides between NotSentError and UncertainError, whatever
    the exception is called. ``party`` is whom the request was for, and ``proxy`` that of the request, None for a direct
    connection.
    """
    causes = list(_chain(error))
    untrusted = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if untrusted is not None and not sent:
        reason = _VERIFY_REASONS.get(
            getattr(untrusted, "verify_code", 0), Phrase("its certificate is not trusted by this computer")
        )
        return CertificateError(host=host, reason=reason)
    if sent:
        return UncertainError(reason=_broken(causes))
    if proxy is not None and (refused := _refused_login(causes[0], proxy)) is not None:
        return refused
    return NotSentError(party=party, reason=_unsent(causes, host, proxy))


def _refused_login(error: BaseException, proxy: ProxyChoice) -> ProxyLoginError | None:
    """What a proxy says about the user and password; httpcore tells it in the text of its exception and nowhere else.

    After CONNECT that begins with the status: "407 Proxy Authentication Required". SOCKS5 (RFC 1928, section 3, and
    RFC 1929): "Requested NO AUTHENTICATION REQUIRED from proxy server, but got …", "Invalid username/password".
    """
    if not isinstance(error, ProxyRefusalError):
        return None
    said = str(error)
    status = _PROXY_STATUS.match(said)
    if status is not None and status[1] in _PROXY_LOGIN:
        found = ProxyLoginError if proxy.has_login else ProxyLoginMissingError
        return found(proxy=proxy.shown)
    if said.startswith("Invalid username/password"):
        return ProxyLoginError(proxy=proxy.shown)
    return ProxyLoginMissingError(proxy=proxy.shown) if said.startswith("Requested NO AUTH") else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", current).exceptions


def _broken(causes: list[BaseException]) -> str:
    if any(isinstance(c, _TIMEOUT) for c in causes):
        return Phrase("no answer came in time")
    if isinstance(causes[0], GarbledAnswerError):
        return Phrase("the answer was cut off or garbled")
    return Phrase("the connection was lost")


def _unsent(causes: list[BaseException], host: str, proxy: ProxyChoice | None) -> str:
    peer = host if proxy is None else Phrase("the proxy {proxy}", proxy=proxy.shown)
    if isinstance(causes[0], ProxyRefusalError):
        if str(causes[0]).startswith("Requested USERNAME"):
            return Phrase("{peer} takes no user name and password", peer=peer)
        status = _PROXY_STATUS.match(str(causes[0]))
        if status is None:
            return Phrase("{peer} refused to connect to {host}", peer=peer, host=host)
        return Phrase("{peer} refused to connect to {host} (status {n})", peer=peer, host=host, n=status[1])
    if any(isinstance(c, _UNSENDABLE) for c in causes):
        return Phrase("this login contains characters that can't be sent")
    if any(isinstance(c, socket.gaierror) for c in causes):
        return Phrase("the name of {peer} was not found", peer=peer)
    if any(isinstance(c, ConnectionRefusedError) for c in causes):
        return Phrase("{peer} refused the connection", peer=peer)
    if any(isinstance(c, _TIMEOUT) for c in causes):
        return Phrase("{peer} didn't answer in time", peer=peer)
    if any(isinstance(c, ssl.SSLError) for c in causes):
        return Phrase("a secure connection to {host} could not be made", host=host)
    if any(isinstance(c, _NETWORK) for c in causes):
        return Phrase("there is no connection to {peer}", peer=peer)
    # Whatever else there is, comes from reading what the other side has said.
    return Phrase("{peer} sent an answer Probe Tray can't read", peer=peer)


class _Stream(Protocol):
    async def aclose(self) -> None: ...


class _ReachedError(Exception):
    """Everything is there for the request, which is not sent."""


class Exchange:
    """One exchange with ``host``. Whoever talks HTTP does it with this, so that failures are told apart in one way.

    Nothing is retried, no redirect is followed, and no foreign exception leaves :meth:`attempt`: it can show headers.
    """

    def __init__(self, host: str, proxy: ProxyChoice | None, party: str = SERVICE) -> None:
        """``proxy`` is that of the request, None for a direct connection; ``party`` is whom the request is for."""
        self._host, self._proxy, self._party = host, proxy, party
        self.begun = False
        """Whether the request has begun to leave. Talking to the proxy does not count as that."""
        self.handshakes = 0
        """How many TLS handshakes have begun, one with a proxy of https included."""
        self.secured = 0
        """How many of them are done."""
        self._only_connect = False
        self._connected: _Stream | None = None

    @asynccontextmanager
    async def attempt(self, seconds: float, limits: TimeLimits | None = None) -> AsyncGenerator[None]:
        """What is done within counts as this exchange, and takes ``seconds`` at most.

        With ``limits``, which others have too, that takes no timer of its own.
        Raises a ServiceError for whatever a library raises within; a ProbeError passes as it is.
        """
        try:
            if limits is None:
                async with asyncio.timeout(seconds):
                    yield
            else:
                with limits.within(seconds):
                    yield
        except ProbeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the libraries raise: it can show headers
            found = to_service_error(error, host=self._host, proxy=self._proxy, sent=self.begun, party=self._party)
            raise found from None
        finally:
            await self._clean_up()

    def request(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        seconds: float,
        fresh: bool = False,
    ) -> "httpx.Request":
        """The request, whose way is followed. ``seconds`` is how long one step may take, a connection 15 at most.

        ``fresh``: it goes over a connection of its own, which ends with it.
        """
        import httpx

        sent = _COMMON | ({"Connection": "close"} if fresh else {}) | dict(headers)
        limits = dict.fromkeys(("read", "write", "pool"), seconds) | {"connect": min(seconds, _CONNECT_SECONDS)}
        how = {"timeout": limits, "trace": self._trace}
        return httpx.Request(method, address, headers=sent, content=body or None, extensions=how)

    def question(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, *, seconds: float
    ) -> KeptQuestion:
        """The same for a connection that is kept, without httpx, which takes longer to put it together than to send it.

        Raises UnicodeError for a header that cannot be sent, ValueError for an address that leads nowhere.
        """
        parts = urlsplit(address)
        sent = {"Host": parts.netloc} | _COMMON | dict(headers) | ({"Content-Length": str(len(body))} if body else {})
        return KeptQuestion(
            method,
            Origin.of(parts),
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()],
            body,
            StepLimits(min(seconds, _CONNECT_SECONDS), seconds),
            self._leaves,
        )

    async def connect(self, transport: "httpx.AsyncHTTPTransport", address: str, *, seconds: float) -> None:
        """Make the connection that a request to ``address`` needs, and send nothing over it."""
        self._only_connect = True
        with suppress(_ReachedError):
            await transport.handle_async_request(self.request("GET", address, {}, seconds=seconds))

    def _leaves(self) -> None:
        self.begun = True

    async def _trace(self, event: str, info: Mapping[str, object]) -> None:
        """Follow a step of httpcore's."""
        if event.endswith("send_request_headers.started"):
            method = cast("object", getattr(info.get("request"), "method", b""))
            asks_proxy = method == b"CONNECT"
            if self._only_connect and not asks_proxy:
                raise _ReachedError
            self.begun = self.begun or not asks_proxy
        elif event.endswith("send_request_headers.failed"):
            # Where the library refuses what is in them, they were never written.
            # It is httpcore that tells this, so it is loaded.
            from httpcore import LocalProtocolError

            self.begun = self.begun and not isinstance(info.get("exception"), LocalProtocolError)
        elif event.endswith("start_tls.started"):
            self.handshakes += 1
        elif event.endswith("start_tls.complete"):
            self.secured += 1
        elif event.endswith("connect_tcp.complete"):
            self._connected = cast("_Stream", info["return_value"])

    async def _clean_up(self) -> None:
        """Leave no connection open that nothing was sent over."""
        # WORKAROUND httpcore 1.0.9: after a proxy's refusal or nonsense the connection to it stays open
        # (https://github.com/encode/httpcore, _async/socks_proxy.py).
        if self._connected is not None and not self.begun:
            with suppress(Exception):  # How a connection ends that is of no use changes nothing.
                await self._connected.aclose()


async def load_transports() -> None:
    """Load httpx, in a thread: it takes as long as a window may stand still. Most runs and a tray at rest need none."""
    await asyncio.to_thread(import_module, "probe_tray.adapters.http.wire.transport")


async def read_body(
    parts: AsyncIterator[bytes] | bytes,
    *,
    largest: int,
    enough: Callable[[bytes | bytearray], bool] = lambda _body: False,
) -> bytes:
    """The body from its ``parts``, to its end or until it is ``enough``; one that has come whole, as it is.

    Reading stops as well once there are more than ``largest`` bytes. Whoever calls this decides what a larger one
    means, and closes the response.
    """
    if isinstance(parts, bytes):
        return parts
    body = bytearray()
    async for part in parts:
        body += part
        if len(body) > largest or enough(body):
            break
    return bytes(body)
