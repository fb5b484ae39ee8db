"""Whatever a library raises becomes one of the program's own failures, and what was never sent stays so."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import NoReturn, cast
from unittest.mock import AsyncMock, Mock

import httpcore
import httpx
import pytest

from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.http.wire.answer import read_raw
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import detect_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import CertificateError, NotSentError, ProbeError, UncertainError
from probe_tray.core.service.connection import ConnectionStep
from probe_tray.core.service.service import Service
from probe_tray.core.sync.setup import SyncTarget
from tests.support.exceptions import CANARY, library_exceptions
from tests.support.fakes import FakeClock
from tests.support.tokens import credential

RAISED = library_exceptions()
SERVICE = Service(issuer="https://issuer.example", backend="https://backend.example")
TARGET = SyncTarget(url="https://table.example", api_key=Secret("a-key"), key=Secret("0" * 64))
PROXY = detect_proxy("socks5://ana:s3cret@127.0.0.1:9", {}, override_name="--proxy", system=SystemProxies)
TOKEN = Secret("rt_" + CANARY)
KEPT_CONNECTION = type(
    httpcore.AsyncSOCKSProxy("socks5://127.0.0.1:9").create_connection(
        httpcore.Origin(b"https", b"backend.example", 443)
    )
)
Trace = Callable[[str, dict[str, object]], Awaitable[None]]


@pytest.fixture
async def client() -> AsyncGenerator[ServiceClient]:
    made = ServiceClient(SERVICE, PROXY, {}, handles=KnownSecrets().add, answered=lambda _: None)
    yield made
    await made.aclose()


async def rows(_client: ServiceClient) -> object:
    async with HttpTableFactory(PROXY, {}, handles=KnownSecrets().add).open(TARGET) as table:
        return await table.rows()


REQUESTS: dict[str, Callable[[ServiceClient], Awaitable[object]]] = {
    "refresh": lambda made: made.refresh(TOKEN, lambda _piece: None),
    "exchange": lambda made: made.exchange(TOKEN, TOKEN, "http://localhost:1455"),
    "device poll": lambda made: made.device_poll(TOKEN, "ABCD-EFGH"),
    "device start": lambda made: made.device_start(),
    "revoke": lambda made: made.revoke(TOKEN),
    "usage": lambda made: made.usage(credential()),
    "table": rows,
}


def raising(error: Exception, monkeypatch: pytest.MonkeyPatch, *, after_sending: bool) -> None:
    """Let the library raise ``error`` when it is given a request."""

    async def fail(_sender: object, request: httpx.Request | httpcore.Request) -> NoReturn:
        if after_sending:
            trace = cast("Trace", request.extensions["trace"])
            await trace("http11.send_request_headers.started", {"request": request})
        raise error

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", fail)
    monkeypatch.setattr(KEPT_CONNECTION, "handle_async_request", fail)


def safe(error: ProbeError) -> ProbeError:
    """What may be shown: nothing of what the library said, nothing of the proxy's password."""
    assert error.__suppress_context__ or error.__context__ is None
    for text in (CANARY, "s3cret"):
        assert text not in str(error)
    return error


@pytest.mark.parametrize("after_sending", [False, True])
@pytest.mark.parametrize("request_name", REQUESTS)
async def test_only_what_is_raised_after_sending_is_uncertain(
    request_name: str, client: ServiceClient, monkeypatch: pytest.MonkeyPatch, *, after_sending: bool
) -> None:
    for name, error in RAISED.items():
        raising(error, monkeypatch, after_sending=after_sending)
        with pytest.raises(ProbeError) as caught:
            await REQUESTS[request_name](client)
        found = safe(caught.value)
        uncertain, unsent = type(found) is UncertainError, isinstance(found, NotSentError | CertificateError)
        assert (uncertain, unsent) == (after_sending, not after_sending), name


async def test_a_connection_that_does_not_come_about_is_told(
    client: ServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in RAISED.values():
        raising(error, monkeypatch, after_sending=False)
        with pytest.raises(ProbeError) as caught:
            await client.reach()
        assert isinstance(safe(caught.value), NotSentError | CertificateError)


async def test_the_test_of_the_connection_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*_: object, **__: object) -> object:
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    for error in RAISED.values():
        for after_sending in (False, True):
            raising(error, monkeypatch, after_sending=after_sending)
            reached = await HttpProbe(SERVICE, {}, FakeClock(), handles=KnownSecrets().add, system=SystemProxies).reach(
                Secret("")
            )
            assert reached.problem is not None
            assert CANARY not in str(reached.problem)


async def test_an_address_that_the_library_refuses_sends_nothing(
    client: ServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in RAISED.values():
        # Single requests, and those over connections that are kept.
        monkeypatch.setattr(httpx, "Proxy", Mock(side_effect=error))
        monkeypatch.setattr("probe_tray.adapters.http.wire.connection_route.urlsplit", Mock(side_effect=error))
        for ask in REQUESTS.values():
            with pytest.raises(ProbeError) as caught:
                await ask(client)
            assert isinstance(safe(caught.value), NotSentError | CertificateError)


async def test_a_name_that_cannot_be_looked_up_is_a_step_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in RAISED.values():
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", AsyncMock(side_effect=error))
        assert (
            await HttpProbe(SERVICE, {}, FakeClock(), handles=KnownSecrets().add, system=SystemProxies).reach(
                Secret("")
            )
        ).failed is ConnectionStep.NAME


def test_certificates_that_cannot_be_loaded_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in RAISED.values():
        broken = type("Context", (ssl.SSLContext,), {"load_verify_locations": Mock(side_effect=error)})
        monkeypatch.setattr("probe_tray.adapters.http.tls.ssl.SSLContext", broken)
        with pytest.raises(CertificateError) as caught:
            make_context({"SSL_CERT_FILE": str(tmp_path)}, "service.example")
        monkeypatch.undo()
        safe(caught.value)


def test_an_answer_is_none_where_the_library_fails_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in RAISED.values():
        monkeypatch.setattr("h11.Connection.next_event", Mock(side_effect=error))
        assert read_raw(b"HTTP/1.1 200 OK\r\n\r\n<p>") is None


def test_settings_of_the_system_that_cannot_be_read_mean_no_proxy(caplog: pytest.LogCaptureFixture) -> None:
    for error in RAISED.values():
        found = detect_proxy(None, {}, system=Mock(side_effect=error), override_name="--proxy")
        assert (found.address, found.shown) == (None, "direct")
    assert CANARY not in caplog.text
