"""How far a request has come, what its failure is, and what never leaves: over real sockets on loopback."""

import asyncio
import socket
import ssl

import httpx
import pytest

from probe_tray.adapters.http.exchange import Exchange, read_body
from probe_tray.adapters.http.wire.transport import make_transport
from probe_tray.core.errors import NotSentError, ProbeError, ServiceError, SyncFloodedError, UncertainError
from tests.support.raw_server import http, raw_server

BODY = b'{"a": 1}'


async def ask(port: int, *, seconds: float = 5, largest: int = 100) -> tuple[bytes, Exchange]:
    exchange = Exchange("127.0.0.1", None)
    async with exchange.attempt(seconds), make_transport(ssl.create_default_context(), None, httpx.Limits()) as sender:
        request = exchange.request("GET", f"http://127.0.0.1:{port}/", {}, seconds=seconds, fresh=True)
        response = await sender.handle_async_request(request)
        body = await read_body(response.aiter_bytes(), largest=largest)
        await response.aclose()
    return body, exchange


async def test_an_answer_is_read_to_its_end() -> None:
    async with raw_server(http(BODY)) as server:
        body, exchange = await ask(server.port)
    assert (body, exchange.begun) == (BODY, True)


async def test_a_body_is_read_no_further_than_it_may_be_large() -> None:
    async with raw_server(http(b"x" * 1_000_000)) as server:
        body, _ = await ask(server.port, largest=100)
    assert 100 < len(body) < 1_000_000


async def test_a_request_that_found_nobody_was_not_sent() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(NotSentError):
            await ask(int(held.getsockname()[1]))


async def test_a_request_without_a_whole_answer_is_uncertain() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") as server:
        with pytest.raises(UncertainError):
            await ask(server.port)


async def test_a_connection_can_be_made_with_nothing_sent() -> None:
    exchange = Exchange("127.0.0.1", None)
    async with raw_server(http(BODY)) as server:
        address = f"http://127.0.0.1:{server.port}/"
        async with exchange.attempt(5), make_transport(ssl.create_default_context(), None, httpx.Limits()) as sender:
            await exchange.connect(sender, address, seconds=5)
    assert not exchange.begun
    assert server.received == []


async def run_out(exchange: Exchange) -> None:
    async with exchange.attempt(0):
        await asyncio.Event().wait()


@pytest.mark.parametrize(("begun", "kind"), [(False, NotSentError), (True, UncertainError)])
async def test_time_that_runs_out_means_what_was_sent_by_then(*, begun: bool, kind: type[ServiceError]) -> None:
    exchange = Exchange("service.example", None)
    exchange.begun = begun
    with pytest.raises(kind) as raised:
        await run_out(exchange)
    assert "in time" in raised.value.facts["reason"]


async def fail(error: Exception) -> None:
    async with Exchange("service.example", None).attempt(5):
        raise error


async def test_what_a_library_says_does_not_get_out() -> None:
    with pytest.raises(ServiceError) as raised:
        await fail(httpx.LocalProtocolError("Illegal header value b'Bearer at-secret'"))
    error = raised.value
    assert "at-secret" not in f"{error} {error.__cause__}"
    assert error.__suppress_context__


async def test_an_error_of_the_program_passes_as_it_is() -> None:
    flooded: ProbeError = SyncFloodedError()
    with pytest.raises(SyncFloodedError) as raised:
        await fail(flooded)
    assert raised.value is flooded


async def test_giving_up_is_no_failure() -> None:
    async def wait() -> None:
        async with Exchange("service.example", None).attempt(5):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
