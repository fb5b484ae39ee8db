from datetime import UTC, datetime, timedelta, timezone

import pytest

from probe_tray.core.alerts.quiet_hours import Pause, in_quiet_hours, pause_end
from probe_tray.core.quota.snapshot import Window, WindowKind
from probe_tray.core.quota.window_levels import WindowLevels, levels
from probe_tray.core.settings import Settings

HERE = timezone(timedelta(hours=8))
DAY = 86_400


def local(hour: int, minute: int = 0) -> datetime:
    """So late on 22 November by the clock on the wall."""
    return datetime(2026, 11, 22, hour, minute, tzinfo=HERE).astimezone(UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(21, 59, False), (22, 0, True), (23, 30, True), (0, 0, True), (6, 59, True), (7, 0, False), (12, 0, False)],
)
def test_quiet_hours_go_over_midnight_by_the_person_s_clock(hour: int, minute: int, *, quiet: bool) -> None:
    assert in_quiet_hours(Settings(quiet_hours=True), local(hour, minute), HERE) is quiet


def test_quiet_hours_may_lie_in_the_day() -> None:
    settings = Settings(quiet_hours=True, quiet_from_hour=9, quiet_to_hour=17)
    assert [in_quiet_hours(settings, local(hour), HERE) for hour in (8, 9, 16, 17)] == [False, True, True, False]


def test_there_are_none_unless_they_are_wanted() -> None:
    assert not in_quiet_hours(Settings(), local(23), HERE)
    assert not in_quiet_hours(Settings(quiet_hours=True, quiet_from_hour=8, quiet_to_hour=8), local(8), HERE)


def test_a_pause_lasts_an_hour_or_until_the_next_morning() -> None:
    assert pause_end(Pause.HOUR, local(23), HERE) == local(23) + timedelta(hours=1)
    assert pause_end(Pause.TOMORROW, local(23), HERE) == local(8) + timedelta(days=1)
    assert pause_end(Pause.TOMORROW, local(0, 30), HERE) == local(8) + timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "seconds", "expected"),
    [
        (WindowKind.SHORT, 18_000, WindowLevels(10, 20)),
        (WindowKind.WEEKLY, 7 * DAY, WindowLevels(30, 40)),
        (WindowKind.MONTHLY, None, WindowLevels(50, 60)),
        (WindowKind.OTHER, 2 * DAY, WindowLevels(10, 20)),
        (WindowKind.OTHER, 4 * DAY, WindowLevels(30, 40)),
        (WindowKind.OTHER, 14 * DAY, WindowLevels(30, 40)),
        (WindowKind.OTHER, 90 * DAY, WindowLevels(50, 60)),
    ],
)
def test_levels_are_those_of_the_kind_or_of_the_nearest_one(
    kind: WindowKind, seconds: int | None, expected: WindowLevels
) -> None:
    settings = Settings(
        warn_used_percent=10,
        critical_used_percent=20,
        warn_weekly_percent=30,
        critical_weekly_percent=40,
        warn_monthly_percent=50,
        critical_monthly_percent=60,
    )
    assert levels(Window(kind=kind, seconds=seconds, used_percent=0, reset_at=None), settings) == expected


@pytest.mark.parametrize("kind", WindowKind)
def test_without_levels_of_its_own_a_kind_has_those_of_the_short_one(kind: WindowKind) -> None:
    window = Window(kind=kind, seconds=None, used_percent=0, reset_at=None)
    assert levels(window, Settings(warn_used_percent=10, critical_used_percent=20)) == WindowLevels(10, 20)
