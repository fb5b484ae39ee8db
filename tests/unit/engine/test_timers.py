import asyncio
from datetime import timedelta

import pytest

from probe_tray.engine.timers import WakeTimer, to_the_end, wait_for
from tests.support.fakes import FakeClock, settle
from tests.unit.engine.bench import running

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("jump", [-5 * HOUR, 0 * HOUR, 5 * HOUR])
async def test_a_span_passes_by_the_clock_that_nobody_sets(jump: timedelta) -> None:
    clock = FakeClock()
    async with running(wait_for(clock, HOUR)) as task:
        clock.jump(jump)
        await clock.advance(HOUR - timedelta(seconds=1))
        assert not task.done()
        await clock.advance(timedelta(seconds=1))
        assert task.done()


async def test_a_long_span_is_slept_in_pieces() -> None:
    clock = FakeClock()
    naps: list[float] = []
    sleep = clock.sleep

    async def noted(seconds: float) -> None:
        naps.append(seconds)
        await sleep(seconds)

    clock.sleep = noted
    async with running(wait_for(clock, HOUR)) as task:
        await clock.advance(HOUR)
        assert task.done()
    assert max(naps) <= 30


async def test_nothing_to_wait_for_returns_at_once() -> None:
    waiting = asyncio.create_task(wait_for(FakeClock(), timedelta()))
    await asyncio.sleep(0)
    assert waiting.done()


class Work:
    """Goes on when the gate opens."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.gate, self.done, self.fault = asyncio.Event(), False, fault

    async def run(self) -> str:
        await self.gate.wait()
        self.done = True
        if self.fault is not None:
            raise self.fault
        return "outcome"


async def test_work_to_the_end_has_its_outcome() -> None:
    work = Work()
    work.gate.set()
    assert await to_the_end(work.run()) == "outcome"


async def test_work_to_the_end_has_its_failure() -> None:
    work = Work(fault=ValueError("no"))
    work.gate.set()
    with pytest.raises(ValueError, match="no"):
        await to_the_end(work.run())


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("fault", [None, ValueError("no")])
async def test_cancelled_however_often_the_work_is_done_first(times: int, fault: Exception | None) -> None:
    work = Work(fault)
    task = asyncio.ensure_future(to_the_end(work.run()))
    for _ in range(times):
        await settle()
        task.cancel()
    await settle()
    assert not task.done()
    work.gate.set()
    await settle()
    assert work.done
    assert task.cancelled()


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


async def test_it_sleeps_without_a_task_of_its_own() -> None:
    timer, me = WakeTimer(FakeClock()), asyncio.current_task()
    sleep = asyncio.create_task(timer.wait(60))
    await settle()
    assert asyncio.all_tasks() == {me, sleep}
    timer.wake()
    assert await sleep


@pytest.mark.parametrize("woken_first", [False, True])
async def test_who_is_woken_and_cancelled_in_the_same_moment_is_cancelled(*, woken_first: bool) -> None:
    timer = WakeTimer(FakeClock())
    sleep = asyncio.create_task(timer.wait(60))
    await settle()
    for act in (timer.wake, sleep.cancel) if woken_first else (sleep.cancel, timer.wake):
        act()
    await asyncio.wait({sleep})
    assert sleep.cancelled()


async def test_a_wake_at_the_end_of_the_sleep_disturbs_nothing_after_it() -> None:
    clock, end = FakeClock(), asyncio.get_running_loop().create_future()

    async def sleep(seconds: float) -> None:
        del seconds
        await end

    clock.sleep = sleep
    timer = WakeTimer(clock)

    async def sleep_and_go_on() -> bool:
        woken = await timer.wait(60)
        await asyncio.sleep(0)
        return woken

    going = asyncio.create_task(sleep_and_go_on())
    await settle()
    # It has slept its time, and has not run again yet.
    end.set_result(None)
    timer.wake()
    assert await going
