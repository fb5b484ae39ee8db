"""The test of the way to the service: one question without a token, and how far it came."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import timedelta
from urllib.parse import urlsplit

from probe_tray.adapters.http.exchange import Exchange, load_transports, read_body
from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy
from probe_tray.adapters.proxy.source import IN_SETTINGS
from probe_tray.adapters.systems.operating_system import SystemProxies
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
    ServiceError,
    SilentServiceError,
    StrangeAnswerError,
    TokenRefusedError,
)
from probe_tray.core.service.answer import Answer, judge
from probe_tray.core.service.connection import ConnectionStep, FoundProxy, Reached
from probe_tray.core.service.service import Service
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
        system: Callable[[], SystemProxies],
        *,
        handles: Callable[[Secret], None],
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
        exchange = Exchange(self._host, None if proxy is None else choice)
        named, context = False, None
        try:
            async with exchange.attempt(_SECONDS):
                await self._look_up(proxy)
                named = True
                context = await asyncio.to_thread(make_context, self._environment, self._host)
                answer = await self._ask(context, proxy, exchange)
        except ServiceError as error:
            if not named:
                raise _Failed(ConnectionStep.NAME, self._nameless(proxy)) from None
            if context is None and isinstance(error, CertificateError):
                raise _Failed(ConnectionStep.TLS, error) from None
            raise self._failure(error, self._step(exchange, proxy)) from None
        self.clock_ahead = None if answer.date is None else answer.date - self._clock.now()
        self._judge(answer)

    async def _look_up(self, proxy: Secret | None) -> None:
        parts = None if proxy is None else urlsplit(proxy.reveal())
        host, port = (self._host, self._port) if parts is None else (parts.hostname, parts.port)
        await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)

    async def _ask(self, context: ssl.SSLContext, proxy: Secret | None, exchange: Exchange) -> Answer:
        address, headers = f"{self._backend}/wham/usage", {"Accept": "application/json"}
        await load_transports()
        from probe_tray.adapters.http.wire.transport import SINGLE, httpx_errors, make_transport

        async with make_transport(context, proxy, SINGLE) as transport:
            request = exchange.request("GET", address, headers, seconds=_SECONDS, fresh=True)
            with httpx_errors():
                async with aclosing(await transport.handle_async_request(request)) as response:
                    # However long a page of the network's edge is, its beginning tells what it is.
                    body = await read_body(response.aiter_bytes(), largest=_LARGEST_BODY)
            return Answer(response.status_code, response.headers, body)

    def _step(self, exchange: Exchange, proxy: Secret | None) -> ConnectionStep:
        """The step that was being taken."""
        if exchange.begun:
            return ConnectionStep.SERVICE
        with_proxy = 1 if proxy is not None and proxy.reveal().lower().startswith("https:") else 0
        if self._secure and exchange.handshakes > with_proxy >= exchange.secured:
            return ConnectionStep.TLS
        return ConnectionStep.CONNECTION if proxy is None else ConnectionStep.PROXY

    def _nameless(self, proxy: Secret | None) -> ProbeError:
        if proxy is None:
            return NameNotFoundError(host=self._host)
        return ProxyNameError(host=urlsplit(proxy.reveal()).hostname or "")

    def _failure(self, found: ServiceError, step: ConnectionStep) -> _Failed:
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
            case ConnectionStep.NAME | ConnectionStep.CONNECTION | ConnectionStep.EDGE:
                return _Failed(step, NoConnectionError(reason=reason))

    def _judge(self, answer: Answer) -> None:
        """Raises _Failed unless the answer is what the service says to somebody without a token."""
        problem = judge(answer, host=self._host, now=self._clock.now())
        if isinstance(problem, EdgeBlockedError):
            raise _Failed(ConnectionStep.EDGE, problem)
        if not isinstance(problem, TokenRefusedError):
            # Whoever says yes without a token is not the service.
            raise _Failed(ConnectionStep.SERVICE, problem or StrangeAnswerError(status=str(answer.status)))
