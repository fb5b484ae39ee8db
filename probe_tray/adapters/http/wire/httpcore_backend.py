"""Our own connections as httpcore wants them, and its failures in our terms.

Loading httpcore takes 30 ms, so this is imported when the first request needs it.
"""

import ssl
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import cast

import httpcore

from probe_tray.adapters.http.wire.byte_stream import ByteStream
from probe_tray.adapters.http.wire.stream_backend import Backend
from probe_tray.adapters.http.wire.wire_errors import (
    GarbledAnswerError,
    ProxyRefusalError,
    UnsendableError,
    WireError,
    WireNetworkError,
    WireTimeoutError,
)

# WORKAROUND httpcore 1.0.9 (https://github.com/encode/httpcore, _synchronization.py): where sniffio is missing,
# httpcore looks through all folders of modules for it, four times for each request. None says that there is none.
if find_spec("sniffio") is None:
    sys.modules.setdefault("sniffio", cast("ModuleType", None))


def to_wire_error(error: BaseException | None) -> WireError | None:
    """The failure that an exception of httpcore stands for, None for any other; what it came from is not kept."""
    match error:
        case httpcore.TimeoutException():
            return WireTimeoutError()
        case httpcore.NetworkError():
            return WireNetworkError()
        case httpcore.RemoteProtocolError():
            return GarbledAnswerError()
        case httpcore.LocalProtocolError() | httpcore.UnsupportedProtocol():
            return UnsendableError()
        case httpcore.ProxyError():
            # What it refused is told in its text and nowhere else.
            return ProxyRefusalError(str(error))
        case _:
            return None


@contextmanager
def wire_errors() -> Generator[None]:
    """Raises a WireError where httpcore raises an exception of its own."""
    try:
        yield
    except Exception as error:
        if (found := to_wire_error(error)) is None:
            raise
        raise found from error


@contextmanager
def _httpcore_errors(slow: type[Exception], failed: type[Exception]) -> Generator[None]:
    """Raises what httpcore expects where a stream fails."""
    try:
        yield
    except WireTimeoutError as error:
        raise slow from error
    except WireNetworkError as error:
        raise failed from error


class HttpcoreStream(httpcore.AsyncNetworkStream):
    """A connection of ours."""

    def __init__(self, stream: ByteStream) -> None:
        """Whatever httpcore does happens on ``stream``."""
        self._stream = stream

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
    ) -> bytes:
        """Some bytes, none at the end. Raises ReadError, ReadTimeout."""
        with _httpcore_errors(httpcore.ReadTimeout, httpcore.ReadError):
            return await self._stream.read(max_bytes, timeout)

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
    ) -> None:
        """Send all of it. Raises WriteError, WriteTimeout."""
        with _httpcore_errors(httpcore.WriteTimeout, httpcore.WriteError):
            await self._stream.write(buffer, timeout)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it so
    ) -> httpcore.AsyncNetworkStream:
        """Go on inside TLS, or inside one more layer of it. Raises ConnectError, ConnectTimeout."""
        assert server_hostname is not None  # noqa: S101 - a certificate without a name proves nothing
        with _httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return self

    def get_extra_info(self, info: str) -> object:
        """What httpcore asks before it uses a connection again: whether the other side has closed it meanwhile."""
        return self._stream.is_readable if info == "is_readable" else None

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()


class HttpcoreBackend(httpcore.AsyncNetworkBackend):
    """Makes the connections of another backend for httpcore."""

    def __init__(self, backend: Backend) -> None:
        """``backend`` makes them."""
        self._backend = backend

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
        with _httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            return HttpcoreStream(await self._backend.connect(host, port, timeout))
