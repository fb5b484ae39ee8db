"""The proxy is looked for in a thread, once for each setting, and nothing goes anywhere while it cannot be used."""

import asyncio
import threading

import pytest

from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.proxy.source import ProxySource
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProxyAddressError, UncertainError
from probe_tray.core.service.service import Service
from tests.support.patience import PATIENCE
from tests.support.raw_server import http, raw_server
from tests.support.tokens import credential


def _nothing_found() -> bool:
    return False


class Network:
    """A network that offers a script, which the system's settings say to look for."""

    def __init__(self, *, searched: bool = True) -> None:
        self.searched = searched
        self.searches = 0
        self.threads: list[threading.Thread] = []

    def search(self) -> bool:
        self.searches += 1
        self.threads.append(threading.current_thread())
        return self.searched

    def __call__(self) -> SystemProxies:
        return SystemProxies("the network", {"http": "http://proxy:1"}) if self.searches else SystemProxies()

    def source(self, setting: str | None = None, **environment: str) -> ProxySource:
        return ProxySource(setting, environment, self, self.search)


class System:
    """The system's settings, which take a while to read."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.ready = threading.Event()

    def __call__(self) -> SystemProxies:
        self.threads.append(threading.current_thread())
        self.ready.wait(PATIENCE)
        return SystemProxies("the system", {"http": "http://proxy.example:8080"}, self._bypasses)

    def _bypasses(self, host: str) -> bool:
        self.threads.append(threading.current_thread())
        return host == "inside.example"


async def test_nobody_waits_for_the_system_on_the_thread_of_the_window() -> None:
    system = System()
    source = ProxySource(None, {}, system, _nothing_found)
    asked = [asyncio.create_task(source.choice_for(host)) for host in ("a.example", "b.example", "inside.example")]
    await asyncio.sleep(0)
    asked[0].cancel()
    system.ready.set()
    first, second, third = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(first, asyncio.CancelledError)
    assert second is source.known
    assert third is None
    assert source.known is not None
    assert source.known.shown == "http://proxy.example:8080"
    # Once for the settings, once for each host, however often they are asked for.
    await source.choice_for("b.example")
    assert len(system.threads) == 3
    assert threading.current_thread() not in system.threads


async def test_another_setting_is_looked_at_with_the_next_request() -> None:
    source = ProxySource("http://a:1", {}, SystemProxies, _nothing_found)
    first = await source.choice_for("service.example")
    source.use("http://a:1")
    assert await source.choice_for("service.example") is first
    source.use("http://b:1")
    second = await source.choice_for("service.example")
    assert second is not None
    assert second.shown == "http://b:1"
    source.use("")
    assert await source.choice_for("service.example") is None


async def test_nothing_is_sent_while_the_address_cannot_be_used() -> None:
    async with raw_server(http(b"{}")) as server:
        address = f"http://127.0.0.1:{server.port}"
        source = ProxySource(None, {"ALL_PROXY": "http://user:pa#ss@host:1"}, SystemProxies, _nothing_found)
        client = ServiceClient(
            Service(issuer=address, backend=address), source, {}, handles=KnownSecrets().add, answered=lambda _: None
        )
        for _ in range(2):
            for asked in (
                client.usage(credential()),
                client.refresh(Secret("rt_1"), lambda _piece: None),
                client.reach(),
            ):
                with pytest.raises(ProxyAddressError):
                    await asked
        assert source.known is None
        assert server.connections == 0
        source.use("")
        assert (await client.usage(credential())).ok
        await client.aclose()


async def test_after_a_direct_connection_failed_the_proxy_of_the_network_is_taken() -> None:
    network = Network()
    source = network.source()
    assert await source.choice_for("a.example") is None
    assert await asyncio.gather(*(source.changed_by_failure("a.example") for _ in range(3))) == [True] * 3
    found = await source.choice_for("a.example")
    assert found is not None
    assert found.shown == "http://proxy:1"
    assert threading.current_thread() not in network.threads


@pytest.mark.parametrize(
    ("setting", "environment"), [("", {}), ("http://mine:1", {}), (None, {"HTTPS_PROXY": "http://variable:1"})]
)
async def test_what_a_person_has_chosen_stays_after_a_failure(setting: str | None, environment: dict[str, str]) -> None:
    network = Network()
    source = network.source(setting, **environment)
    before = await source.choice_for("a.example")
    assert not await source.changed_by_failure("a.example")
    assert await source.choice_for("a.example") is before
    assert network.searches == 0


async def test_where_the_settings_say_not_to_look_requests_go_on_directly() -> None:
    source = Network(searched=False).source()
    await source.choice_for("a.example")
    assert not await source.changed_by_failure("a.example")


async def test_a_request_that_found_no_way_takes_the_proxy_of_the_network_at_once() -> None:
    async with raw_server(http(b"{}")) as server:
        routes = _Discovering(f"http://127.0.0.1:{server.port}")
        service = Service(issuer="http://127.0.0.1:9", backend="http://127.0.0.1:9")
        client = ServiceClient(service, routes, {}, handles=KnownSecrets().add, answered=lambda _: None)
        assert (await client.refresh(Secret("rt_1"), lambda _piece: None)).ok
        assert [request.split()[0] for request in server.received] == [b"POST"]
        await client.aclose()


async def test_a_request_that_left_is_never_sent_a_second_time() -> None:
    async with raw_server(b"") as server:
        address = f"http://127.0.0.1:{server.port}"
        routes = _Discovering(address)
        client = ServiceClient(Service(issuer=address), routes, {}, handles=KnownSecrets().add, answered=lambda _: None)
        with pytest.raises(UncertainError):
            await client.refresh(Secret("rt_1"), lambda _piece: None)
        assert not routes.found
        assert len(server.received) == 1
        await client.aclose()


class _Discovering:
    """Routes that go directly until a failure shows the proxy."""

    def __init__(self, proxy: str) -> None:
        self._proxy = ProxyChoice(address=Secret(proxy), shown=proxy)
        self.found = False

    async def choice_for(self, host: str) -> ProxyChoice | None:
        del host
        return self._proxy if self.found else None

    async def changed_by_failure(self, host: str) -> bool:
        del host
        self.found = True
        return True
