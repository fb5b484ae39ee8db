"""How a connection to an address is made, for httpcore and for what takes its place."""

import asyncio
import socket
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from itertools import zip_longest
from types import ModuleType
from typing import Final, cast

import httpcore

from probe_tray.adapters.http.wire.connection import WireConnection
from probe_tray.adapters.http.wire.stream import SocketStream
from probe_tray.adapters.systems.current import this_system

_HEAD_START: Final = 0.25
"""Seconds before the next address is tried beside the last one (RFC 8305, section 5)."""

# WORKAROUND httpcore 1.0.9 (https://github.com/encode/httpcore, _synchronization.py): where sniffio is missing,
# httpcore looks through all folders of modules for it, four times for each request. None says that there is none.
if find_spec("sniffio") is None:
    sys.modules.setdefault("sniffio", cast("ModuleType", None))

_Found = tuple[int, tuple[object, ...]]


async def dial(host: str, port: int) -> socket.socket:
    """A connection to the first address of ``host`` that takes one.

    Raises OSError; where several addresses failed, each for a reason of its own, they are its cause. It sets no limit
    of time: break it off, and nothing stays open.
    """
    waiting = deque(await _addresses(host, port))
    tries: set[asyncio.Task[socket.socket]] = set()
    everything: list[asyncio.Task[socket.socket]] = []
    failures: list[OSError] = []
    chosen: socket.socket | None = None
    try:
        while chosen is None and (waiting or tries):
            if waiting:
                everything.append(asyncio.create_task(_connect(*waiting.popleft())))
                tries.add(everything[-1])
            limit = _HEAD_START if waiting else None
            done, tries = await asyncio.wait(tries, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                try:
                    chosen = attempt.result()
                except OSError as error:
                    failures.append(error)
    finally:
        for attempt in everything:
            attempt.add_done_callback(lambda ended: _close_other(ended, chosen))
            attempt.cancel()
    if chosen is not None:
        return chosen
    if len(failures) == 1:
        raise failures[0]
    raise OSError from ExceptionGroup("no address took the connection", failures)


def _close_other(ended: "asyncio.Task[socket.socket]", chosen: socket.socket | None) -> None:
    """Two may have come about at the same moment."""
    if not ended.cancelled() and ended.exception() is None and ended.result() is not chosen:
        ended.result().close()


async def _addresses(host: str, port: int) -> list[_Found]:
    """In the system's order, but by turns of both families: one that is broken must not use up the time."""
    loop = asyncio.get_running_loop()
    answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found: list[_Found] = [(int(family), address) for family, _, _, _, address in answers]
    ours = [address for address in found if address[0] == found[0][0]]
    others = [address for address in found if address[0] != found[0][0]]
    return [address for pair in zip_longest(ours, others) for address in pair if address is not None]


async def _connect(family: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(0)  # As the event loop wants it.
        with suppress(OSError):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(made, address)
    except BaseException:
        made.close()
        raise
    return made


def _never() -> bool:
    return False


def _ignore(part: bytes) -> None:
    del part


class WireBackend(httpcore.AsyncNetworkBackend):
    """Makes a `WireConnection`."""

    def __init__(self, answering: Callable[[], bool] = _never, arrived: Callable[[bytes], None] = _ignore) -> None:
        """``answering`` and ``arrived`` are those of the connection; without them nothing is handed on."""
        self._answering, self._arrived = answering, arrived
        self.made: WireConnection | None = None
        """The connection of the request."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """As httpcore wants it. Raises ConnectError, ConnectTimeout."""
        del local_address, socket_options  # Never asked for here.
        async with _connecting(timeout):
            self.made = WireConnection(await dial(host, port), self._answering, self._arrived)
        return self.made


class StreamBackend(httpcore.AsyncNetworkBackend):
    """Makes a `SocketStream`."""

    def __init__(self) -> None:
        """One for each connection."""
        self.made: SocketStream | None = None
        """The last connection."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """As httpcore wants it. Raises ConnectError, ConnectTimeout."""
        del local_address, socket_options  # Never asked for here.
        async with _connecting(timeout):
            self.made = await SocketStream.over(await dial(host, port))
        return self.made


@asynccontextmanager
async def _connecting(seconds: float | None) -> AsyncGenerator[None]:
    """Raises ConnectError, ConnectTimeout."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError from error


def backends() -> Callable[[], WireBackend | StreamBackend]:
    """What makes a connection whose answers can be asked for again.

    The verifiers of macOS and Windows may ask the network (``SecTrustEvaluateWithError``, ``CertGetCertificateChain``),
    and truststore 0.10.5 calls them inside ``do_handshake``: there handshakes run in threads.
    """
    return WireBackend if this_system().verifies_certificates else StreamBackend
