"""Many limits of time by one timer, compared with asyncio's own."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from probe_tray.adapters.http.time_limits import TimeLimits
from tests.support.patience import PATIENCE

Limited = Callable[[float], AbstractAsyncContextManager[object]]


def ours() -> Limited:
    limits = TimeLimits()

    @asynccontextmanager
    async def within(seconds: float):  # noqa: ANN202 - as of the other
        with limits.within(seconds):
            yield

    return within


@pytest.fixture(params=["asyncio", "ours"])
def limited(request: pytest.FixtureRequest) -> Limited:
    return asyncio.timeout if request.param == "asyncio" else ours()


async def test_what_takes_too_long_is_ended(limited: Limited) -> None:
    with pytest.raises(TimeoutError) as raised:
        async with limited(0.01):
            await asyncio.Event().wait()
    assert isinstance(raised.value.__cause__, asyncio.CancelledError)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_what_ends_in_time_goes_on(limited: Limited) -> None:
    async with limited(PATIENCE):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_an_error_within_stays_what_it_is(limited: Limited) -> None:
    with pytest.raises(KeyError):
        async with limited(PATIENCE):
            raise KeyError


async def test_who_is_cancelled_by_others_stays_cancelled_though_the_time_is_over_as_well(limited: Limited) -> None:
    began = asyncio.Event()

    async def work() -> None:
        async with limited(0):
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_limit_around_another_one_is_reached_by_itself(limited: Limited) -> None:
    reached = list[str]()

    async def inner() -> None:
        try:
            async with limited(PATIENCE):
                await asyncio.Event().wait()
        except TimeoutError:
            reached.append("inner")

    with pytest.raises(TimeoutError):
        async with limited(0.02):
            await inner()
    assert not reached


async def test_each_is_reached_in_its_own_time() -> None:
    limits, ended = TimeLimits(), list[float]()

    async def work(seconds: float) -> None:
        with pytest.raises(TimeoutError), limits.within(seconds):
            await asyncio.Event().wait()
        ended.append(seconds)

    await asyncio.gather(*(work(seconds) for seconds in (0.06, 0.01, 0.04, 0.0)))
    assert ended == [0.0, 0.01, 0.04, 0.06]


async def test_many_have_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, limits, timers = asyncio.get_running_loop(), TimeLimits(), list[float]()
    call_at = loop.call_at

    def noted(when: float, callback: Callable[..., object], *arguments: object) -> asyncio.TimerHandle:
        timers.append(when)
        return call_at(when, callback, *arguments)

    monkeypatch.setattr(loop, "call_at", noted)
    for _ in range(100):
        with limits.within(PATIENCE):
            pass
    assert len(timers) == 1
    # One that ends sooner has to be looked at sooner.
    with limits.within(PATIENCE / 2):
        pass
    assert len(timers) == 2
