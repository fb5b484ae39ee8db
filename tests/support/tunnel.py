"""A proxy that leads every connection to one port of this machine, however it is asked and whatever for."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


class _Tunnel:
    def __init__(self, kind: str, target: int) -> None:
        self._kind, self._target = kind, target
        self.tasks: list[asyncio.Task[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.create_task(self._handle(reader, writer)))

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await (self._admit_socks if self._kind == "socks5" else self._admit_connect)(reader, writer)
                await self._lead(reader, writer)
        finally:
            writer.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        asking = asyncio.create_task(_pass_on(reader, far_writer))
        try:
            await _pass_on(far_reader, writer)
            writer.close()
            await writer.wait_closed()
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            far_writer.transport.abort()

    async def _admit_connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\nX-Said-By: the proxy\r\n\r\n")

    async def _admit_socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # RFC 1928, sections 3 to 6: no authentication, a name of so many bytes, and an address nobody looks at.
        methods = (await reader.readexactly(2))[1]
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        length = (await reader.readexactly(5))[4]
        await reader.readexactly(length + 2)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))


@asynccontextmanager
async def tunnel(kind: str, target: int, *, context: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """The proxy's address. ``kind`` is "http" or "socks5"; with a ``context`` it is spoken to in TLS."""
    made = _Tunnel(kind, target)
    listening = await asyncio.start_server(made.accept, "127.0.0.1", 0, ssl=context)
    port = int(listening.sockets[0].getsockname()[1])
    async with listening:
        try:
            yield f"{'https' if context else kind}://localhost:{port}"
        finally:
            for task in made.tasks:
                task.cancel()
            await asyncio.gather(*made.tasks, return_exceptions=True)


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await source.read(16 * 1024):
            sink.write(part)
            await sink.drain()
