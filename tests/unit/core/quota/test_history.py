from bisect import bisect_right
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.quota.history import Meter, Part, Run, Sample, samples_of, thin, trend_meter
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from tests.support.fakes import START

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
SHORT = Meter(kind=WindowKind.SHORT, seconds=18_000)
WEEKLY = Meter(kind=WindowKind.WEEKLY, seconds=604_800)


def window(used: float, kind: WindowKind = WindowKind.SHORT, seconds: int | None = 18_000) -> Window:
    return Window(kind=kind, seconds=seconds, used_percent=used, reset_at=START + 5 * HOUR)


def sample(minutes: float, used: int, reset: timedelta | None = 5 * HOUR) -> Sample:
    return Sample(
        meter=SHORT, at=START + minutes * MINUTE, used=used, reset_at=None if reset is None else START + reset
    )


def written(*samples: Sample) -> list[Sample]:
    run: Run | None = None
    rows: list[Sample] = []
    for one in samples:
        new, run = thin(run, one)
        rows += new
    return rows


def test_all_windows_of_all_limits_are_read() -> None:
    found = samples_of(
        Snapshot(
            taken_at=START,
            main=Limit(windows=(window(12.34), window(50, WindowKind.WEEKLY, 604_800))),
            code_review=Limit(windows=(window(1),)),
            extra=(
                Limit(name="gpt", windows=(window(2),)),
                Limit(name="code review", windows=(window(3, seconds=None),)),
            ),
        )
    )
    assert [(s.meter.part, s.meter.name, s.meter.seconds, s.used) for s in found] == [
        (Part.MAIN, "", 18_000, 123),
        (Part.MAIN, "", 604_800, 500),
        (Part.REVIEW, "", 18_000, 10),
        (Part.EXTRA, "gpt", 18_000, 20),
        (Part.EXTRA, "code review", 0, 30),
    ]


def test_of_two_windows_that_look_the_same_the_tighter_one_counts() -> None:
    found = samples_of(Snapshot(taken_at=START, main=Limit(windows=(window(5), window(70), window(6)))))
    assert [s.used for s in found] == [700]


def test_resets_are_kept_as_this_computer_s_clock_will_show_them() -> None:
    (found,) = samples_of(Snapshot(taken_at=START, main=Limit(windows=(window(5),)), clock_offset=3600))
    assert found.reset_at == START + 4 * HOUR


def test_what_changes_nothing_is_written_once_an_hour() -> None:
    rows = written(*(sample(5 * n, 120) for n in range(37)))
    assert [(row.at - START) / MINUTE for row in rows] == [0, 60, 120, 180]


def test_the_last_sample_before_a_change_is_written_too() -> None:
    rows = written(sample(0, 120), sample(5, 120), sample(10, 120), sample(15, 130), sample(20, 140))
    assert [(row.at - START) / MINUTE for row in rows] == [0, 10, 15, 20]


def test_a_reset_that_jitters_is_no_change_and_one_that_moves_is() -> None:
    jitter = [sample(5 * n, 0, 5 * HOUR + n % 3 * SECOND) for n in range(5)]
    assert written(*jitter) == jitter[:1]
    assert len(written(sample(0, 0), sample(5, 0, 5 * HOUR + 3 * MINUTE))) == 2
    assert len(written(sample(0, 0), sample(5, 0, None), sample(10, 0, None))) == 2


def test_a_clock_that_was_set_back_loses_nothing() -> None:
    back = [sample(60, 10), sample(5, 10), sample(5, 11)]
    assert written(*back) == back


@given(st.lists(st.tuples(st.floats(0.1, 90), st.sampled_from([0, 10, 20])), min_size=1, max_size=60))
def test_a_line_through_what_is_written_passes_through_all_samples(steps: list[tuple[float, int]]) -> None:
    minutes, samples = 0.0, list[Sample]()
    for gap, used in steps:
        minutes += gap
        samples.append(sample(minutes, used))
    rows = written(*samples)
    last = rows[-1]
    moments = [row.at for row in rows]
    for one in samples:
        place = bisect_right(moments, one.at) - 1
        if rows[place] is last:
            assert one.used == last.used
        elif rows[place].at != one.at:
            assert one.used == rows[place].used == rows[place + 1].used


def test_the_trend_is_that_of_the_week_where_there_is_one() -> None:
    other = Meter(kind=WindowKind.OTHER, seconds=86_400)
    extra = replace(WEEKLY, part=Part.EXTRA)
    assert trend_meter(dict.fromkeys((SHORT, other, extra, WEEKLY), START)) == WEEKLY
    assert trend_meter(dict.fromkeys((other, SHORT), START)) == SHORT
    assert trend_meter({extra: START}) is None


@pytest.mark.parametrize(
    ("since", "found"), [(timedelta(), WEEKLY), (timedelta(hours=24), WEEKLY), (timedelta(hours=25), SHORT)]
)
def test_the_trend_is_of_no_window_that_the_plan_lacks_since_a_day(since: timedelta, found: Meter) -> None:
    extra = replace(WEEKLY, part=Part.EXTRA)
    assert trend_meter({WEEKLY: START - since, SHORT: START, extra: START + timedelta(days=9)}) == found
