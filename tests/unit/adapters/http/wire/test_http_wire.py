"""The answer to a refresh is handed on as it was sent, all of it and nothing else, before anything else sees it."""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probe_tray.adapters.http import client as http_client
from probe_tray.adapters.http import exchange as http_exchange
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.wire.connection import WireConnection
from probe_tray.adapters.http.wire.wire_errors import WireNetworkError, WireTimeoutError
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError, ServiceError, UncertainError
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.service import Service
from tests.support.certificates import make_certificates
from tests.support.patience import PATIENCE
from tests.support.raw_server import http, raw_server
from tests.support.tunnel import tunnel
from tests.unit.adapters.http.wire.test_http_answer import BODY as TOKENS
from tests.unit.adapters.http.wire.test_http_answer import ODD, odd

TOKEN = Secret("rt_canary.0123456789")
DIRECT = ProxyChoice()
BODY = b'{"access_token": "a.b.c"}'
CHUNKED = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'5\r\n{"a":\r\n3\r\n 1}\r\n0\r\n\r\n'
)


async def refresh(
    address: str, proxy: ProxyChoice = DIRECT, environment: dict[str, str] | None = None
) -> tuple[Answer | ServiceError, bytes]:
    """What came of a refresh, and what was handed on."""
    pieces: list[bytes] = []
    client = ServiceClient(
        Service(issuer=address, backend=address),
        proxy,
        environment or {},
        handles=KnownSecrets().add,
        answered=lambda _: None,
    )
    try:
        return await client.refresh(TOKEN, pieces.append), b"".join(pieces)
    except ServiceError as error:
        return error, b"".join(pieces)
    finally:
        await client.aclose()


@asynccontextmanager
async def secure_server(folder: Path, script: bytes) -> AsyncGenerator[tuple[int, ssl.SSLContext, dict[str, str]]]:
    """A service that is called service.example, and a context for a proxy that is called localhost."""
    made = make_certificates(folder, ("service.example", "localhost"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    async with raw_server(script, context=context) as server:
        yield server.port, context, {"SSL_CERT_FILE": str(made.ca)}


@pytest.mark.parametrize("script", [http(BODY, "200 OK", "X-Odd: \xe9"), CHUNKED, http(b"", "502 Bad Gateway")])
async def test_the_raw_answer_is_handed_on(script: bytes) -> None:
    async with raw_server(script) as server:
        answer, raw = await refresh(f"http://127.0.0.1:{server.port}")
    assert isinstance(answer, Answer)
    assert raw == script


async def test_the_part_that_came_of_an_answer_is_handed_on_too() -> None:
    async with raw_server(http(BODY)[:-5]) as server:
        error, raw = await refresh(f"http://127.0.0.1:{server.port}")
    assert type(error) is UncertainError
    assert raw == http(BODY)[:-5]


async def test_an_answer_through_a_proxy_for_plain_http_is_handed_on() -> None:
    async with raw_server(http(BODY)) as proxy:
        choice = detect_proxy(f"http://127.0.0.1:{proxy.port}", {}, override_name="--proxy", system=SystemProxies)
        answer, raw = await refresh("http://service.example", choice)
    assert isinstance(answer, Answer)
    assert proxy.received[0].startswith(b"POST http://service.example/oauth/token ")
    assert raw == http(BODY)


@pytest.mark.parametrize(("kind", "tls"), [("http", False), ("http", True), ("socks5", False)])
@pytest.mark.parametrize("size", [1, 300_000])
async def test_what_a_proxy_says_is_not_handed_on(tmp_path: Path, kind: str, size: int, *, tls: bool) -> None:
    body = b'{"access_token": "a.b.c", "scope": "' + b"a" * size + b'"}'
    script = http(body)
    async with (
        secure_server(tmp_path, script) as (port, context, environment),
        tunnel(kind, port, context=context if tls else None) as proxy,
    ):
        answer, raw = await refresh(
            "https://service.example",
            detect_proxy(proxy, {}, override_name="--proxy", system=SystemProxies),
            environment,
        )
    assert isinstance(answer, Answer)
    assert answer.body == body
    assert raw == script


async def test_the_answer_does_not_wait_for_a_program_that_is_busy() -> None:
    came, seen = threading.Event(), list[bool]()
    service = socket.create_server(("127.0.0.1", 0))
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def serve() -> None:
        made, _ = service.accept()
        with made:
            request = b""
            while not request.endswith(b"canary.0123456789&client_id=app_x"):
                request += made.recv(10_000)
            loop.call_soon_threadsafe(asked.set)
            busy.wait(PATIENCE)
            made.sendall(http(BODY)[:40])
            made.sendall(http(BODY)[40:])
            made.recv(1)

    pieces: list[bytes] = []

    def arrived(piece: bytes) -> None:
        pieces.append(piece)
        if b"".join(pieces) == http(BODY):
            came.set()

    busy = threading.Event()
    server = threading.Thread(target=serve)
    server.start()
    address = f"http://127.0.0.1:{service.getsockname()[1]}"
    client = ServiceClient(
        Service(issuer=address, backend=address, client_id="app_x"),
        DIRECT,
        {},
        handles=KnownSecrets().add,
        answered=lambda _: None,
    )
    asking = asyncio.create_task(client.refresh(TOKEN, arrived))
    await asked.wait()
    # From here to the next await the event loop does nothing else.
    busy.set()
    seen.append(came.wait(PATIENCE))
    assert (await asking).ok
    await client.aclose()
    await asyncio.to_thread(server.join)
    service.close()
    assert seen == [True]


@pytest.mark.parametrize("tls", [False, True])
async def test_an_answer_that_ends_with_its_connection_is_handed_on(tmp_path: Path, *, tls: bool) -> None:
    script = b"HTTP/1.1 502 Bad Gateway\r\n\r\n<p>no length</p>"
    async with (
        secure_server(tmp_path, script) as (port, context, environment),
        tunnel("http", port, context=context if tls else None) as proxy,
    ):
        answer, raw = await refresh(
            "https://service.example",
            detect_proxy(proxy, {}, override_name="--proxy", system=SystemProxies),
            environment,
        )
    assert isinstance(answer, Answer)
    assert answer.body == b"<p>no length</p>"
    assert raw == script


async def test_a_service_that_hangs_up_at_the_greeting_was_sent_nothing() -> None:
    def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        error, raw = await refresh(f"https://localhost:{server.sockets[0].getsockname()[1]}")
    assert type(error) is NotSentError
    assert raw == b""


@pytest.mark.parametrize("greets", [False, True])
async def test_a_service_that_is_silent_before_the_request_was_sent_nothing(
    monkeypatch: pytest.MonkeyPatch, *, greets: bool
) -> None:
    async def silent(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(http_exchange, "_CONNECT_SECONDS", 0.1)
    async with raw_server(b"", hang=True) as server:
        if not greets:
            monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", silent)
        error, raw = await refresh(f"https://localhost:{server.port}")
    assert type(error) is NotSentError
    assert "didn't answer in time" in str(error)
    assert raw == b""


async def asked(question: str, script: bytes, *, hang: bool = False) -> Answer:
    """What comes of a request whose answer works a single time."""
    async with raw_server(script, hang=hang) as server:
        address = f"http://127.0.0.1:{server.port}"
        client = ServiceClient(
            Service(issuer=address, backend=address), DIRECT, {}, handles=KnownSecrets().add, answered=lambda _: None
        )
        try:
            match question:
                case "refresh":
                    return await client.refresh(TOKEN, lambda _piece: None)
                case "exchange":
                    return await client.exchange(TOKEN, TOKEN, "http://localhost:1455")
                case _:
                    return await client.device_poll(TOKEN, "ABCD-EFGH")
        finally:
            await client.aclose()
            assert len(server.received) == 1


@pytest.mark.parametrize("question", ["refresh", "exchange", "device code"])
@pytest.mark.parametrize("name", ODD)
async def test_tokens_that_have_all_come_count_whatever_the_framing_says(question: str, name: str) -> None:
    answer = await asked(question, ODD[name])
    assert answer.status == 200
    assert json.loads(answer.body.decode("utf-8-sig")) == json.loads(TOKENS)


@pytest.mark.parametrize("name", ["a length one too long", "a length one too short", "a length of nothing"])
async def test_they_count_before_the_time_is_up_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "_SECONDS", 20)
    async with asyncio.timeout(PATIENCE):
        assert json.loads((await asked("refresh", ODD[name], hang=True)).body) == json.loads(TOKENS)


async def test_the_rest_of_the_tokens_is_waited_for_though_the_declared_length_has_come() -> None:
    first, rest = odd("Content-Length: 40")[:-900], odd("Content-Length: 40")[-900:]
    came = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"client_id=app_x")
        writer.write(first)
        await came.wait()
        writer.write(rest)
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = ServiceClient(
            Service(issuer=address, backend=address, client_id="app_x"),
            DIRECT,
            {},
            handles=KnownSecrets().add,
            answered=lambda _: None,
        )
        answer = await client.refresh(TOKEN, lambda _piece: (loop.call_soon_threadsafe(came.set), None)[1])
        await client.aclose()
    assert json.loads(answer.body) == json.loads(TOKENS)


@asynccontextmanager
async def line(pieces: list[bytes]) -> AsyncGenerator[tuple[WireConnection, socket.socket]]:
    """A line over which a request has left, and its other end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    made = WireConnection(near, lambda: True, pieces.append)
    with far:
        await made.write(b"the request", 0.05)
        try:
            yield made, far
        finally:
            made.hang_up()


async def test_silence_after_a_part_is_a_failure_and_the_part_is_kept() -> None:
    pieces: list[bytes] = []
    async with line(pieces) as (near, far):
        far.sendall(b"HTTP/1.1")
        assert await near.read(100) == b"HTTP/1.1"
        with pytest.raises(WireTimeoutError):
            await near.read(100)
    assert pieces == [b"HTTP/1.1"]


async def test_a_connection_that_is_reset_is_a_failure() -> None:
    async with line([]) as (near, far):
        # Closed with the request unread.
        far.close()
        with pytest.raises(WireNetworkError):
            await near.read(100)
        with pytest.raises(WireNetworkError):
            await near.write(b"more")


async def test_closing_twice_is_no_failure() -> None:
    async with line([]) as (near, _):
        near.hang_up()
        near.hang_up()
        assert await near.read(100) == b""
