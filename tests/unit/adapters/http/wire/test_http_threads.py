"""Handshakes in threads, as macOS and Windows need them: their verifiers may ask the network."""

import asyncio
import ssl
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import httpx
import pytest

from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.http.wire.transport import ThreadedTransport, make_transport
from probe_tray.adapters.systems.macos import MacosSystem
from tests.support.certificates import make_certificates
from tests.support.patience import PATIENCE

LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=4, keepalive_expiry=60.0)


class Server:
    def __init__(self) -> None:
        self.connections = 0
        self.closes = False
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(folder: Path) -> AsyncGenerator[tuple[Server, str, ssl.SSLContext]]:
    made = make_certificates(folder, ("localhost",))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(made.chain, made.key)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.load_verify_locations(made.ca)
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=ours)
    async with listening:
        yield server, f"https://localhost:{listening.sockets[0].getsockname()[1]}/", theirs
        await asyncio.wait(server.tasks)


async def test_certificates_are_verified_off_the_event_loop(tmp_path: Path) -> None:
    threads: list[int] = []

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            threads.append(threading.get_ident())
            super().do_handshake()

    async with serving(tmp_path) as (_server, address, context):
        context.sslobject_class = Watched
        async with httpx.AsyncClient(transport=ThreadedTransport(context, None, LIMITS)) as client:
            assert (await client.get(address)).text == "ok"
    assert threads
    assert threading.get_ident() not in threads


async def test_a_connection_is_used_again_while_it_stands(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as (server, address, context),
        httpx.AsyncClient(transport=ThreadedTransport(context, None, LIMITS)) as client,
    ):
        for _ in range(3):
            assert (await client.get(address)).text == "ok"
        assert server.connections == 1
        server.closes = True
        assert (await client.get(address)).text == "ok"
        # The end of the other side may take a moment to come here.
        while server.connections == 1:
            try:
                assert (await client.get(address)).text == "ok"
            except httpx.TransportError:
                await asyncio.sleep(0)


async def test_several_requests_run_at_once(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as (server, address, context),
        httpx.AsyncClient(transport=ThreadedTransport(context, None, LIMITS)) as client,
    ):
        answers = await asyncio.gather(*(client.get(address) for _ in range(8)))
    assert [answer.text for answer in answers] == ["ok"] * 8
    assert server.connections == 8


async def test_a_verifier_that_waits_for_the_network_holds_up_no_other_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, others = threading.Event(), threading.Event()

    def verify(_tls: ssl.SSLObject, server_hostname: str | None) -> None:
        assert server_hostname == "localhost"
        if not first.is_set():
            first.set()
            assert others.wait(PATIENCE), "the others waited for this one"
        else:
            others.set()

    def offered(context: ssl.SSLContext, protocols: list[str]) -> None:
        asked.append((threading.get_ident(), protocols))
        offer(context, protocols)

    truststore = import_module("truststore")
    offer, asked = truststore.SSLContext.set_alpn_protocols, list[tuple[int, list[str]]]()
    monkeypatch.setattr(truststore.SSLContext, "set_alpn_protocols", offered)
    monkeypatch.setattr(import_module("truststore._api"), "_verify_peercerts", verify)
    monkeypatch.setattr("probe_tray.adapters.http.tls.this_system", MacosSystem)
    async with serving(tmp_path) as (_server, address, _context):
        context = make_context({"SSL_CERT_FILE": str(tmp_path / "ca.pem")}, "localhost")
        async with httpx.AsyncClient(transport=ThreadedTransport(context, None, LIMITS)) as client:
            answers = await asyncio.gather(*(client.get(address) for _ in range(3)))
    assert [answer.text for answer in answers] == ["ok"] * 3
    here = threading.get_ident()
    assert [protocols for thread, protocols in asked if thread != here] == [["http/1.1"]] * 3


@pytest.mark.parametrize(("platform", "threaded"), [("darwin", True), ("win32", True), ("linux", False)])
async def test_the_systems_whose_verifiers_wait_get_it(
    platform: str, monkeypatch: pytest.MonkeyPatch, *, threaded: bool
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    made = make_transport(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), None, LIMITS)
    monkeypatch.undo()
    assert isinstance(made, ThreadedTransport) is threaded
    await made.aclose()
