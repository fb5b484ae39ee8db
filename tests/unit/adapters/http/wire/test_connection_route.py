"""The way to a service through a proxy that passes connections on, over loopback."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpcore
import pytest

from probe_tray.adapters.http.wire.kept_question import KeptQuestion
from probe_tray.adapters.http.wire.pool import make_pool
from probe_tray.adapters.http.wire.wire_errors import GarbledAnswerError, ProxyRefusalError, WireNetworkError
from probe_tray.core.account.secret import Secret
from tests.support.certificates import make_certificates
from tests.support.patience import PATIENCE
from tests.support.questions import kept_question

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
LOGIN = "ana:s%40cret@"


class PassingProxy:
    """Passes nothing on: it answers CONNECT with ``says`` and then plays the service itself."""

    def __init__(self, says: bytes, service: ssl.SSLContext) -> None:
        self.says, self._service = says, service
        self.heads: list[bytes] = []
        self.tasks: list[asyncio.Task[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.says)
            await writer.drain()
            if b" 200 " in self.says:
                await writer.start_tls(self._service)
                while await reader.readuntil(b"\r\n\r\n"):
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    await writer.drain()
            elif self.says.endswith(b"\r\n\r\n"):
                # Until the other side has closed it.
                await reader.read()
        writer.close()


@asynccontextmanager
async def proxying(folder: Path, says: bytes, *, tls: bool = False) -> AsyncGenerator[tuple[PassingProxy, int]]:
    made = make_certificates(folder, ("localhost",))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(made.chain, made.key)
    proxy = PassingProxy(says, ours)
    listening = await asyncio.start_server(proxy.accept, "127.0.0.1", 0, ssl=ours if tls else None)
    async with listening:
        yield proxy, listening.sockets[0].getsockname()[1]
        # Whoever left a connection open would be waited for.
        await asyncio.wait_for(asyncio.gather(*proxy.tasks), PATIENCE)


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=folder / "ca.pem")


def question() -> KeptQuestion:
    return kept_question("https://localhost/usage")


async def answers(folder: Path, proxy: str, times: int) -> list[bytes]:
    pool = make_pool(trusting(folder), Secret(proxy), kept_for=PATIENCE)
    found: list[bytes] = []
    try:
        for _ in range(times):
            async with pool.answer(question()) as answer:
                found.append(b"".join([part async for part in answer.aiter_stream()]))
    finally:
        await pool.retire()
    return found


@pytest.mark.parametrize(
    "says",
    [
        ESTABLISHED,
        b"HTTP/1.0 200 OK\r\nProxy-Agent: an-old-one\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + ESTABLISHED,
    ],
)
async def test_questions_go_through_a_connection_that_the_proxy_passes_on(says: bytes, tmp_path: Path) -> None:
    async with proxying(tmp_path, says) as (proxy, port):
        assert await answers(tmp_path, f"http://{LOGIN}127.0.0.1:{port}", 3) == [b"ok"] * 3
    assert len(proxy.heads) == 1


async def test_a_proxy_hears_what_httpcore_would_say(tmp_path: Path) -> None:
    refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    async with proxying(tmp_path, refused) as (proxy, port):
        with pytest.raises(ProxyRefusalError, match="407"):
            await answers(tmp_path, f"http://{LOGIN}127.0.0.1:{port}", 1)
        theirs = httpcore.AsyncHTTPProxy(f"http://127.0.0.1:{port}", proxy_auth=(b"ana", b"s@cret"))
        with pytest.raises(httpcore.ProxyError, match="407"):
            await theirs.request("GET", "https://localhost/usage", headers={"Host": "localhost"})
        await theirs.aclose()
    assert len(proxy.heads) == 2
    assert proxy.heads[0] == proxy.heads[1]


@pytest.mark.parametrize("says", [b"HTTP/1.1 503 Busy\r\n\r\n", b"HTTP/1.1 2", b"", b"\x16\x03\x01 no HTTP\r\n\r\n"])
async def test_a_connection_that_comes_to_nothing_is_closed(says: bytes, tmp_path: Path) -> None:
    async with proxying(tmp_path, says) as (proxy, port):
        with pytest.raises((ProxyRefusalError, GarbledAnswerError)):
            await answers(tmp_path, f"http://127.0.0.1:{port}", 1)
    assert len(proxy.heads) == 1


async def test_a_proxy_may_be_spoken_to_in_tls(tmp_path: Path) -> None:
    refused = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    async with proxying(tmp_path, refused, tls=True) as (proxy, port):
        with pytest.raises(ProxyRefusalError, match="503"):
            await answers(tmp_path, f"https://localhost:{port}", 1)
    assert proxy.heads[0].startswith(b"CONNECT localhost:443 HTTP/1.1\r\n")


async def test_a_service_that_is_not_trusted_is_told_no_question(tmp_path: Path) -> None:
    async with proxying(tmp_path, ESTABLISHED) as (_, port):
        pool = make_pool(ssl.create_default_context(), Secret(f"http://127.0.0.1:{port}"))
        with pytest.raises(WireNetworkError) as failure:
            async with pool.answer(question()):
                pass
        await pool.retire()
    assert isinstance(failure.value.__cause__, ssl.SSLCertVerificationError)
