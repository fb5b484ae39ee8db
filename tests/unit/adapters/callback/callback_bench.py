"""A browser made of sockets, and a listener on ports that are free."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Final

from probe_tray.adapters.callback.listener import LoopbackListener
from probe_tray.adapters.callback.login_listener import LoginListener
from probe_tray.core.account.secret import Secret
from probe_tray.core.service.service import Service
from tests.support.patience import PATIENCE

STATE: Final = "R1ghtState_of-this-login_0123456789abcdefgh"
OTHER: Final = "An0therState_of-some-login_0123456789abcdef"
CODE: Final = "ac_C0de-that-nobody.may~see"


@contextlib.asynccontextmanager
async def opened() -> AsyncGenerator[LoginListener]:
    listener = LoopbackListener(Service(ports=(0,)))
    async with listener.open(Secret(STATE)) as login:
        yield login
    await login.close()


async def has_arrived(login: LoginListener) -> bool:
    """Whether a callback with the right state came."""
    waiting = asyncio.create_task(login.wait())
    await asyncio.sleep(0)
    arrived = waiting.done()
    waiting.cancel()
    return arrived


async def ask(port: int, raw: bytes, host: str = "127.0.0.1") -> bytes:
    """Send `raw`, say that nothing follows, and return all that comes back."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(raw)
    with contextlib.suppress(OSError):
        writer.write_eof()
    reply = b""
    with contextlib.suppress(ConnectionResetError):
        reply = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return reply


def get(target: str, port: int, *headers: str, host: str = "localhost") -> bytes:
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}:{port}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def callback(state: str = STATE, code: str = CODE) -> str:
    return f"/auth/callback?code={code}&state={state}"


def status_of(reply: bytes) -> int:
    """The status of a reply, 0 when there was none."""
    return int(reply.split(b" ", 2)[1]) if reply else 0


def header_of(reply: bytes, name: str) -> str:
    head = reply.partition(b"\r\n\r\n")[0].decode("latin-1")
    for line in head.split("\r\n")[1:]:
        found, _, value = line.partition(": ")
        if found.lower() == name.lower():
            return value
    return ""
