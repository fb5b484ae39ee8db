"""A server that answers with exactly the bytes a test gives it, over TLS where it has a certificate."""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)\r\n")


class RawServer:
    """Counts connections, keeps what came in, and sends ``script`` once a whole request is there."""

    def __init__(self, script: bytes, *, hang: bool = False) -> None:
        self.script = script
        self.hang = hang
        self.connections = 0
        self.received: list[bytes] = []
        self.port = 0
        self.greeting = b""
        self.tasks: list[asyncio.Task[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.create_task(self._handle(reader, writer)))

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                writer.write(self.greeting)
                head = await reader.readuntil(b"\r\n\r\n")
                self.received.append(head)
                # What is left unread when the connection is closed resets it, and the answer may go with it.
                if length := _LENGTH.search(head):
                    await reader.readexactly(int(length[1]))
                writer.write(self.script)
                await writer.drain()
                while self.hang and await reader.read(1000):
                    pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_server(
    script: bytes, *, hang: bool = False, context: ssl.SSLContext | None = None
) -> AsyncGenerator[RawServer]:
    """The server on a free port of 127.0.0.1. ``hang``: it never closes by itself."""
    server = RawServer(script, hang=hang)
    listening = await asyncio.start_server(server.accept, "127.0.0.1", 0, ssl=context)
    server.port = int(listening.sockets[0].getsockname()[1])
    async with listening:
        try:
            yield server
        finally:
            for task in server.tasks:
                task.cancel()
            await asyncio.gather(*server.tasks, return_exceptions=True)


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """One answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def make_certificate(folder: Path, *, name: str = "localhost", days: tuple[int, int] = (-1, 30)) -> ssl.SSLContext:
    """A server context whose certificate, its own issuer, is written to ``folder / "ca.pem"``.

    ``days``: validity relative to now.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
