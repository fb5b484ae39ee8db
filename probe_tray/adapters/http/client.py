"""The service over HTTP: AuthService, QuotaService, TokenOwnerService, ReleaseFeed and StatusPage of ports.http.

Service facts: login, device code, refresh, usage, models, model test. Single requests work on httpx's transports and
not on its client, questions about accounts on connections that are kept: so there are no redirects, no cookies, no
cache, no retries and no log of addresses to switch off.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urlsplit

from probe_tray.adapters.http.exchange import Exchange, load_transports, read_body
from probe_tray.adapters.http.time_limits import TimeLimits
from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.http.wire.answer import end_of_event, is_whole_object, read_raw, tokens_in
from probe_tray.adapters.http.wire.kept_question import KeptQuestion
from probe_tray.adapters.http.wire.pool import ConnectionPool, content, fields, make_pool
from probe_tray.adapters.proxy.proxy import ProxyChoice, ProxyRoutes
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError, StrangeAnswerError, UncertainError
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.service import CLIENT_VERSION, ORIGINATOR, RELEASES_PATH, STATUS_PATH, Service
from probe_tray.core.service.workspace_route import WorkspaceRoute

if TYPE_CHECKING:
    import httpx

    from probe_tray.adapters.http.wire.transport import WireTransport

_T = TypeVar("_T")
_SECONDS = 45.0
_CONNECT_SECONDS = 15.0
_LEAST_SECONDS = 5.0
"""What a second way gets, however long the first one took."""
_LARGEST_BODY = 2 * 1024 * 1024
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_EVENTS = "text/event-stream"


def _keep_nothing(part: bytes) -> None:
    del part


class ServiceClient:
    """One service. Belongs to one event loop; close it with :meth:`aclose`."""

    def __init__(
        self,
        service: Service,
        proxy: ProxyRoutes,
        environment: Mapping[str, str],
        *,
        handles: Callable[[Secret], None],
        answered: Callable[[Answer], None],
    ) -> None:
        """Talk to ``service``; SSL_CERT_FILE and SSL_CERT_DIR are taken from ``environment``.

        ``handles`` hears of every secret that is sent or comes back, before anything can fail over it; ``answered``
        a moment later of each answer to a refresh or to a question about an account.
        """
        self._service = service
        self._handles, self._answered = handles, answered
        self._proxy = proxy
        self._environment = environment
        self._context: ssl.SSLContext | None = None
        self._context_lock = asyncio.Lock()
        self._kept: ConnectionPool | None = None
        self._kept_proxy: Secret | None = None
        """By which the kept connections lead."""
        self._closing: set[asyncio.Task[None]] = set()
        self._limits = TimeLimits()

    @property
    def issuer_host(self) -> str:
        """The name of the issuer, for sentences."""
        return urlsplit(self._service.issuer).hostname or ""

    async def aclose(self) -> None:
        """Close the connections that are kept open between requests."""
        self._retire()
        await asyncio.gather(*self._closing)

    async def reach(self) -> None:
        """Make a connection to the issuer and close it: no request leaves."""
        await self._by_any_way(self.issuer_host, _CONNECT_SECONDS, partial(self._reach, self.issuer_host))

    async def exchange(self, code: Secret, verifier: Secret, redirect_uri: str) -> Answer:
        """Trade an authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""
        return await self._token_request(
            grant_type="authorization_code",
            client_id=self._service.client_id,
            code=self._sent(code),
            redirect_uri=redirect_uri,
            code_verifier=self._sent(verifier),
        )

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        """One refresh request over a fresh connection (RFC 6749 section 6)."""
        answer = await self._token_request(
            arrived,
            grant_type="refresh_token",
            refresh_token=self._sent(refresh_token),
            client_id=self._service.client_id,
        )
        return self._seen(answer)

    async def revoke(self, refresh_token: Secret) -> Answer:
        """End the login at the service; only for logins made here (RFC 7009)."""
        body = {
            "token": self._sent(refresh_token),
            "token_type_hint": "refresh_token",
            "client_id": self._service.client_id,
        }
        return await self._post_json("/oauth/revoke", body)

    async def device_start(self) -> Answer:
        """Ask for a user code."""
        return await self._post_json("/api/accounts/deviceauth/usercode", {"client_id": self._service.client_id})

    async def device_poll(self, device_auth_id: Secret, user_code: str) -> Answer:
        """Ask whether the person has typed the code: 403 or 404 while waiting."""
        body = {"device_auth_id": self._sent(device_auth_id), "user_code": user_code}
        return await self._post_json("/api/accounts/deviceauth/token", body, arrived=_keep_nothing)

    async def usage(self, credential: Credential) -> Answer:
        """The quota of one account."""
        return await self._get("/wham/usage", credential)

    async def reset_credits(self, credential: Credential) -> Answer:
        """The list of reset credits with their expiry; best effort, never consumed."""
        return await self._get("/wham/rate-limit-reset-credits", credential)

    async def models(self, credential: Credential) -> Answer:
        """The models the service offers this account."""
        return await self._get(f"/codex/models?client_version={CLIENT_VERSION}", credential)

    async def workspace(self, credential: Credential) -> Answer:
        """What the service says of the account's workspace; see ``core/service/workspace_route.py``."""
        return await self._get("/wham/accounts/check", credential)

    async def try_model(self, credential: Credential, model: str, route: WorkspaceRoute) -> Answer:
        """Ask one model for one word; the body holds at most the first event of the stream. Costs quota."""
        said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "ping"}]}
        body = {
            "model": model,
            "instructions": "Reply with one word.",
            "input": [said],
            "tools": [],
            "tool_choice": "auto",
            "parallel_tool_calls": False,
            "store": False,
            "stream": True,
            "include": [],
        }
        headers = self._account_headers(credential)
        headers |= {"Accept": _EVENTS, "Content-Type": _JSON, "originator": ORIGINATOR}
        if route.override:
            headers["x-openai-account-routing-override"] = route.override
        usual = self._service.backend
        backend = route.origin + urlsplit(usual).path if route.origin else usual
        return await self._ask("POST", f"{backend}/codex/responses", headers, json.dumps(body).encode())

    async def token_owner(self, token: Secret) -> Answer:
        """Whose a personal access token is."""
        headers = {"Authorization": f"Bearer {self._sent(token)}", "Accept": _JSON}
        address = f"{self._service.issuer}/api/accounts/v1/user-auth-credential/whoami"
        return await self._ask("GET", address, headers, b"", fresh=True)

    async def latest_release(self) -> Answer:
        """The newest release of this program; nothing that identifies a person is sent."""
        headers = {"Accept": "application/vnd.github+json"}
        return await self._ask("GET", self._service.releases + RELEASES_PATH, headers, b"", fresh=True)

    async def service_status(self) -> Answer:
        """Whether the service knows of an incident; nothing that identifies a person is sent."""
        return await self._ask("GET", self._service.status_page + STATUS_PATH, {"Accept": _JSON}, b"", fresh=True)

    async def _get(self, path: str, credential: Credential) -> Answer:
        headers = self._account_headers(credential) | {"Accept": _JSON}
        return self._seen(await self._ask("GET", self._service.backend + path, headers, b""))

    async def _token_request(self, arrived: Callable[[bytes], None] = _keep_nothing, /, **fields: str) -> Answer:
        headers = {"Accept": _JSON, "Content-Type": _FORM}
        address = f"{self._service.issuer}/oauth/token"
        body = urlencode(fields, errors="replace").encode("ascii")
        return await self._ask("POST", address, headers, body, fresh=True, arrived=arrived)

    async def _post_json(
        self, path: str, body: Mapping[str, str], arrived: Callable[[bytes], None] | None = None
    ) -> Answer:
        headers = {"Accept": _JSON, "Content-Type": _JSON}
        address, content = self._service.issuer + path, json.dumps(body).encode()
        return await self._ask("POST", address, headers, content, fresh=True, arrived=arrived)

    async def _ask(
        self,
        method: str,
        address: str,
        headers: dict[str, str],
        body: bytes,
        *,
        fresh: bool = False,
        arrived: Callable[[bytes], None] | None = None,
    ) -> Answer:
        """Send one request, at most 45 seconds in all. ``fresh``: over a connection of its own, closed at its end.

        ``arrived`` takes the raw answer of such a one as it comes out of the connection: what works a single time is
        in it, so that one whole JSON object counts whatever HTTP's framing says.
        """
        host = urlsplit(address).hostname or ""
        attempt = partial(self._attempt, method, address, headers, body, fresh=fresh, arrived=arrived)
        return await self._by_any_way(host, _SECONDS, attempt)

    async def _by_any_way(self, host: str, seconds: float, attempt: Callable[[float], Awaitable[_T]]) -> _T:
        """``attempt`` within ``seconds``; a second time where the network turns out to have a proxy for ``host``."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            return await attempt(seconds)
        except NotSentError:
            if not await self._proxy.changed_by_failure(host):
                raise
        return await attempt(max(end - loop.time(), _LEAST_SECONDS))

    async def _reach(self, host: str, seconds: float) -> None:
        context, (chosen, proxy) = await self._tls(host), await self._chosen_proxy(host)
        exchange = Exchange(host, chosen)
        async with exchange.attempt(seconds):
            await load_transports()
            from probe_tray.adapters.http.wire.transport import SINGLE, httpx_errors, make_transport

            async with make_transport(context, proxy, SINGLE) as transport:
                with httpx_errors():
                    await exchange.connect(transport, self._service.issuer, seconds=seconds)

    async def _attempt(
        self,
        method: str,
        address: str,
        headers: dict[str, str],
        body: bytes,
        seconds: float,
        *,
        fresh: bool,
        arrived: Callable[[bytes], None] | None,
    ) -> Answer:
        host = urlsplit(address).hostname or ""
        context, (chosen, proxy) = await self._tls(host), await self._chosen_proxy(host)
        exchange = Exchange(host, chosen)
        if not fresh:
            async with exchange.attempt(seconds, self._limits):
                question = exchange.question(method, address, headers, body, seconds=seconds)
                return await _asked(self._make_pool(context, proxy), question)
        wire: WireTransport | None = None
        try:
            async with exchange.attempt(seconds), AsyncExitStack() as connection:
                await load_transports()
                from probe_tray.adapters.http.wire import transport as single

                if arrived is not None:
                    wire = single.WireTransport(context, proxy, lambda: exchange.begun, arrived)
                made = wire or single.make_transport(context, proxy, single.SINGLE)
                request = exchange.request(method, address, headers, body, seconds=seconds, fresh=True)
                receiving = _receive(made, request, connection)
                answer = await (receiving if wire is None else _whole(wire, receiving))
                self._note_tokens(answer)
                # Until the tokens in it are on the disk, no time is spent and no failure met for a connection.
                self._close_soon(connection.pop_all().aclose)
                return answer
        except UncertainError:
            # The answer may have come whole all the same: it only did not come to an end.
            if wire is None or (salvaged := read_raw(wire.raw)) is None:
                raise
            self._note_tokens(salvaged)
            return salvaged

    async def _chosen_proxy(self, host: str) -> tuple[ProxyChoice | None, Secret | None]:
        """The proxy that requests to ``host`` take, and its address."""
        chosen = await self._proxy.choice_for(host)
        address = None if chosen is None else chosen.address
        if address is not None:
            self._handles(address)
        return chosen, address

    def _account_headers(self, credential: Credential) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {self._sent(credential.access_token)}",
            "ChatGPT-Account-Id": credential.account_id,
        }
        return headers | ({"X-OpenAI-Fedramp": "true"} if credential.claims.fedramp else {})

    def _seen(self, answer: Answer) -> Answer:
        # Not at once: no listener that fails may come between new tokens and the disk.
        asyncio.get_running_loop().call_soon(self._answered, answer)
        return answer

    def _sent(self, secret: Secret) -> str:
        self._handles(secret)
        return secret.reveal()

    def _note_tokens(self, answer: Answer) -> None:
        for token in tokens_in(answer.body):
            self._handles(token)

    def _close_soon(self, close: Callable[[], Awaitable[None]]) -> None:
        async def closed() -> None:
            with suppress(Exception):  # What was to come has come.
                await close()

        task = asyncio.create_task(closed())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _make_pool(self, context: ssl.SSLContext, proxy: Secret | None) -> ConnectionPool:
        # Only the backend is asked so.
        if self._kept is not None and self._kept_proxy != proxy:
            self._retire()
        if self._kept is None:
            self._kept, self._kept_proxy = make_pool(context, proxy), proxy
        return self._kept

    def _retire(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            self._close_soon(kept.retire)

    async def _tls(self, host: str) -> ssl.SSLContext:
        if self._context is not None:
            return self._context
        async with self._context_lock:
            if self._context is None:
                self._context = await asyncio.to_thread(make_context, self._environment, host)
            return self._context


async def _asked(pool: ConnectionPool, question: KeptQuestion) -> Answer:
    async with pool.answer(question) as response:
        headers = fields(response.headers)
        body = await _body(response.status, headers, content(response, headers), fresh=False)
    return Answer(response.status, headers, body)


async def _receive(
    transport: "httpx.AsyncHTTPTransport", request: "httpx.Request", connection: AsyncExitStack
) -> Answer:
    from probe_tray.adapters.http.wire.transport import httpx_errors

    with httpx_errors():
        response = await (await connection.enter_async_context(transport)).handle_async_request(request)
        connection.push_async_callback(response.aclose)
        body = await _body(response.status_code, response.headers, response.aiter_bytes(), fresh=True)
        return Answer(response.status_code, response.headers, body)


async def _whole(wire: "WireTransport", receiving: Awaitable[Answer]) -> Answer:
    """The answer as HTTP's rules have it; where they lead to no JSON object, one that has come or still comes."""
    try:
        answer = await receiving
    except Exception:
        if not wire.raw:
            raise
        await wire.read_on(_holds_object)
        if (salvaged := read_raw(wire.raw)) is None:
            raise
        return salvaged
    if is_whole_object(answer.body) or not (answer.ok or answer.body.lstrip().startswith(b"{")):
        return answer
    await wire.read_on(_holds_object)
    return read_raw(wire.raw) or answer


def _holds_object(raw: bytes) -> bool:
    answer = read_raw(raw)
    return answer is not None and is_whole_object(answer.body)


async def _body(status: int, headers: Mapping[str, str], parts: AsyncIterator[bytes] | bytes, *, fresh: bool) -> bytes:
    """The whole body; of a stream of events the first event only. Raises StrangeAnswerError beyond 2 MiB."""
    stream = 200 <= status < 300 and headers.get("content-type", "").lower().startswith(_EVENTS)
    # RFC 9112, section 6.2. A connection that is kept has to be read to the end of its message all the same.
    declared = headers.get("content-length", "")
    whole = declared if fresh and "content-encoding" not in headers else ""

    def enough(body: bytes | bytearray) -> bool:
        # Tokens that have all come must not depend on how the message, or its connection, ends.
        has_come = str(len(body)) == whole or (fresh and is_whole_object(body))
        return has_come or (stream and end_of_event(body) > 0)

    body = await read_body(parts, largest=_LARGEST_BODY, enough=enough)
    if len(body) > _LARGEST_BODY:
        raise StrangeAnswerError(status=str(status))
    return body[: end_of_event(body) or None] if stream else body
