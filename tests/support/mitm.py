"""A forward proxy on loopback which plays the real hosts, so that installed programs run with their real addresses.

It takes CONNECT for auth.openai.com, chatgpt.com, api.github.com and status.openai.com, ends TLS with certificates from
a CA of its own, and relays what is inside to a `DemoService`. A program that is given `HTTPS_PROXY` and `SSL_CERT_FILE`
needs no other switch.
"""

import asyncio
import base64
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import h11
import msgspec

from probe_tray.demo import DemoAddresses
from tests.support.certificates import Certificates, make_certificates

ISSUER_HOST: Final = "auth.openai.com"
BACKEND_HOST: Final = "chatgpt.com"
RELEASES_HOST: Final = "api.github.com"
STATUS_HOST: Final = "status.openai.com"

_CHUNK: Final = 16 * 1024
_TLS_PORT: Final = 443


class Connect(msgspec.Struct, frozen=True):
    """One request to the proxy: the host and port asked for, and the status it got. The password is never kept."""

    host: str
    port: int
    status: int


class Mitm:
    """The proxy, in a thread of its own. Every method may be called from any thread."""

    def __init__(
        self,
        addresses: DemoAddresses,
        folder: Path,
        *,
        user: str = "",
        password: str = "",
        observe: Callable[[bytes], bool] = lambda _sent: True,
    ) -> None:
        """Relay to `addresses`; `folder` takes the PEM files. With `user`, a wrong or missing password gets 407.

        `observe` gets what a program has sent so far over a connection, each time more comes, until it returns True.
        """
        self.certificates: Certificates = make_certificates(
            folder, (ISSUER_HOST, BACKEND_HOST, RELEASES_HOST, STATUS_HOST)
        )
        self._targets = {
            ISSUER_HOST: _endpoint(addresses.issuer),
            BACKEND_HOST: _endpoint(addresses.backend),
            RELEASES_HOST: _endpoint(addresses.releases),
            STATUS_HOST: _endpoint(addresses.releases),
        }
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._wanted = f"Basic {credentials}" if user else None
        self._login = f"{user}:{password}@" if user else ""
        self._connects: list[Connect] = []
        self._observe = observe
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0
        self._finish: Callable[[], object] | None = None
        self._thread = threading.Thread(target=self._run, name="mitm", daemon=True)
        self._started: Future[int] = Future()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificates.chain, self.certificates.key)

    @property
    def url(self) -> str:
        """The proxy's address for `HTTPS_PROXY`, with user and password where it wants them."""
        return f"http://{self._login}127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to be given."""
        return {"HTTPS_PROXY": self.url, "SSL_CERT_FILE": str(self.certificates.ca)}

    @property
    def connects(self) -> tuple[Connect, ...]:
        """Every request that came to the proxy, in the order of their answers."""
        with self._lock:
            return tuple(self._connects)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self._port = self._started.result()

    def stop(self) -> None:
        """Cut every tunnel and wait for the thread to end."""
        if self._finish:
            self._finish()
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        loop, enough = asyncio.get_running_loop(), asyncio.Event()
        self._finish = lambda: loop.call_soon_threadsafe(enough.set)
        self._started.set_result(server.sockets[0].getsockname()[1])
        await enough.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if target := await self._admit(reader, writer):
                await writer.start_tls(self._tls)
                await _relay(reader, writer, target, self._observe)
        except (OSError, ssl.SSLError, h11.RemoteProtocolError):
            pass  # One side went away, or does not trust the certificate: its own log says so.
        finally:
            writer.transport.abort()

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int] | None:
        request = await _head(reader)
        if request is None:
            return None
        host, _, port = request.target.decode("ascii").rpartition(":")
        sent = dict(request.headers).get(b"proxy-authorization", b"").decode("latin-1")
        target = self._targets.get(host) if port == str(_TLS_PORT) else None
        if request.method != b"CONNECT":
            status, line = 405, "405 Method Not Allowed"
        elif self._wanted and sent != self._wanted:
            status, line = 407, '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"'
        elif target is None:
            status, line = 502, "502 Bad Gateway"
        else:
            status, line = 200, "200 Connection established"
        with self._lock:
            self._connects.append(Connect(host, int(port) if port.isdigit() else 0, status))
        length = "" if status == 200 else "Content-Length: 0\r\nConnection: close\r\n"
        writer.write(f"HTTP/1.1 {line}\r\n{length}\r\n".encode())
        await writer.drain()
        return target if status == 200 else None


async def _head(reader: asyncio.StreamReader) -> h11.Request | None:
    wire = h11.Connection(h11.SERVER)
    while True:
        event = wire.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        wire.receive_data(await reader.read(_CHUNK))


async def _relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    target: tuple[str, int],
    observe: Callable[[bytes], bool],
) -> None:
    far_reader, far_writer = await asyncio.open_connection(*target)
    try:
        ways = [
            asyncio.ensure_future(_pump(reader, far_writer, observe)),
            asyncio.ensure_future(_pump(far_reader, writer, lambda _answer: True)),
        ]
        try:
            # HTTP needs no half-closed connections: the first end is the end of both.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
    finally:
        far_writer.transport.abort()
    writer.close()
    await writer.wait_closed()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, observe: Callable[[bytes], bool]) -> None:
    received, enough = b"", False
    while data := await source.read(_CHUNK):
        received += b"" if enough else data
        enough = enough or observe(received)
        sink.write(data)
        await sink.drain()


def _endpoint(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is None:
        msg = f"an address without host or port: {url}"
        raise ValueError(msg)
    return parts.hostname, parts.port
