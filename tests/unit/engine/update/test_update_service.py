"""The check for a newer version: only if it is wanted, once a day, and never a word when it fails."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.errors import (
    CertificateError,
    DataFolderError,
    NotSentError,
    ProbeError,
    UncertainError,
    WriteError,
)
from probe_tray.core.events import SettingsChanged
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.update.release import Release, UpdateMemory
from probe_tray.engine.store import Store
from probe_tray.engine.update.update_service import UpdateService
from tests.support.fakes import (
    FakeBrowser,
    FakeClock,
    FakeRandomness,
    FakeReleaseFeed,
    MemoryUpdateFile,
    settle,
)
from tests.unit.engine.bench import running

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ON = Settings(check_for_updates=True)
NEWER = Release(version="2.0.0", changes=("A point.",))


class Checks:
    """One run after the other, over one file, one feed and one clock."""

    def __init__(self) -> None:
        self.feed, self.file, self.clock = FakeReleaseFeed(), MemoryUpdateFile(), FakeClock()
        self.feed.publish("v2.0.0", "- A point.")
        self.store = Store(AppState(settings=ON))

    @asynccontextmanager
    async def run(self, settings: Settings = ON, version: str = "1.0.0") -> AsyncGenerator[Store]:
        self.store = Store(AppState(settings=settings))
        service = UpdateService(self.feed, self.file, FakeBrowser(), self.store, self.clock, FakeRandomness(), version)
        async with running(service.run()):
            await settle()
            yield self.store

    @property
    def found(self) -> Release | None:
        return self.store.state.release

    def switch(self, *, on: bool) -> None:
        self.store.dispatch(SettingsChanged(settings=replace(ON, check_for_updates=on)))


@pytest.fixture
def checks() -> Checks:
    return Checks()


async def test_switched_off_nothing_is_ever_asked_and_nothing_told(checks: Checks) -> None:
    checks.file.memory = UpdateMemory(release=NEWER)
    async with checks.run(Settings()):
        await checks.clock.advance(3 * DAY)
        assert (checks.feed.asked, checks.found) == (0, None)


async def test_it_is_off_until_a_person_wants_it() -> None:
    assert not Settings().check_for_updates


async def test_switched_on_it_asks_at_once_and_switched_off_it_forgets_what_it_told(checks: Checks) -> None:
    async with checks.run(Settings()):
        checks.switch(on=True)
        await settle()
        assert (checks.feed.asked, checks.found) == (1, NEWER)
        checks.switch(on=False)
        await checks.clock.advance(3 * DAY)
        assert (checks.feed.asked, checks.found) == (1, None)
        checks.feed.answer = NotSentError(reason="no network")
        checks.switch(on=True)
        await settle()
        assert checks.found == NEWER


async def test_after_the_start_it_waits_some_minutes(checks: Checks) -> None:
    async with checks.run():
        await checks.clock.advance(timedelta(seconds=59))
        assert checks.feed.asked == 0
        await checks.clock.advance(timedelta(minutes=5))
        assert (checks.feed.asked, checks.found) == (1, NEWER)


async def test_it_asks_once_a_day(checks: Checks) -> None:
    async with checks.run():
        await checks.clock.advance(10 * DAY)
        assert 8 <= checks.feed.asked <= 10


async def test_a_restart_asks_no_second_time_and_still_knows(checks: Checks) -> None:
    async with checks.run():
        await checks.clock.advance(10 * MINUTE)
    for _ in range(5):
        async with checks.run():
            assert checks.found == NEWER
            await checks.clock.advance(4 * HOUR)
    assert checks.feed.asked == 1


async def test_once_the_newer_version_runs_nothing_is_told_any_more(checks: Checks) -> None:
    checks.file.memory = UpdateMemory(next_at=checks.clock.now() + DAY, release=NEWER)
    async with checks.run(version="2.0.0"):
        await checks.clock.advance(HOUR)
        assert checks.found is None
    async with checks.run(version="1.9.0"):
        assert checks.found == NEWER


@pytest.mark.parametrize(
    "answer",
    [
        UncertainError(reason="it broke off"),
        CertificateError(host="api.github.com", reason="it has expired"),
        Answer(404, {}, b'{"message": "Not Found"}'),
        Answer(403, {}, b"rate limit"),
        Answer(200, {}, b"<html>"),
    ],
)
async def test_a_check_that_fails_says_nothing_and_waits_a_day(checks: Checks, answer: Answer | ProbeError) -> None:
    checks.feed.answer = answer
    async with checks.run() as store:
        await checks.clock.advance(23 * HOUR)
        assert (checks.feed.asked, checks.found, store.state.trouble) == (1, None, None)
        checks.feed.publish("v2.0.0", "- A point.")
        await checks.clock.advance(6 * HOUR)
        assert (checks.feed.asked, checks.found) == (2, NEWER)


async def test_without_a_network_it_waits_an_hour_or_two(checks: Checks) -> None:
    checks.feed.answer = NotSentError(reason="there is no network")
    async with checks.run() as store:
        await checks.clock.advance(HOUR)
        assert (checks.feed.asked, store.state.trouble) == (1, None)
        checks.feed.publish("v2.0.0", "- A point.")
        await checks.clock.advance(HOUR)
        assert (checks.feed.asked, checks.found) == (2, NEWER)


async def test_what_was_known_outlives_a_failed_check(checks: Checks) -> None:
    checks.file.memory = UpdateMemory(release=NEWER)
    checks.feed.answer = NotSentError(reason="there is no network")
    async with checks.run():
        await checks.clock.advance(DAY)
        assert checks.found == NEWER
    assert checks.file.memory.release == NEWER


@pytest.mark.parametrize(
    "fault", [WriteError(path="update.json", reason="the disk is full"), DataFolderError(path="x", reason="read-only")]
)
async def test_what_cannot_be_remembered_is_not_asked(checks: Checks, fault: ProbeError) -> None:
    checks.file.fault = fault
    async with checks.run() as store:
        await checks.clock.advance(3 * DAY)
        assert (checks.feed.asked, store.state.trouble) == (0, None)


async def test_switched_off_while_it_asks_nothing_is_told(checks: Checks) -> None:
    class Slow(FakeReleaseFeed):
        async def latest_release(self) -> Answer:
            checks.switch(on=False)
            return await super().latest_release()

    checks.feed = Slow()
    checks.feed.publish("v2.0.0")
    async with checks.run():
        await checks.clock.advance(DAY)
        assert (checks.feed.asked, checks.found) == (1, None)
