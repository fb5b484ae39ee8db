"""The test of the way to the service: one question without a token, and how far it came."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Protocol, cast
from urllib.parse import urlsplit

import httpx

from probe_tray.adapters.http.errors import to_service_error
from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.http.wire.transport import make_transport
from probe_tray.adapters.proxy.proxy import ProxyChoice, SystemProxies, detect_proxy, read_system_proxies
from probe_tray.adapters.proxy.source import IN_SETTINGS
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    CertificateError,
    EdgeBlockedError,
    NameNotFoundError,
    NoConnectionError,
    ProbeError,
    ProxyAddressError,
    ProxyFailedError,
    ProxyLoginError,
    ProxyNameError,
    SecureConnectionError,
    SilentServiceError,
    StrangeAnswerError,
    TokenRefusedError,
)
from probe_tray.core.service.answer import Answer, judge
from probe_tray.core.service.connection import ConnectionStep, FoundProxy, Reached
from probe_tray.core.service.service import USER_AGENT, Service
from probe_tray.ports.time import Clock

_SECONDS = 15.0
_LARGEST_BODY = 64 * 1024


class _Failed(Exception):
    def __init__(self, step: ConnectionStep, error: ProbeError) -> None:
        self.step, self.error = step, error
        super().__init__()


class HttpProbe:
    """Implements ``ConnectionProbe``: looks at the proxy as the requests do, and takes their way once."""

    def __init__(
        self,
        service: Service,
        environment: Mapping[str, str],
        clock: Clock,
        system: Callable[[], SystemProxies] = read_system_proxies,
        *,
        handles: Callable[[Secret], None] = lambda _secret: None,
    ) -> None:
        """Ask the backend of ``service``; ``system`` reads the system's proxy settings, off the event loop.

        ``handles`` hears of the proxy's address, which may hold a password, before it is used.
        """
        self._backend = service.backend
        parts = urlsplit(service.backend)
        self._host, self._secure = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._secure else 80)
        self._environment = environment
        self._clock = clock
        self._system = system
        self._handles = handles
        self.clock_ahead: timedelta | None = None
        """How far the service's clock was ahead of this computer's at the last answer; None before any that says."""

    async def find_proxy(self, setting: Secret | None) -> FoundProxy:
        """What ``setting`` (None = detect, empty = direct) leads to. Never raises."""
        try:
            choice, used = await self._choice(setting)
        except ProxyAddressError as error:
            return FoundProxy(problem=error.problem)
        if choice.address is None:
            return FoundProxy(place="" if setting is None else choice.found_in)
        return FoundProxy(place=choice.found_in, shown=choice.shown, excepted=used is None)

    async def reach(self, setting: Secret | None) -> Reached:
        """Try the whole way, at most 15 seconds. Never raises."""
        try:
            choice, proxy = await self._choice(setting)
        except ProxyAddressError as error:
            return Reached(steps=self._steps(proxied=True), failed=ConnectionStep.PROXY, problem=error.problem)
        steps = self._steps(proxied=proxy is not None)
        try:
            await self._go(choice, proxy)
        except _Failed as failed:
            return Reached(steps=steps, failed=failed.step, problem=failed.error.problem)
        return Reached(steps=steps)

    async def _choice(self, setting: Secret | None) -> tuple[ProxyChoice, Secret | None]:
        """What was found, and the address that is used for the backend."""
        override = None if setting is None else setting.reveal()
        if setting is not None and "@" in setting.reveal():
            self._handles(setting)

        def look() -> tuple[ProxyChoice, Secret | None]:
            found = detect_proxy(override, self._environment, override_name=IN_SETTINGS, system=self._system)
            return found, found.address_for(self._host)

        choice, used = await asyncio.to_thread(look)
        if choice.address is not None:
            self._handles(choice.address)
        return choice, used

    def _steps(self, *, proxied: bool) -> tuple[ConnectionStep, ...]:
        secure = (ConnectionStep.TLS,) if self._secure else ()
        return (
            ConnectionStep.NAME,
            ConnectionStep.PROXY if proxied else ConnectionStep.CONNECTION,
            *secure,
            ConnectionStep.EDGE,
            ConnectionStep.SERVICE,
        )

    async def _go(self, choice: ProxyChoice, proxy: Secret | None) -> None:
        way = _Way(proxy)
        try:
            async with asyncio.timeout(_SECONDS):
                await self._look_up(proxy)
                way.named = True
                context = await asyncio.to_thread(make_context, self._environment, self._host)
                answer = await self._ask(context, proxy, way)
        except CertificateError as error:
            raise _Failed(ConnectionStep.TLS, error) from None
        except Exception as error:  # noqa: BLE001 - whatever the libraries raise: it can show headers
            step = way.step(secure=self._secure)
            if step is ConnectionStep.NAME:
                raise _Failed(step, self._nameless(proxy)) from None
            raise self._failure(error, step, None if proxy is None else choice) from None
        finally:
            await way.clean_up()
        self.clock_ahead = None if answer.date is None else answer.date - self._clock.now()
        self._judge(answer)

    async def _look_up(self, proxy: Secret | None) -> None:
        parts = None if proxy is None else urlsplit(proxy.reveal())
        host, port = (self._host, self._port) if parts is None else (parts.hostname, parts.port)
        await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)

    async def _ask(self, context: ssl.SSLContext, proxy: Secret | None, way: "_Way") -> Answer:
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
        request = httpx.Request(
            "GET",
            f"{self._backend}/wham/usage",
            headers=headers | {"Connection": "close"},
            extensions={"timeout": httpx.Timeout(_SECONDS).as_dict(), "trace": way.trace},
        )
        async with make_transport(context, proxy, httpx.Limits()) as transport:
            response = await transport.handle_async_request(request)
            body = bytearray()
            try:
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > _LARGEST_BODY:
                        break
            finally:
                await response.aclose()
            return Answer(response.status_code, response.headers, bytes(body))

    def _nameless(self, proxy: Secret | None) -> ProbeError:
        if proxy is None:
            return NameNotFoundError(host=self._host)
        return ProxyNameError(host=urlsplit(proxy.reveal()).hostname or "")

    def _failure(self, error: BaseException, step: ConnectionStep, proxy: ProxyChoice | None) -> _Failed:
        found = to_service_error(error, host=self._host, proxy=proxy, sent=step is ConnectionStep.SERVICE)
        if isinstance(found, ProxyLoginError):
            return _Failed(ConnectionStep.PROXY, found)
        reason = found.facts["reason"]
        match step:
            case ConnectionStep.PROXY:
                return _Failed(step, ProxyFailedError(reason=reason))
            case ConnectionStep.TLS if not isinstance(found, CertificateError):
                return _Failed(step, SecureConnectionError(host=self._host))
            case ConnectionStep.TLS:
                return _Failed(step, found)
            case ConnectionStep.SERVICE:
                return _Failed(step, SilentServiceError(host=self._host, reason=reason))
            case _:
                return _Failed(step, NoConnectionError(reason=reason))

    def _judge(self, answer: Answer) -> None:
        """Raises _Failed unless the answer is what the service says to somebody without a token."""
        problem = judge(answer, host=self._host, now=self._clock.now())
        if isinstance(problem, EdgeBlockedError):
            raise _Failed(ConnectionStep.EDGE, problem)
        if not isinstance(problem, TokenRefusedError):
            # Whoever says yes without a token is not the service.
            raise _Failed(ConnectionStep.SERVICE, problem or StrangeAnswerError(status=str(answer.status)))


class _ProbeStream(Protocol):
    async def aclose(self) -> None: ...


class _Way:
    """How far the question has come, by the events of httpcore."""

    def __init__(self, proxy: Secret | None) -> None:
        self._proxied = proxy is not None
        self.secure_proxy = proxy is not None and proxy.reveal().lower().startswith("https:")
        self.named = False
        """Whether the name of the first host was found."""
        self._handshakes = 0
        self._made = 0
        self._sent = False
        self._connected: _ProbeStream | None = None

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        if event.endswith("start_tls.started"):
            self._handshakes += 1
        elif event.endswith("start_tls.complete"):
            self._made += 1
        elif event.endswith("connect_tcp.complete"):
            self._connected = cast("_ProbeStream", info["return_value"])
        elif event.endswith("send_request_headers.started"):
            # Asking the proxy to connect comes before.
            self._sent = self._sent or getattr(info.get("request"), "method", b"") != b"CONNECT"

    def step(self, *, secure: bool) -> ConnectionStep:
        """The step that was being taken."""
        if not self.named:
            return ConnectionStep.NAME
        if self._sent:
            return ConnectionStep.SERVICE
        if secure and self._handshakes > (1 if self.secure_proxy else 0) >= self._made:
            return ConnectionStep.TLS
        return ConnectionStep.PROXY if self._proxied else ConnectionStep.CONNECTION

    async def clean_up(self) -> None:
        """Leave nothing open."""
        # WORKAROUND httpcore 1.0.9: after a proxy's refusal or nonsense the connection to it stays open
        # (https://github.com/encode/httpcore, _async/socks_proxy.py).
        if self._connected is not None:
            with suppress(Exception):  # How a connection ends that is of no use changes nothing.
                await self._connected.aclose()
