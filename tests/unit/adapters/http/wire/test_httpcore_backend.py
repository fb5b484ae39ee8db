"""Our failures in httpcore's terms and back, each with what it came from."""

import ssl
from collections.abc import Awaitable, Callable

import httpcore
import pytest

from probe_tray.adapters.http.wire.httpcore_backend import HttpcoreStream, wire_errors
from probe_tray.adapters.http.wire.wire_errors import (
    GarbledAnswerError,
    ProxyRefusalError,
    UnsendableError,
    WireError,
    WireNetworkError,
    WireTimeoutError,
)
from tests.support.exceptions import library_exceptions

OURS: dict[type[Exception], type[WireError]] = {
    httpcore.ConnectTimeout: WireTimeoutError,
    httpcore.ReadTimeout: WireTimeoutError,
    httpcore.WriteTimeout: WireTimeoutError,
    httpcore.PoolTimeout: WireTimeoutError,
    httpcore.ConnectError: WireNetworkError,
    httpcore.ReadError: WireNetworkError,
    httpcore.WriteError: WireNetworkError,
    httpcore.RemoteProtocolError: GarbledAnswerError,
    httpcore.LocalProtocolError: UnsendableError,
    httpcore.UnsupportedProtocol: UnsendableError,
    httpcore.ProxyError: ProxyRefusalError,
    httpcore.TimeoutException: WireTimeoutError,
    httpcore.NetworkError: WireNetworkError,
}


def test_whatever_a_library_raises_is_told_in_our_terms_or_passes_as_it_is() -> None:
    seen: set[type[Exception]] = set()
    for error in library_exceptions().values():
        with pytest.raises(type(error) if type(error) not in OURS else OURS[type(error)]) as raised, wire_errors():
            raise error
        if type(error) in OURS:
            seen.add(type(error))
            assert raised.value.__cause__ is error
        else:
            assert raised.value is error
    assert seen == set(OURS)


def test_what_a_proxy_refused_is_still_told() -> None:
    with pytest.raises(ProxyRefusalError, match=r"^407 Proxy"), wire_errors():
        raise httpcore.ProxyError("407 Proxy Authentication Required")


class Failing:
    """Implements ``ByteStream``, and always fails."""

    def __init__(self, error: WireError) -> None:
        self.error, self.is_readable = error, False

    async def read(self, most: int, limit: float | None = None) -> bytes:
        raise self.error

    async def write(self, data: bytes, limit: float | None = None) -> None:
        raise self.error

    async def start_tls(self, context: ssl.SSLContext, name: str, limit: float | None = None) -> None:
        raise self.error

    async def aclose(self) -> None:
        raise self.error


STEPS: dict[str, tuple[Callable[[HttpcoreStream], Awaitable[object]], type[Exception], type[Exception]]] = {
    "read": (lambda stream: stream.read(1), httpcore.ReadTimeout, httpcore.ReadError),
    "write": (lambda stream: stream.write(b"a"), httpcore.WriteTimeout, httpcore.WriteError),
    "start_tls": (
        lambda stream: stream.start_tls(ssl.create_default_context(), "localhost"),
        httpcore.ConnectTimeout,
        httpcore.ConnectError,
    ),
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_that_fails_is_what_httpcore_knows(step: str) -> None:
    take, slow, failed = STEPS[step]
    for error, expected in ((WireTimeoutError(), slow), (WireNetworkError(), failed)):
        with pytest.raises(expected) as raised:
            await take(HttpcoreStream(Failing(error)))
        assert raised.value.__cause__ is error


def test_nothing_but_what_is_readable_is_told_of_a_connection() -> None:
    inner = Failing(WireError())
    stream = HttpcoreStream(inner)
    assert stream.get_extra_info("is_readable") is False
    inner.is_readable = True
    assert stream.get_extra_info("is_readable") is True
    assert stream.get_extra_info("ssl_object") is None
