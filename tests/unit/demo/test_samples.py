"""The 30 days that the demo's accounts have behind them."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from probe_tray.adapters.files.app_folders import demo_places, user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.bootstrap import open_session
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.demo_scene import DemoScene
from probe_tray.core.quota.history import Part, Sample, Span
from probe_tray.core.quota.snapshot import WindowKind
from probe_tray.demo import sample_people
from probe_tray.demo.samples import past_of

NOW = datetime(2026, 11, 25, 14, 20, tzinfo=UTC)
"""A Wednesday."""
ANA, LEE, RESEARCH = (
    AccountKey(account_id=person.workspaces[0].account_id, user_id=person.user_id).slug for person in sample_people()
)


def samples(slug: str, kind: WindowKind) -> list[Sample]:
    found = past_of(sample_people(), NOW).samples
    return sorted(
        (s for owner, s in found if owner == slug and s.meter.kind is kind and s.meter.part is Part.MAIN),
        key=lambda s: s.at,
    )


def test_it_is_the_same_each_time() -> None:
    assert past_of(sample_people(), NOW) == past_of(sample_people(), NOW)


@pytest.mark.parametrize("kind", [WindowKind.SHORT, WindowKind.WEEKLY])
@pytest.mark.parametrize(("slug", "now"), [(ANA, (420, 170)), (LEE, (880, 610)), (RESEARCH, (110, 1000))])
def test_each_line_covers_30_days_and_ends_at_what_the_service_says(
    slug: str, now: tuple[int, int], kind: WindowKind
) -> None:
    line = samples(slug, kind)
    assert line[0].at <= NOW - timedelta(days=30)
    assert NOW - line[-1].at < timedelta(minutes=30)
    assert line[-1].used == now[kind is WindowKind.WEEKLY]
    assert all(0 <= sample.used <= 1000 for sample in line)


def test_within_a_period_use_only_grows_and_each_period_begins_low() -> None:
    for kind in (WindowKind.SHORT, WindowKind.WEEKLY):
        line = samples(LEE, kind)
        falls = [b for a, b in pairwise(line) if b.used < a.used]
        assert all(b.used >= a.used for a, b in pairwise(line) if a.reset_at == b.reset_at)
        assert len(falls) >= 3
        assert all(sample.used < 500 for sample in falls)


def test_nights_and_weekends_are_quiet() -> None:
    line = samples(LEE, WindowKind.SHORT)
    busy = [s.used for s in line if s.at.weekday() < 5 and 10 <= s.at.hour < 18]
    quiet = [s.used for s in line if s.at.weekday() >= 5]
    assert sum(quiet) / len(quiet) < sum(busy) / len(busy) / 3


async def read(path: Path) -> tuple[int, int]:
    history = SqliteHistory(path, lambda: NOW)
    now = datetime.now(UTC)
    meter = samples(LEE, WindowKind.WEEKLY)[0].meter
    found = await history.chart(LEE, meter, Span.MONTH, now), await history.renewals(LEE)
    await history.close()
    return len(found[0]), len(found[1])


def test_the_demos_first_start_writes_it_into_the_demos_own_history_alone() -> None:
    with open_session(os.environ, Disk(), demo=DemoScene.THREE):
        assert not user_places().history.exists()
        points, renewals = asyncio.run(read(demo_places().history))
    assert points > 200
    assert renewals == 3


def test_a_later_start_leaves_the_history_as_it_is() -> None:
    with open_session(os.environ, Disk(), demo=DemoScene.THREE):
        pass
    history = demo_places().history
    history.write_bytes(b"")
    with open_session(os.environ, Disk(), demo=DemoScene.THREE):
        assert history.read_bytes() == b""
