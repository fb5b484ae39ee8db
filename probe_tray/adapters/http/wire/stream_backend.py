"""How a connection to an address is made."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import zip_longest
from typing import Final

from probe_tray.adapters.http.wire.byte_stream import plain_name
from probe_tray.adapters.http.wire.connection import WireConnection
from probe_tray.adapters.http.wire.stream import SocketStream
from probe_tray.adapters.http.wire.wire_errors import WireNetworkError, WireTimeoutError
from probe_tray.adapters.systems.current import this_system

_HEAD_START: Final = 0.25
"""Seconds before the next address is tried beside the last one (RFC 8305, section 5)."""

_OWN: Final[Mapping[str, tuple[int, ...]]] = {
    "127.0.0.1": (socket.AF_INET,),
    "::1": (socket.AF_INET6, 0, 0),
}
"""This computer's own addresses: each one's family, and what stands behind the port (ipv6(7): flow and scope)."""
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
    if (own := _OWN.get(host)) is not None:
        # Most proxies are there, and the system has nothing to say of it: to be asked, it takes a thread.
        family, *rest = own
        return [(family, (host, port, *rest))]
    loop = asyncio.get_running_loop()
    answers = await loop.getaddrinfo(plain_name(host), port, type=socket.SOCK_STREAM)
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


class WireBackend:
    """Makes a `WireConnection`."""

    def __init__(self, answering: Callable[[], bool] = _never, arrived: Callable[[bytes], None] = _ignore) -> None:
        """``answering`` and ``arrived`` are those of the connection; without them nothing is handed on."""
        self._answering, self._arrived = answering, arrived
        self.made: WireConnection | None = None
        """The connection of the request."""

    async def connect(self, host: str, port: int, limit: float | None) -> WireConnection:
        """Within ``limit`` seconds. Raises WireNetworkError, WireTimeoutError."""
        async with _connecting(limit):
            self.made = WireConnection(await dial(host, port), self._answering, self._arrived)
        return self.made


class StreamBackend:
    """Makes a `SocketStream`."""

    def __init__(self) -> None:
        """One for each connection."""
        self.made: SocketStream | None = None
        """The last connection."""

    async def connect(self, host: str, port: int, limit: float | None) -> SocketStream:
        """Within ``limit`` seconds. Raises WireNetworkError, WireTimeoutError."""
        async with _connecting(limit):
            self.made = await SocketStream.over(await dial(host, port))
        return self.made


Backend = WireBackend | StreamBackend


@asynccontextmanager
async def _connecting(limit: float | None) -> AsyncGenerator[None]:
    """Raises WireNetworkError, WireTimeoutError."""
    try:
        async with asyncio.timeout(limit):
            yield
    except TimeoutError as error:
        raise WireTimeoutError from error
    except OSError as error:
        raise WireNetworkError from error


def backends() -> Callable[[], Backend]:
    """What makes a connection whose answers can be asked for again.

    The verifiers of macOS and Windows may ask the network (``SecTrustEvaluateWithError``, ``CertGetCertificateChain``),
    and truststore 0.10.5 calls them inside ``do_handshake``: there handshakes run in threads.
    """
    return WireBackend if this_system().verifies_certificates else StreamBackend
