"""One request and its answer: how far the request has come, and what it was if it failed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Protocol, cast

import httpcore
import httpx

from probe_tray.adapters.http.errors import to_service_error
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.errors import SERVICE, ProbeError
from probe_tray.core.service.service import USER_AGENT

_CONNECT_SECONDS = 15.0


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
    async def attempt(self, seconds: float) -> AsyncGenerator[None]:
        """What is done within counts as this exchange, and takes ``seconds`` at most.

        Raises a ServiceError for whatever a library raises within; a ProbeError passes as it is.
        """
        try:
            async with asyncio.timeout(seconds):
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
    ) -> httpx.Request:
        """The request, whose way is followed. ``seconds`` is how long one step may take, a connection 15 at most.

        ``fresh``: it goes over a connection of its own, which ends with it.
        """
        # Uncompressed: the answers are small, and a small body must not unfold into a large one.
        common = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"} | ({"Connection": "close"} if fresh else {})
        return httpx.Request(
            method,
            address,
            headers=common | dict(headers),
            content=body or None,
            extensions={
                "timeout": httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)).as_dict(),
                "trace": self._trace,
            },
        )

    async def connect(self, transport: httpx.AsyncHTTPTransport, address: str, *, seconds: float) -> None:
        """Make the connection that a request to ``address`` needs, and send nothing over it."""
        self._only_connect = True
        with suppress(_ReachedError):
            await transport.handle_async_request(self.request("GET", address, {}, seconds=seconds))

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
            self.begun = self.begun and not isinstance(info.get("exception"), httpcore.LocalProtocolError)
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


async def read_body(
    response: httpx.Response, *, largest: int, enough: Callable[[bytes | bytearray], bool] = lambda _body: False
) -> bytes:
    """The body to its end, or until it is ``enough``; reading stops as well once there are more than ``largest`` bytes.

    Whoever calls this decides what a larger one means, and closes the response.
    """
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > largest or enough(body):
            break
    return bytes(body)
