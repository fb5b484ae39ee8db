"""Which step of the way to the service fails, over real sockets on loopback."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.adapters.http import probe as http_probe
from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.system import SystemClock
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    CertificateError,
    EdgeBlockedError,
    NameNotFoundError,
    NoConnectionError,
    ProbeError,
    ProxyAddressError,
    ProxyFailedError,
    ProxyLoginError,
    ProxyNameError,
    RateLimitedError,
    RegionBlockedError,
    SecureConnectionError,
    SilentServiceError,
    StrangeAnswerError,
    UnavailableError,
)
from probe_tray.core.service.connection import ConnectionStep, FoundProxy, Reached
from probe_tray.core.service.service import OFFICIAL, Service
from probe_tray.demo import DemoService
from tests.support.demos import faultless_demo
from tests.support.fakes import problem_kind
from tests.support.mitm import Mitm
from tests.support.ports import free_port
from tests.support.raw_server import http, make_certificate, raw_server

JSON = "Content-Type: application/json"
REFUSED = http(b'{"detail": "Unauthorized"}', "401 Unauthorized", JSON)
DIRECT = Secret("")
PROXIED = (ConnectionStep.NAME, ConnectionStep.PROXY, ConnectionStep.TLS, ConnectionStep.EDGE, ConnectionStep.SERVICE)


def no_system() -> SystemProxies:
    return SystemProxies()


def probe(backend: str, **environment: str) -> HttpProbe:
    return HttpProbe(
        Service(issuer=backend, backend=backend), environment, SystemClock(), no_system, handles=KnownSecrets().add
    )


def outcome(reached: Reached) -> tuple[ConnectionStep | None, type[ProbeError] | None]:
    return reached.failed, problem_kind(reached.problem)


def facts(reached: Reached) -> str:
    return "" if reached.problem is None else " ".join(value for _, value in reached.problem.facts)


async def answered(script: bytes) -> tuple[ConnectionStep | None, type[ProbeError] | None]:
    async with raw_server(script) as server:
        return outcome(await probe(f"http://127.0.0.1:{server.port}").reach(DIRECT))


@pytest.fixture
def demo() -> Iterator[DemoService]:
    with faultless_demo() as service:
        yield service


@pytest.fixture
def mitm(demo: DemoService, tmp_path: Path) -> Iterator[Mitm]:
    with Mitm(demo.addresses, tmp_path, user="ana", password="s3cret") as proxy:
        yield proxy


# --- the whole way


async def test_a_service_that_refuses_a_question_without_a_token_is_reached(demo: DemoService) -> None:
    reached = await probe(demo.addresses.backend).reach(DIRECT)
    assert reached == Reached(
        steps=(ConnectionStep.NAME, ConnectionStep.CONNECTION, ConnectionStep.EDGE, ConnectionStep.SERVICE)
    )
    assert demo.count("/wham/usage", status=401) == demo.count() == 1


async def test_the_real_addresses_are_reached_through_a_proxy(mitm: Mitm) -> None:
    there = HttpProbe(
        OFFICIAL, {"SSL_CERT_FILE": str(mitm.certificates.ca)}, SystemClock(), no_system, handles=KnownSecrets().add
    )
    assert await there.reach(Secret(mitm.url)) == Reached(steps=PROXIED)


async def test_no_token_and_no_account_is_sent() -> None:
    async with raw_server(REFUSED) as server:
        await probe(f"http://127.0.0.1:{server.port}").reach(DIRECT)
    (head,) = server.received
    assert head.startswith(b"GET /wham/usage HTTP/1.1\r\n")
    assert b"authorization" not in head.lower()
    assert b"account" not in head.lower()


# --- each step


async def test_a_name_that_nobody_knows() -> None:
    reached = await probe("http://nothing.invalid").reach(DIRECT)
    assert outcome(reached) == (ConnectionStep.NAME, NameNotFoundError)
    assert facts(reached) == "nothing.invalid"


async def test_a_proxy_whose_name_nobody_knows(demo: DemoService) -> None:
    reached = await probe(demo.addresses.backend).reach(Secret("http://ana:s3cret@proxy.invalid:8080"))
    assert outcome(reached) == (ConnectionStep.NAME, ProxyNameError)
    assert facts(reached) == "proxy.invalid"


async def test_nobody_at_the_services_port() -> None:
    reached = await probe(f"http://127.0.0.1:{free_port()}").reach(DIRECT)
    assert outcome(reached) == (ConnectionStep.CONNECTION, NoConnectionError)
    assert facts(reached) == "127.0.0.1 refused the connection"


@pytest.mark.parametrize("scheme", ["http", "socks5", "https"])
async def test_nobody_at_the_proxys_port(scheme: str) -> None:
    port = free_port()
    reached = await probe("https://chatgpt.com").reach(Secret(f"{scheme}://ana:s3cret@127.0.0.1:{port}"))
    assert outcome(reached) == (ConnectionStep.PROXY, ProxyFailedError)
    assert facts(reached) == f"the proxy {scheme}://127.0.0.1:{port} refused the connection"


@pytest.mark.parametrize("scheme", ["http", "socks5", "https"])
async def test_something_at_the_proxys_port_that_is_none(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Some of it waits for more and never gets it.
    monkeypatch.setattr(http_probe, "_SECONDS", 0.3)
    async with raw_server(b"\x00nonsense\r\n\r\n") as server:
        reached = await probe("https://chatgpt.com").reach(Secret(f"{scheme}://127.0.0.1:{server.port}"))
    assert outcome(reached) == (ConnectionStep.PROXY, ProxyFailedError)


async def test_a_proxy_that_wants_another_password(mitm: Mitm) -> None:
    reached = await probe("https://chatgpt.com").reach(Secret(mitm.url.replace("s3cret", "s3cret2")))
    assert outcome(reached) == (ConnectionStep.PROXY, ProxyLoginError)
    assert "s3cret" not in repr(reached)


async def test_a_proxy_that_does_not_connect_on(mitm: Mitm) -> None:
    reached = await probe("https://elsewhere.example").reach(Secret(mitm.url))
    assert outcome(reached) == (ConnectionStep.PROXY, ProxyFailedError)
    assert "refused to connect to elsewhere.example" in facts(reached)


@pytest.mark.parametrize("address", ["ftp://proxy:1", "http://", "http://h:99999", "socks5://a b"])
async def test_an_address_that_is_no_proxys(address: str, demo: DemoService) -> None:
    there = probe(demo.addresses.backend)
    assert outcome(await there.reach(Secret(address))) == (ConnectionStep.PROXY, ProxyAddressError)
    found = await there.find_proxy(Secret(address))
    assert found.problem is not None
    assert demo.count() == 0


async def test_a_certificate_that_nobody_vouches_for(mitm: Mitm) -> None:
    reached = await probe("https://chatgpt.com").reach(Secret(mitm.url))
    assert outcome(reached) == (ConnectionStep.TLS, CertificateError)
    assert reached.steps == PROXIED


async def test_a_certificate_file_that_does_not_exist(mitm: Mitm) -> None:
    reached = await probe("https://chatgpt.com", SSL_CERT_FILE="nowhere.pem").reach(Secret(mitm.url))
    assert outcome(reached) == (ConnectionStep.TLS, CertificateError)


async def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    context = make_certificate(tmp_path, name="other.example")
    async with raw_server(REFUSED, context=context) as server:
        there = probe(f"https://localhost:{server.port}", SSL_CERT_FILE=str(tmp_path / "ca.pem"))
        assert outcome(await there.reach(DIRECT)) == (ConnectionStep.TLS, CertificateError)


async def test_a_port_that_speaks_no_tls() -> None:
    async with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        server.greeting = b"220 ready\r\n"
        reached = await probe(f"https://127.0.0.1:{server.port}").reach(DIRECT)
    assert outcome(reached) == (ConnectionStep.TLS, SecureConnectionError)


async def test_a_page_of_the_networks_edge() -> None:
    page = http(b"<html>Just a moment</html>", "403 Forbidden", "Content-Type: text/html", "Server: cloudflare")
    assert await answered(page) == (ConnectionStep.EDGE, EdgeBlockedError)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (
            http(b'{"error": {"code": "unsupported_country_region_territory"}}', "403 Forbidden", JSON),
            RegionBlockedError,
        ),
        (http(b"", "503 Service Unavailable"), UnavailableError),
        (http(b"{}", "429 Too Many Requests", JSON), RateLimitedError),
        (http(b"<html>Sign in to this network</html>", "200 OK", "Content-Type: text/html"), StrangeAnswerError),
        (http(b"", "302 Found", "Location: http://portal.invalid/"), StrangeAnswerError),
        (b"", SilentServiceError),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 50\r\n\r\n{", SilentServiceError),
    ],
)
async def test_an_answer_that_is_not_the_services(script: bytes, kind: type[ProbeError]) -> None:
    assert await answered(script) == (ConnectionStep.SERVICE, kind)


# --- time


@pytest.mark.parametrize(
    ("secure", "step"),
    [(False, ConnectionStep.SERVICE), pytest.param(True, ConnectionStep.TLS, id="a handshake that never ends")],
)
async def test_what_does_not_answer_is_given_up(
    *, secure: bool, step: ConnectionStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Enough for the connection to be made.
    monkeypatch.setattr(http_probe, "_SECONDS", 1)
    async with raw_server(b"", hang=True) as server:
        scheme = "https" if secure else "http"
        reached = await probe(f"{scheme}://127.0.0.1:{server.port}").reach(DIRECT)
    assert reached.failed is step


async def test_a_name_that_is_looked_for_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(http_probe, "_SECONDS", 0.05)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    assert outcome(await probe("http://chatgpt.com").reach(DIRECT)) == (ConnectionStep.NAME, NameNotFoundError)


async def test_it_can_be_cancelled() -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        assert await reader.read() == b""
        writer.close()
        left.set()

    async with await asyncio.start_server(hold, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        task = asyncio.create_task(probe(f"http://127.0.0.1:{port}").reach(DIRECT))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The connection is given up too.
        await left.wait()


# --- which proxy


async def found(setting: str | None, system: SystemProxies | None = None, **environment: str) -> FoundProxy:
    there = HttpProbe(
        OFFICIAL, environment, SystemClock(), lambda: system or SystemProxies(), handles=KnownSecrets().add
    )
    return await there.find_proxy(None if setting is None else Secret(setting))


async def test_a_variable_is_named_and_its_password_is_not() -> None:
    proxy = await found(None, HTTPS_PROXY="http://ana:s3cret@proxy:8080")
    assert proxy == FoundProxy(place="HTTPS_PROXY", shown="http://proxy:8080")


async def test_the_systems_settings_are_named() -> None:
    proxy = await found(None, SystemProxies("the network settings of macOS", {"https": "http://proxy:1"}))
    assert (proxy.place, proxy.shown) == ("the network settings of macOS", "http://proxy:1")


async def test_an_exception_is_told() -> None:
    assert (await found(None, HTTPS_PROXY="http://proxy:1", NO_PROXY="chatgpt.com")).excepted


async def test_nothing_found_and_none_wanted_are_two_things() -> None:
    assert await found(None) == FoundProxy()
    assert await found("") == FoundProxy(place="the settings")
    assert await found("socks5h://p:1") == FoundProxy(place="the settings", shown="socks5h://p:1")


@pytest.mark.skipif(sys.platform == "linux", reason="Linux has no settings of its own to read")
async def test_reading_the_systems_settings_does_not_raise() -> None:
    assert isinstance(
        await HttpProbe(OFFICIAL, {}, SystemClock(), handles=KnownSecrets().add, system=SystemProxies).find_proxy(None),
        FoundProxy,
    )
