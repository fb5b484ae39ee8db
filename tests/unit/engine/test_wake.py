from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from probe_tray.core.polling.situation import Sensed, Situation
from probe_tray.engine.timers import watch_clock, watch_machine
from tests.support.fakes import START, FakeClock
from tests.unit.engine.bench import PlainSense, running

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Watch:
    """The machine, and what was noticed of it."""

    def __init__(self) -> None:
        self.clock, self.sense = FakeClock(), PlainSense()
        self.jumps: list[datetime] = []
        self.situations: list[Situation] = []
        self.networks = 0

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        async with (
            running(watch_clock(self.clock, self.jumps.append)),
            running(watch_machine(self.sense, self.clock, self.situations.append, self._another)),
        ):
            yield

    async def become(self, *, network: str = "home", **situation: bool) -> None:
        self.sense.sensed = Sensed(situation=Situation(**situation), network=network)
        await self.clock.advance(30 * SECOND)

    def _another(self) -> None:
        self.networks += 1


@pytest.mark.parametrize("span", [8 * HOUR, -2 * HOUR])
async def test_a_jump_of_the_clock_is_noticed_once(span: timedelta) -> None:
    watch = Watch()
    async with watch.watching():
        await watch.clock.advance(MINUTE)
        watch.clock.jump(span)
        await watch.clock.advance(5 * MINUTE)
    assert watch.jumps == [START + MINUTE + span + 30 * SECOND]


async def test_an_hour_without_events_tells_nothing() -> None:
    watch = Watch()
    async with watch.watching():
        await watch.clock.advance(HOUR)
    assert (watch.jumps, watch.situations, watch.networks) == ([], [], 0)


async def test_a_machine_that_tells_of_its_changes_is_not_looked_at_without() -> None:
    watch = Watch()
    watch.sense.tells = True
    async with watch.watching():
        await watch.clock.advance(5 * MINUTE)
        assert watch.sense.looks == 1
        watch.sense.sensed = Sensed(situation=Situation(locked=True), network="café")
        for _ in range(3):
            watch.sense.tell()
        await watch.clock.advance(2 * SECOND)
        assert (watch.sense.looks, watch.situations, watch.networks) == (2, [Situation(locked=True)], 1)
        await watch.clock.advance(HOUR)
        assert watch.sense.looks == 4
    assert watch.sense.closed


async def test_what_holds_from_the_start_on_is_told() -> None:
    watch = Watch()
    watch.sense.sensed = Sensed(situation=Situation(on_battery=True), network="home")
    async with watch.watching():
        assert (watch.situations, watch.networks) == ([Situation(on_battery=True)], 0)


async def test_each_change_of_power_and_screen_is_told_once() -> None:
    watch = Watch()
    async with watch.watching():
        for _ in range(3):
            await watch.become(locked=True)
        await watch.become()
    assert watch.situations == [Situation(locked=True), Situation()]
    assert watch.networks == 0


async def test_another_network_and_one_that_comes_back_are_told_and_one_that_goes_is_not() -> None:
    watch = Watch()
    async with watch.watching():
        await watch.become(network="office")
        assert watch.networks == 1
        await watch.become(network="")
        assert watch.networks == 1
        await watch.become(network="office")
        assert watch.networks == 2
