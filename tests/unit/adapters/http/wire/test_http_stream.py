"""The connection for requests whose answers can be asked for again, over loopback."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import httpx
import pytest

from probe_tray.adapters.http.wire.pool import make_pool
from probe_tray.adapters.http.wire.stream import SocketStream
from probe_tray.adapters.http.wire.stream_backend import dial
from probe_tray.adapters.http.wire.transport import StreamTransport
from probe_tray.adapters.http.wire.wire_errors import WireNetworkError, WireTimeoutError
from probe_tray.adapters.systems.current import this_system
from tests.support.certificates import make_certificates
from tests.support.patience import PATIENCE
from tests.support.questions import kept_question

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CHUNK = 64 * 1024
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=4, keepalive_expiry=60.0)


@asynccontextmanager
async def served(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait(tasks, timeout=PATIENCE)


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[SocketStream]:
    stream = await SocketStream.over(await dial("127.0.0.1", port))
    try:
        yield stream
    finally:
        await stream.aclose()


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    made = make_certificates(folder, ("localhost",))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(made.chain, made.key)
    return ours, ssl.create_default_context(cafile=made.ca)


async def read_all(stream: SocketStream) -> bytes:
    taken = bytearray()
    while part := await stream.read(CHUNK):
        taken += part
    return bytes(taken)


@pytest.mark.skipif(this_system().verifies_certificates, reason="handshakes run in threads here")
async def test_questions_about_quotas_go_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # What httpcore takes by itself costs twice the CPU.
    over, made = SocketStream.over, list[SocketStream]()

    async def counted(opened: socket.socket) -> SocketStream:
        made.append(await over(opened))
        return made[-1]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    monkeypatch.setattr(SocketStream, "over", counted)
    pool = make_pool(ssl.create_default_context(), None)
    async with served(serve) as port:
        async with pool.answer(kept_question(f"http://127.0.0.1:{port}/")) as answer:
            assert (answer.status, len(made)) == (204, 1)
        await pool.retire()


@pytest.mark.parametrize("secure", [False, True])
async def test_much_more_than_is_taken_in_unasked_arrives_whole(tmp_path: Path, *, secure: bool) -> None:
    sent = bytes(range(256)) * 4096 * 5

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        writer.write(sent)
        await writer.drain()

    ours, theirs = contexts(tmp_path)
    async with served(serve, ours if secure else None) as port, connected(port) as stream:
        if secure:
            await stream.start_tls(theirs, "localhost", PATIENCE)
        await stream.write(b"?")
        assert await read_all(stream) == sent
        assert await stream.read(CHUNK) == b""


async def test_much_is_sent_though_the_other_side_reads_late(tmp_path: Path) -> None:
    sent, may_read = b"question" * 1_000_000, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await may_read.wait()
        writer.write(str(len(await reader.readexactly(len(sent)))).encode())
        await writer.drain()

    ours, theirs = contexts(tmp_path)
    async with served(serve, ours) as port, connected(port) as stream:
        await stream.start_tls(theirs, "localhost", PATIENCE)
        sending = asyncio.create_task(stream.write(sent))
        # However long it is given: nobody reads, and no system holds so much in between.
        done, _ = await asyncio.wait({sending}, timeout=0.1)
        assert not done
        may_read.set()
        await asyncio.wait_for(sending, PATIENCE)
        assert await read_all(stream) == str(len(sent)).encode()


async def test_a_connection_that_is_reset_is_a_failure_and_no_end() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        ours = cast("socket.socket", writer.get_extra_info("socket"))
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with served(serve) as port, connected(port) as stream:
        await stream.write(b"?")
        with pytest.raises(WireNetworkError):
            await read_all(stream)
        with pytest.raises(WireNetworkError):
            await stream.write(b"?")


async def test_a_handshake_that_takes_too_long_closes_the_connection() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    async with served(serve) as port, connected(port) as stream:
        with pytest.raises(WireTimeoutError):
            await stream.start_tls(ssl.create_default_context(), "localhost", 0.01)
        await asyncio.wait_for(ended.wait(), PATIENCE)


async def test_a_certificate_that_is_not_trusted_is_the_cause_of_the_failure(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    made = make_certificates(tmp_path, ("localhost",))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(made.chain, made.key)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=ours)
    async with server, connected(server.sockets[0].getsockname()[1]) as stream:
        with pytest.raises(WireNetworkError) as failure:
            await stream.start_tls(ssl.create_default_context(), "localhost", PATIENCE)
    assert isinstance(failure.value.__cause__, ssl.SSLCertVerificationError)


async def test_a_connection_that_the_other_side_has_closed_is_not_used_again() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()

    context = ssl.create_default_context()
    async with served(serve) as port, httpx.AsyncClient(transport=StreamTransport(context, None, LIMITS)) as client:
        for _ in range(3):
            assert (await client.get(f"http://127.0.0.1:{port}/")).text == "ok"
    assert connections == 3


async def test_a_close_is_noticed_before_the_event_loop_has_heard_of_it() -> None:
    near, far = socket.socketpair()
    with far:
        stream = await SocketStream.over(near)
        assert not stream.is_readable
        far.shutdown(socket.SHUT_WR)
        # No turn of the loop in between.
        assert stream.is_readable
        await stream.aclose()
        assert near.fileno() == -1
