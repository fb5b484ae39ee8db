"""Looking for the proxy and testing the way to the service, over doubles."""

import asyncio

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import FindProxy, TryConnection
from probe_tray.core.errors import ProxyAddressError
from probe_tray.core.service.connection import ConnectionStep, FoundProxy, Reached
from tests.support.fakes import settle
from tests.unit.engine.bench import Bench, running

PROXY = FoundProxy(place="HTTPS_PROXY", shown="http://proxy:1")


async def test_the_proxy_that_is_found_is_told() -> None:
    bench = Bench()
    bench.probe.found = PROXY
    await bench.connection.find(FindProxy(None))
    assert bench.state.connection.proxy == PROXY
    assert not bench.state.connection.running


async def test_a_proxy_that_cannot_be_used_is_known_until_it_can() -> None:
    bench = Bench()
    problem = ProxyAddressError(place="ALL_PROXY", reason="it has no usable host").problem
    bench.probe.found = FoundProxy(problem=problem)
    assert not await bench.connection.look()
    assert bench.state.proxy_problem == problem
    bench.probe.found = PROXY
    assert await bench.connection.look()
    assert bench.state.proxy_problem is None
    assert not await bench.connection.look()


async def test_a_test_tells_that_it_runs_and_how_it_ends() -> None:
    bench = Bench()
    bench.probe.found = PROXY
    bench.probe.gate.clear()
    setting = Secret("http://typed:1")
    async with running(bench.connection.check(TryConnection(setting))):
        assert (bench.state.connection.running, bench.state.connection.proxy) == (True, PROXY)
        bench.probe.gate.set()
        await settle()
        assert not bench.state.connection.running
    assert bench.state.connection.reached == bench.probe.reached
    assert bench.probe.asked == [setting, setting]


async def test_a_test_that_is_stopped_says_nothing_of_the_way() -> None:
    bench = Bench()
    bench.probe.gate.clear()
    async with running(bench.connection.check(TryConnection(None))) as task:
        bench.connection.stop()
        await settle()
        assert task.done()
    assert (bench.state.connection.running, bench.state.connection.reached) == (False, None)


async def test_a_new_test_takes_the_place_of_the_one_that_runs() -> None:
    bench = Bench()
    bench.probe.gate.clear()
    async with running(bench.connection.check(TryConnection(None))) as first:
        bench.probe.reached = Reached(steps=(ConnectionStep.NAME,), failed=ConnectionStep.NAME)
        async with running(bench.connection.check(TryConnection(Secret("")))):
            assert first.done()
            assert bench.state.connection.running
            bench.probe.gate.set()
            await settle()
    assert (bench.state.connection.running, bench.state.connection.reached) == (False, bench.probe.reached)


async def test_quitting_ends_it() -> None:
    bench = Bench()
    bench.probe.gate.clear()
    async with running(bench.connection.check(TryConnection(None))):
        pass
    assert not bench.state.connection.running
    assert not [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
