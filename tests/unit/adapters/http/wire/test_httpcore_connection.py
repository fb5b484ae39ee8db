"""Questions by proxies that httpcore speaks to, over loopback."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpcore
import pytest

from probe_tray.adapters.http.wire.kept_question import KeptQuestion
from probe_tray.adapters.http.wire.pool import ConnectionPool, make_pool
from probe_tray.adapters.http.wire.wire_errors import (
    GarbledAnswerError,
    ProxyRefusalError,
    UnsendableError,
    WireNetworkError,
)
from probe_tray.core.account.secret import Secret
from tests.support.certificates import make_certificates
from tests.support.patience import PATIENCE
from tests.support.questions import kept_question
from tests.support.tunnel import tunnel

ADDRESS = "https://localhost/usage"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Service:
    """Answers each question with ``says``, and counts them."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.asked = 0
        self.tasks: list[asyncio.Task[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                writer.write(self.says)
                await writer.drain()
                if self.says != OK:
                    break
        writer.close()


@asynccontextmanager
async def behind_socks(folder: Path, says: bytes = OK) -> AsyncGenerator[tuple[Service, ConnectionPool]]:
    made = make_certificates(folder, ("localhost",))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(made.chain, made.key)
    service = Service(says)
    listening = await asyncio.start_server(service.accept, "127.0.0.1", 0, ssl=ours)
    async with listening, tunnel("socks5", listening.sockets[0].getsockname()[1]) as proxy:
        pool = make_pool(ssl.create_default_context(cafile=made.ca), Secret(proxy), kept_for=PATIENCE)
        yield service, pool
        await pool.retire()
        for task in service.tasks:
            task.cancel()
        await asyncio.gather(*service.tasks, return_exceptions=True)


async def ask(pool: ConnectionPool, question: KeptQuestion) -> bytes:
    async with pool.answer(question) as answer:
        return b"".join([part async for part in answer.aiter_stream()])


async def test_only_the_first_question_of_a_connection_needs_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    async with behind_socks(tmp_path) as (service, pool):
        question = kept_question(ADDRESS, leaves=lambda: left.append(service.asked))
        assert await ask(pool, question) == b"ok"
        monkeypatch.delattr(httpcore.AsyncHTTP11Connection, "handle_async_request")
        assert [await ask(pool, question) for _ in range(2)] == [b"ok"] * 2
    # Each is told of once, before it is sent.
    assert left == [0, 1, 2]


@pytest.mark.parametrize("says", [b"", OK[:-1], b"SSH-2.0\r\n\r\n"])
async def test_an_answer_that_is_none_fails_in_our_terms(tmp_path: Path, says: bytes) -> None:
    left: list[bool] = []
    async with behind_socks(tmp_path, says) as (_, pool):
        with pytest.raises(GarbledAnswerError):
            await ask(pool, kept_question(ADDRESS, leaves=lambda: left.append(True)))
    assert left == [True]


async def test_what_cannot_be_sent_has_not_begun_to_leave(tmp_path: Path) -> None:
    left: list[bool] = []
    async with behind_socks(tmp_path) as (service, pool):
        with pytest.raises(UnsendableError):
            await ask(pool, kept_question(ADDRESS, [(b"Host", b"a\nb")], leaves=lambda: left.append(True)))
    assert (left, service.asked) == ([], 0)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (b"\x05\xff", "Requested NO AUTHENTICATION REQUIRED"),
        (b"\x05\x00\x05\x05\x00\x01" + bytes(6), "Connection refused"),
    ],
)
async def test_a_proxy_that_refuses_is_told_nothing_and_left(says: bytes, words: str) -> None:
    left, over = list[bool](), asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(says[:2])
        await writer.drain()
        if says[2:]:
            await reader.readexactly(5)
            writer.write(says[2:])
        # Until the other side has closed it.
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        over.set()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        address = Secret(f"socks5://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        pool = make_pool(ssl.create_default_context(), address)
        with pytest.raises(ProxyRefusalError, match=words):
            await ask(pool, kept_question(ADDRESS, leaves=lambda: left.append(True)))
        await asyncio.wait_for(over.wait(), PATIENCE)
        await pool.retire()
    assert left == []


async def test_a_proxy_that_is_not_there_is_no_connection() -> None:
    pool = make_pool(ssl.create_default_context(), Secret("socks5://127.0.0.1:9"))
    with pytest.raises(WireNetworkError) as failure:
        await ask(pool, kept_question(ADDRESS))
    cause = failure.value.__cause__
    assert isinstance(cause, httpcore.ConnectError)
    assert isinstance(cause.__cause__, WireNetworkError)
    assert isinstance(cause.__cause__.__cause__, ConnectionRefusedError)
