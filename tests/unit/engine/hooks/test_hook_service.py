"""The person's own program, run when something happens."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.errors import HookFailedError, Problem
from probe_tray.core.events import CheckSucceeded, SettingsChanged
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.engine.hooks.hook_service import HookService
from probe_tray.engine.store import Store
from probe_tray.view.quota.quota_numbers import hook_payload
from tests.support.fakes import FakeClock, FakeHookRunner
from tests.unit.engine.bench import running
from tests.unit.ui import samples

ANA = samples.account("ana@example.com", samples.snapshot(10, 20))
FULL = samples.snapshot(100, 20)
FAILED = HookFailedError(path="/bin/hook", reason="it ended with 1")


class Hooks:
    def __init__(self, **settings: object) -> None:
        chosen = Settings(hook="/bin/hook", **settings)  # pyright: ignore[reportArgumentType] - any setting may be given
        self.store = Store(AppState(accounts=(ANA,), settings=chosen))
        self.clock, self.runner = FakeClock(samples.NOW), FakeHookRunner()
        self.service = HookService(self.runner, self.store, self.clock, hook_payload)

    async def become(self, used: float) -> None:
        snapshot = samples.snapshot(used, 20)
        self.store.dispatch(CheckSucceeded(key=ANA.key, snapshot=snapshot, next_check=None))
        await self.clock.advance(timedelta(seconds=1))

    async def come_back(self) -> None:
        """Capacity before any reset, which is believed once the next answer agrees."""
        await self.become(5)
        await self.become(5)

    def told(self) -> list[str]:
        return [json.loads(event)["event"] for _, event in self.runner.ran]


async def test_it_runs_with_what_happened_and_to_whom() -> None:
    hooks = Hooks()
    async with running(hooks.service.run()):
        await hooks.become(100)
        await hooks.come_back()
    assert hooks.told() == ["used_up", "restored"]
    program, event = hooks.runner.ran[0]
    told = json.loads(event)
    assert (program, told["account"]["email"]) == ("/bin/hook", "ana@example.com")
    assert [window["name"] for window in told["account"]["windows"]] == ["5h", "week"]
    assert told["at"].endswith("Z")


async def test_what_happened_before_a_hook_was_set_is_not_told_to_it() -> None:
    hooks = Hooks()
    chosen = hooks.store.state.settings
    async with running(hooks.service.run()):
        hooks.store.dispatch(SettingsChanged(settings=replace(chosen, hook="")))
        await hooks.become(100)
        hooks.store.dispatch(SettingsChanged(settings=chosen))
        await hooks.clock.advance(timedelta(seconds=1))
        assert hooks.told() == []
        await hooks.come_back()
    assert hooks.told() == ["restored"]


async def test_privacy_mode_hides_the_name() -> None:
    hooks = Hooks(privacy=True)
    async with running(hooks.service.run()):
        await hooks.become(100)
    ((_, event),) = hooks.runner.ran
    assert b"example" not in event
    assert json.loads(event)["account"]["name"] == "a•••@e•••"


async def test_a_failure_is_said_once_and_logged_each_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "probe_tray")
    hooks = Hooks()
    hooks.runner.failure = FAILED
    said: list[Problem | None] = []
    hooks.store.subscribe(lambda: said.append(hooks.store.state.trouble))
    async with running(hooks.service.run()):
        await hooks.become(100)
        await hooks.come_back()
        assert hooks.store.state.trouble == FAILED.problem
        told = [one is not None for one in said]
        assert told == sorted(told)
        assert len(caplog.records) == 2
        hooks.runner.failure = None
        await hooks.become(100)
        hooks.runner.failure = FAILED
        await hooks.come_back()
        assert len(caplog.records) == 3
    caplog.clear()


async def test_without_a_program_nothing_runs_and_what_happened_then_is_not_told_later() -> None:
    hooks = Hooks()
    hooks.store.dispatch(SettingsChanged(settings=Settings()))
    async with running(hooks.service.run()):
        await hooks.become(100)
        hooks.store.dispatch(SettingsChanged(settings=Settings(hook="/bin/hook")))
        await hooks.clock.advance(timedelta(minutes=2))
    assert hooks.told() == []


async def test_a_second_wish_to_try_it_while_it_runs_is_the_same_one() -> None:
    hooks = Hooks()
    gate = asyncio.Event()
    hooks.runner.gate = gate
    told: list[Problem | None] = []
    first = asyncio.create_task(hooks.service.test("/bin/other", told.append))
    await asyncio.sleep(0)
    await hooks.service.test("/bin/other", told.append)
    assert (hooks.told(), told) == (["test"], [])
    gate.set()
    await first
    assert told == [None]
    await hooks.service.test("/bin/other", told.append)
    assert (hooks.told(), told) == (["test", "test"], [None, None])


@pytest.mark.parametrize(
    ("wanted", "tried"),
    [
        (["/bin/a", "/bin/b", "/bin/c"], ["/bin/a", "/bin/c"]),
        (["/bin/a", "/bin/b", "/bin/a"], ["/bin/a"]),
    ],
    ids=["the last one", "the same again"],
)
async def test_what_is_wanted_while_a_program_is_tried_comes_after_it(wanted: list[str], tried: list[str]) -> None:
    hooks = Hooks()
    hooks.runner.gate = gate = asyncio.Event()
    told: list[str] = []

    def trial(program: str) -> Coroutine[object, object, None]:
        return hooks.service.test(program, lambda _: told.append(program))

    first = asyncio.create_task(trial(wanted[0]))
    await asyncio.sleep(0)
    for program in wanted[1:]:
        await trial(program)
    gate.set()
    await first
    assert ([program for program, _ in hooks.runner.ran], told) == (tried, tried)


async def test_it_can_be_tried() -> None:
    hooks = Hooks()
    told: list[Problem | None] = []
    await hooks.service.test("/bin/other", told.append)
    hooks.runner.failure = FAILED
    await hooks.service.test("/bin/other", told.append)
    assert told == [None, FAILED.problem]
    assert hooks.told() == ["test", "test"]
    empty = HookService(hooks.runner, Store(replace(AppState())), hooks.clock, hook_payload)
    hooks.runner.failure = None
    await empty.test("/bin/other", told.append)
    assert json.loads(hooks.runner.ran[-1][1])["account"] is None
