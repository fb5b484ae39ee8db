"""The proxy is looked for in a thread, once for each setting, and nothing goes anywhere while it cannot be used."""

import asyncio
import threading

import pytest

from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.source import ProxySource
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProxyAddressError
from probe_tray.core.service.service import Service
from tests.support.patience import PATIENCE
from tests.support.raw_server import http, raw_server
from tests.support.tokens import credential


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
    source = ProxySource(None, {}, system)
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
    source = ProxySource("http://a:1", {}, SystemProxies)
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
        source = ProxySource(None, {"ALL_PROXY": "http://user:pa#ss@host:1"}, SystemProxies)
        client = ServiceClient(Service(issuer=address, backend=address), source, {}, handles=KnownSecrets().add)
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
