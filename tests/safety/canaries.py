"""Secrets that can be found again wherever they come up, and a service that echoes those it is sent."""

import asyncio
import base64
import itertools
import json
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs

from tests.support.raw_server import http
from tests.support.tokens import reply_body, tokens

MARK = "zqxjkvw"
"""A part of every canary; nothing else on this machine is called that."""

Reply = Callable[[str], bytes]


class Canaries:
    """Makes secrets, no two alike."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._numbers = itertools.count(1)
        self._people = itertools.count(1)

    def opaque(self) -> str:
        """One without any telling shape."""
        self.made.append(f"{MARK}{next(self._numbers):05}")
        return self.made[-1]

    def login(self, person: str = "") -> dict[str, str]:
        """Three tokens of a new person, or new ones of ``person``."""
        found = tokens(person or f"person{next(self._people)}")
        # The signature of a JWT is as secret as the rest.
        found = {name: found[name] + self.opaque() for name in ("id_token", "access_token")}
        return found | {"refresh_token": f"rt_{self.opaque()}" if len(self.made) % 2 else self.opaque()}

    def token_bytes(self, count: int) -> bytes:
        """Bytes whose base64url, as it becomes a state or a verifier, is a canary."""
        return base64.urlsafe_b64decode(self.opaque().ljust(-(-count * 4 // 3), "A") + "=" * (-count % 3))

    def uniform(self, low: float, high: float) -> float:
        """No time is spent."""
        return min(low, high)


def _echoes() -> list[Reply]:
    def error(status: str, *headers: str) -> Reply:
        said = '{{"error": "invalid_grant", "error_description": "{0} is bad", "detail": ["{0}"]}}'
        return lambda sent: http(said.format(sent).encode(), status, *(h.format(sent) for h in headers))

    return [
        error("400 Bad Request"),
        error("401 Unauthorized", "WWW-Authenticate: Bearer {}"),
        error("403 Forbidden"),
        error("429 Too Many Requests", "Retry-After: {}"),
        error("500 Internal Server Error"),
        error("503 Service Unavailable", "X-Echo: {}"),
        error("302 Found", "Location: https://elsewhere.example/?token={}"),
        error("200 OK"),
        lambda sent: http(f"<html>{sent}</html>".encode(), "403 Forbidden"),
        lambda sent: http(f'{{"error": "{sent}"}}'.encode(), "400 Bad Request"),
        lambda sent: http(f'{{"error": {{"code": "{sent}", "message": "{sent}"}}}}'.encode(), "401 Unauthorized"),
        lambda sent: http(sent.encode()),
        lambda sent: f"HTTP/1.1 {sent}\r\n\r\n".encode(),
        lambda sent: f"HTTP/1.1 200 OK\r\n{sent}\r\n\r\n".encode(),
        lambda sent: f"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{sent}".encode(),
        lambda sent: f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{sent}\r\n".encode(),
        lambda _: b"",
    ]


ECHOES = _echoes()
"""Answers which repeat the secret that was sent: every class of failure, and garbage of every kind."""


def granting(login: dict[str, str]) -> Reply:
    """The answer that brings these tokens."""
    return lambda _: http(reply_body(login))


class EchoService:
    """Answers one request after the other as the test says, and keeps the addresses that were asked for."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.targets: list[str] = []
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Listen on loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"(?i)content-length: (\d+)", head)
            body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
            self.targets.append(head.split("\r\n")[0])
            writer.write(self.replies.popleft()(_secret_of(head, body)))
            await writer.drain()
        writer.close()


def _secret_of(head: str, body: str) -> str:
    if bearer := re.search(r"(?i)authorization: bearer (\S+)", head):
        return bearer[1]
    fields = json.loads(body) if body.startswith("{") else {k: v[0] for k, v in parse_qs(body).items()}
    return next((fields[name] for name in ("refresh_token", "code", "token", "device_auth_id") if name in fields), "")


def _spellings(mark: bytes) -> list[bytes]:
    found = [mark, mark.hex().encode(), mark.hex().upper().encode()]
    for before in range(3):
        # Which characters of base64 depend on the mark alone differs with where it stands (RFC 4648 section 4).
        coded = base64.b64encode(b"\0" * before + mark)
        found.append(coded[-(-before * 8 // 6) : (before + len(mark)) * 8 // 6])
    return found


# So every JWT here begins; anything shorter comes up in a vault's own base64 by chance.
_LEAK = re.compile(b"|".join([*map(re.escape, _spellings(MARK.encode())), rb"eyJhbGci"]))


def leaks(data: bytes | str) -> list[bytes]:
    """Where a canary, in whatever spelling, or a part of a JWT is seen, with what stands around it."""
    raw = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
    return [raw[max(m.start() - 60, 0) : m.end() + 30] for m in _LEAK.finditer(raw)]
