"""The answer to a refresh is handed on as it was sent, all of it and nothing else, before anything else sees it."""

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probe_tray.adapters.http_client import ServiceClient
from probe_tray.adapters.http_dial import dial
from probe_tray.adapters.http_pipe import Tcp, Tls
from probe_tray.adapters.proxy import ProxyChoice, detect_proxy
from probe_tray.core.answer import Answer
from probe_tray.core.errors import NotSentError, ServiceError, UncertainError
from probe_tray.core.secret import Secret
from probe_tray.core.service import Service
from tests.support.certificates import make_certificates
from tests.support.raw_server import http, raw_server
from tests.support.tunnel import tunnel

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
    client = ServiceClient(Service(issuer=address, backend=address), proxy, environment or {})
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
        choice = detect_proxy(f"http://127.0.0.1:{proxy.port}", {})
        answer, raw = await refresh("http://service.example", choice)
    assert isinstance(answer, Answer)
    assert proxy.received[0].startswith(b"POST http://service.example/oauth/token ")
    assert raw == http(BODY)


@pytest.mark.parametrize(("kind", "tls"), [("http", False), ("http", True), ("socks5", False)])
@pytest.mark.parametrize("size", [len(BODY), 300_000])
async def test_what_a_proxy_says_is_not_handed_on(tmp_path: Path, kind: str, size: int, *, tls: bool) -> None:
    script = http(BODY.ljust(size))
    async with (
        secure_server(tmp_path, script) as (port, context, environment),
        tunnel(kind, port, context=context if tls else None) as proxy,
    ):
        answer, raw = await refresh("https://service.example", detect_proxy(proxy, {}), environment)
    assert isinstance(answer, Answer)
    assert answer.body == BODY.ljust(size)
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
            busy.wait(20)
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
    client = ServiceClient(Service(issuer=address, backend=address, client_id="app_x"), DIRECT, {})
    asking = asyncio.create_task(client.refresh(TOKEN, arrived))
    await asked.wait()
    # From here to the next await the event loop does nothing else.
    busy.set()
    seen.append(came.wait(20))
    assert (await asking).ok
    await client.aclose()
    await asyncio.to_thread(server.join)
    service.close()
    assert seen == [True]


# --- bytes stay with the system until they are kept


def unread(end: socket.socket) -> bytes:
    return end.recv(100_000, socket.MSG_PEEK | socket.MSG_DONTWAIT)


@pytest.mark.skipif(os.name != "posix", reason="MSG_DONTWAIT is POSIX")
def test_bytes_leave_the_queue_only_when_they_are_kept() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"the answer")
        kept: list[tuple[bytes, bytes]] = []
        pipe = Tcp(near)
        assert pipe.take(6, lambda part: kept.append((part, unread(near)))) == b"the an"
        assert pipe.take(6, lambda part: kept.append((part, unread(near)))) == b"swer"
        assert kept == [(b"the an", b"the answer"), (b"swer", b"swer")]
        far.shutdown(socket.SHUT_WR)
        assert pipe.take(6, lambda part: kept.append((part, b""))) == b""
        assert len(kept) == 2


@pytest.mark.skipif(os.name != "posix", reason="MSG_DONTWAIT is POSIX")
@pytest.mark.parametrize("step", [1, 7, 1000, 100_000])
def test_what_tls_holds_leaves_the_queue_only_when_it_is_kept(tmp_path: Path, step: int) -> None:
    made = make_certificates(tmp_path, ("localhost",))
    outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    outer.load_cert_chain(made.chain, made.key)
    inner = ssl.create_default_context(cafile=made.ca)
    come, gone = ssl.MemoryBIO(), ssl.MemoryBIO()
    service = outer.wrap_bio(come, gone, server_side=True)
    near, far = socket.socketpair()
    with near, far:
        pipe = Tls(Tcp(near), inner, "localhost")
        shaking = threading.Thread(target=pipe.shake_hands)
        shaking.start()
        while True:
            try:
                service.do_handshake()
                break
            except ssl.SSLWantReadError:
                if hello := gone.read():
                    far.sendall(hello)
                come.write(far.recv(10_000))
        far.sendall(gone.read())
        shaking.join()
        for record in (b"one ", b"two ", b"three"):
            service.write(record)
        sealed = gone.read()
        kept, left = b"", list[int]()

        def keep(part: bytes) -> None:
            nonlocal kept
            kept += part
            left.append(len(unread(near)))

        sender = threading.Thread(
            target=lambda: [far.sendall(sealed[i : i + step]) for i in range(0, len(sealed), step)]
        )
        sender.start()
        taken = b""
        while len(taken) < 13:
            taken += pipe.take(4, keep)
        sender.join()
    assert taken == kept == b"one two three"
    assert all(left)


# --- finding an address that answers


async def test_an_address_that_refuses_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    await dialled(monkeypatch, refuses=True)


async def test_an_address_that_is_silent_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    await dialled(monkeypatch, refuses=False)


async def dialled(monkeypatch: pytest.MonkeyPatch, *, refuses: bool) -> None:
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect
    tried: list[str] = []

    async def answers(*_: object, **__: object) -> list[tuple[object, ...]]:
        names = ("127.0.0.2", "127.0.0.3", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, port)) for name in names]

    async def some_connect(made: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        if address[0] == "127.0.0.1":
            await connect(made, address)
        elif refuses:
            raise ConnectionRefusedError
        else:
            await asyncio.Event().wait()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(loop, "getaddrinfo", answers)
        monkeypatch.setattr(loop, "sock_connect", some_connect)
        made = await dial("service.example", port)
        assert made.getpeername() == ("127.0.0.1", port)
        made.close()
    assert tried == ["127.0.0.2", "127.0.0.3", "127.0.0.1"]


async def test_where_no_address_answers_the_best_known_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def answers(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 9, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9)),
        ]

    async def no_connect(made: socket.socket, _: object) -> None:
        raise ConnectionRefusedError if made.family == socket.AF_INET else OSError("no route")

    monkeypatch.setattr(loop, "getaddrinfo", answers)
    monkeypatch.setattr(loop, "sock_connect", no_connect)
    client = ServiceClient(Service(issuer="https://service.example", backend=""), DIRECT, {})
    with pytest.raises(NotSentError) as failure:
        await client.refresh(TOKEN, lambda _piece: None)
    assert "refused the connection" in str(failure.value)


async def test_breaking_it_off_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []
    begun = asyncio.Event()

    async def silent(made: socket.socket, _: object) -> None:
        opened.append(made)
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", silent)
    dialling = asyncio.create_task(dial("127.0.0.1", 9))
    await begun.wait()
    dialling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dialling
    assert [made.fileno() for made in opened] == [-1]
