"""Sleeping until a moment, or until something happens."""

import asyncio
from datetime import timedelta

import pytest

from probe_tray.engine.wake_timer import WakeTimer
from tests.support.fakes import FakeClock, settle


async def test_it_sleeps_its_time() -> None:
    clock = FakeClock()
    sleep = asyncio.create_task(WakeTimer(clock).wait(60))
    await clock.advance(timedelta(seconds=59))
    assert not sleep.done()
    await clock.advance(timedelta(seconds=1))
    assert await sleep is False


@pytest.mark.parametrize("seconds", [60, None])
async def test_a_wake_ends_it(seconds: float | None) -> None:
    timer = WakeTimer(FakeClock())
    sleep = asyncio.create_task(timer.wait(seconds))
    await settle()
    assert not sleep.done()
    timer.wake()
    assert await sleep is True


@pytest.mark.parametrize("seconds", [60, None])
async def test_a_wake_that_came_before_counts_until_it_is_cleared(seconds: float | None) -> None:
    timer = WakeTimer(FakeClock())
    timer.wake()
    assert await timer.wait(seconds)
    timer.clear()
    sleep = asyncio.create_task(timer.wait(seconds))
    await settle()
    assert not sleep.done()
    timer.wake()
    assert await sleep


@pytest.mark.parametrize("cut_short", [False, True])
async def test_it_leaves_no_task_behind(*, cut_short: bool) -> None:
    timer, me = WakeTimer(FakeClock()), asyncio.current_task()
    sleep = asyncio.create_task(timer.wait(60))
    await settle()
    if cut_short:
        sleep.cancel()
    else:
        timer.wake()
    await asyncio.wait({sleep})
    assert asyncio.all_tasks() == {me}
