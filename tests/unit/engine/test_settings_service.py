"""Changes of the settings: merged one after the other, saved before anything else hears of them, lost never."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.errors import ProbeError, UsageError, WriteError
from probe_tray.core.settings import Settings, SettingsPatch, change
from probe_tray.engine.settings_service import SettingsService
from tests.support.fakes import FakeSettingsFile, settle
from tests.unit.engine.bench import Bench

FULL = WriteError(path="config.json", reason="the disk is full")
CHANGES = st.lists(
    st.tuples(
        st.one_of(
            st.integers(0, 100).map(lambda n: change(warn_weekly_percent=n)),
            st.integers(0, 100).map(lambda n: change(warn_monthly_percent=n)),
            st.booleans().map(lambda on: change(privacy=on)),
            st.sampled_from(["", "a", "b"]).map(lambda url: change(sync_url=url, sync_after_renewal=bool(url))),
        ),
        st.sampled_from(["", "unusable", "unsaved", "cut short"]),
        st.integers(0, 4),
    ),
    max_size=8,
)


class SlowFile(FakeSettingsFile):
    """Waits before it reads and before it writes, as a disk does, and fails for the changes it is told."""

    def __init__(self, failing: list[SettingsPatch]) -> None:
        super().__init__()
        self.failing = failing
        self.order: list[SettingsPatch] = []

    async def change(
        self, change: SettingsPatch, base: Settings, check: Callable[[Settings], Awaitable[None]]
    ) -> Settings:
        await asyncio.sleep(0)
        before = self.saved or base
        after = change.applied_to(before)
        await asyncio.sleep(0)
        await check(after)
        if any(change is one for one in self.failing):
            raise FULL
        self.saved = after
        self.order.append(change)
        await asyncio.sleep(0)
        return after


class SettingsBench(Bench):
    """A tray app over a slow file."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = SlowFile([])
        self.changing = SettingsService(self.slow, self.store, self._prepare, self.accounts, self.poller, "config.json")
        self.seen: list[tuple[Settings | None, Settings]] = []
        self.store.subscribe(lambda: self.seen.append((self.slow.saved, self.state.settings)))


@given(CHANGES)
def test_whatever_comes_together_no_change_is_lost_and_no_failure_leaves_a_trace(
    wanted: list[tuple[SettingsPatch, str, int]],
) -> None:
    asyncio.run(_change_together(wanted))


async def _change_together(wanted: list[tuple[SettingsPatch, str, int]]) -> None:
    bench = SettingsBench()
    tasks: list[asyncio.Task[None]] = []
    for one, fate, pauses in wanted:
        if fate == "unsaved":
            bench.slow.failing.append(one)
        tasks.append(asyncio.create_task(_change(bench, one)))
        for _ in range(pauses):
            await asyncio.sleep(0)
        if fate == "cut short":
            tasks[-1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await settle()
    expected = Settings()
    for one in bench.slow.order:
        expected = one.applied_to(expected)
    # Every change that was reported as saved is in it, and no other.
    saved = [one for (one, fate, _), task in zip(wanted, tasks, strict=True) if fate == "" and _worked(task)]
    assert all(any(one is other for other in bench.slow.order) for one in saved)
    assert not any(one is other for one in bench.slow.failing for other in bench.slow.order)
    assert bench.state.settings == expected == (bench.slow.saved or Settings())
    assert (bench.used[-1] if bench.used else Settings()) == expected
    # Nobody saw a setting that was not in the file yet.
    assert all(shown == (file or Settings()) for file, shown in bench.seen)


async def _change(bench: SettingsBench, one: SettingsPatch) -> None:
    await bench.changing.change(one)


def _worked(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and task.exception() is None


async def test_what_cannot_be_used_is_not_saved_and_is_told() -> None:
    bench = Bench()
    bench.unusable = UsageError(what="The proxy address has no usable host.")
    for problem in (UsageError, WriteError):
        with pytest.raises(ProbeError):
            await bench.settings.change(change(proxy="x"))
        assert bench.state.unsaved is not None
        assert bench.state.unsaved.problem.kind == problem
        assert (bench.state.settings, bench.settings_file.saved, bench.used) == (Settings(), None, [])
        bench.unusable, bench.settings_file.fault = None, FULL
    bench.settings_file.fault = None
    await bench.settings.change(change(privacy=True))
    assert (bench.state.settings, bench.state.unsaved) == (Settings(privacy=True), None)
