from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from probe_tray.core.quota.forecast import Outlook, Pace, follow, forecast, pace_of, runs_out_at
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from tests.support.fakes import START

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
WEEK = timedelta(days=7)
USED = st.floats(0, 100)


def week(used: float, reset_at: datetime | None = START + WEEK, kind: WindowKind = WindowKind.WEEKLY) -> Window:
    return Window(kind=kind, seconds=604_800, used_percent=used, reset_at=reset_at)


def snapshot(at: datetime, *windows: Window, offset: float = 0) -> Snapshot:
    return Snapshot(taken_at=at, main=Limit(windows=windows), clock_offset=offset)


def only(paces: tuple[Pace, ...]) -> Pace:
    (found,) = paces
    return found


def pace(*samples: tuple[timedelta, float]) -> Pace:
    """The pace after samples, each so long after the start of a week and with so much used."""
    paces: tuple[Pace, ...] = ()
    for after, used in samples:
        paces = follow(paces, snapshot(START + after, week(used)))
    return only(paces)


def halfway(used: float) -> Pace:
    return pace((HOUR, 0), (WEEK / 4, used / 2), (WEEK / 2, used))


def test_at_a_pace_that_lasts_it_says_how_much_is_left() -> None:
    found = forecast(halfway(44), START + WEEK / 2)
    assert (found.outlook, found.percent_at_reset, found.percent_left) == (Outlook.LASTS, 88, 12)
    assert found.runs_out_at is None


def test_at_a_pace_that_is_too_fast_it_says_when_it_runs_out() -> None:
    found = forecast(halfway(80), START + WEEK / 2)
    assert (found.outlook, found.percent_at_reset, found.percent_left) == (Outlook.RUNS_OUT, 160, 0)
    assert found.runs_out_at == START + WEEK / 2 + WEEK / 8


def test_what_is_used_up_runs_out_now() -> None:
    found = forecast(halfway(100), START + WEEK * 0.75)
    assert (found.outlook, found.runs_out_at) == (Outlook.RUNS_OUT, START + WEEK * 0.75)


def test_too_little_data_is_called_so() -> None:
    too_few = pace((HOUR, 0), (WEEK / 2, 50))
    too_soon = pace((HOUR, 0), (2 * HOUR, 10), (WEEK * 0.09, 40))
    next_to_nothing = halfway(1.9)
    for little in (too_few, too_soon, next_to_nothing):
        assert forecast(little, little.at).outlook is Outlook.UNKNOWN
        assert forecast(little, little.at).percent_left is None


def test_just_enough_data_is_enough() -> None:
    for enough in (pace((HOUR, 0), (2 * HOUR, 10), (WEEK * 0.1, 40)), halfway(2)):
        assert forecast(enough, enough.at).outlook is not Outlook.UNKNOWN


def test_past_the_reset_nothing_is_said() -> None:
    assert forecast(halfway(80), START + WEEK).outlook is Outlook.UNKNOWN
    assert forecast(halfway(80), START + WEEK - MINUTE).outlook is Outlook.RUNS_OUT


def test_gaps_between_the_samples_change_nothing() -> None:
    dense = pace(*((WEEK / 2 * n / 200, n * 0.2) for n in range(1, 201)))
    sparse = pace((HOUR, 0), (2 * HOUR, 0.5), (WEEK / 2, 40.0))
    assert forecast(dense, dense.at) == forecast(sparse, sparse.at)


def test_a_reset_begins_a_new_window() -> None:
    old = halfway(80)
    (new,) = follow((old,), snapshot(START + WEEK + MINUTE, week(1, START + 2 * WEEK)))
    assert (new.since, new.base, new.samples) == (START + WEEK, 0, 1)


def test_a_reset_that_jitters_does_not() -> None:
    (found,) = follow((halfway(80),), snapshot(START + WEEK / 2 + HOUR, week(81, START + WEEK + 2 * MINUTE)))
    assert (found.since, found.samples, found.reset_at) == (START, 4, START + WEEK)


def test_a_reset_that_moves_while_the_use_goes_on_begins_no_new_window() -> None:
    paces: tuple[Pace, ...] = ()
    for day in range(1, 6):
        moved = START + WEEK + (day - 1) * HOUR
        paces = follow(paces, snapshot(START + day * DAY, week(10.0 * day, moved)))
    found = only(paces)
    assert (found.since, found.samples, found.reset_at) == (START, 5, START + WEEK + 4 * HOUR)
    assert forecast(found, found.at).outlook is not Outlook.UNKNOWN


def test_a_use_that_falls_with_a_reset_that_moves_begins_a_new_one() -> None:
    (new,) = follow((halfway(80),), snapshot(START + WEEK / 2 + HOUR, week(1, START + WEEK / 2 + WEEK)))
    assert (new.since, new.base, new.samples) == (START + WEEK / 2, 0, 1)


def test_a_window_that_only_begins_with_its_first_use_has_no_pace_before() -> None:
    paces: tuple[Pace, ...] = ()
    for minute in range(120):
        now = START + minute * MINUTE
        paces = follow(paces, snapshot(now, week(0, now + WEEK)))
    found = only(paces)
    assert found.samples <= 3
    assert forecast(found, found.at).outlook is Outlook.UNKNOWN


def test_use_that_the_service_gave_back_does_not_slow_the_pace() -> None:
    given_back = pace((HOUR, 0), (WEEK * 0.2, 60), (WEEK * 0.25, 0), (WEEK * 0.3, 10), (WEEK / 2, 30))
    assert (given_back.since, given_back.base) == (START + WEEK * 0.25, 0)
    found = forecast(given_back, given_back.at)
    assert (found.outlook, found.percent_at_reset) == (Outlook.LASTS, 90)


def test_a_point_less_is_rounding() -> None:
    assert pace((HOUR, 0), (WEEK / 4, 20), (WEEK / 3, 19)).since == START


def test_the_same_sample_twice_is_one() -> None:
    assert pace((HOUR, 0), (WEEK / 2, 20), (WEEK / 2, 20)).samples == 2


def test_all_is_counted_by_the_service_s_clock() -> None:
    paces: tuple[Pace, ...] = ()
    for after, used in ((HOUR, 0.0), (WEEK / 4, 40.0), (WEEK / 2, 80.0)):
        paces = follow(paces, snapshot(START + after - 3 * HOUR, week(used), offset=3 * 3600))
    found = only(paces)
    assert forecast(found, START + WEEK / 2).runs_out_at == START + WEEK / 2 + WEEK / 8


def test_a_window_of_the_main_limit_finds_its_forecast() -> None:
    short = week(50, START + 5 * HOUR, WindowKind.SHORT)
    assert runs_out_at([halfway(80)], week(80), START + WEEK / 2) == START + WEEK / 2 + WEEK / 8
    assert runs_out_at([halfway(10)], week(10), START + WEEK / 2) is None
    assert pace_of([halfway(80)], short) is None
    assert runs_out_at([halfway(80)], short, START) is None


def test_windows_without_length_or_reset_have_no_pace() -> None:
    nameless = Window(kind=WindowKind.SHORT, seconds=None, used_percent=5, reset_at=START + HOUR)
    assert follow((), snapshot(START, week(5, None), nameless)) == ()


MOMENT = st.floats(0.001, 0.999)
SAMPLES = st.lists(st.tuples(MOMENT, USED), min_size=1, max_size=12)


def paced(samples: list[tuple[float, float]]) -> Pace:
    return pace(*((WEEK * after, used) for after, used in sorted(samples)))


@given(SAMPLES, st.floats(0, 1.2))
def test_it_never_runs_out_before_now_or_after_the_reset(samples: list[tuple[float, float]], now: float) -> None:
    found, at = paced(samples), START + WEEK * now
    moment = forecast(found, at).runs_out_at
    if moment is not None:
        assert max(at, found.at) <= moment < found.reset_at


@given(SAMPLES, st.floats(0, 1.2))
def test_what_it_says_agrees_with_itself(samples: list[tuple[float, float]], now: float) -> None:
    said = forecast(paced(samples), START + WEEK * now)
    assert (said.outlook is Outlook.RUNS_OUT) == (said.runs_out_at is not None)
    assert (said.outlook is Outlook.UNKNOWN) == (said.percent_at_reset is None)
    if said.percent_at_reset is not None:
        assert (said.percent_at_reset >= 100) >= (said.outlook is Outlook.RUNS_OUT)
        assert said.percent_at_reset >= paced(samples).used - 1e-9


@given(SAMPLES, MOMENT, USED, USED)
def test_more_use_never_makes_it_last_longer(
    samples: list[tuple[float, float]], last: float, less: float, more: float
) -> None:
    assume(less <= more)
    before = paced(samples)
    at = before.at + (START + WEEK - before.at) * last
    (low,), (high,) = (follow((before,), snapshot(at, week(used))) for used in (less, more))
    # Use that was given back starts another line.
    assume(low.since == high.since)
    slow, fast = forecast(low, at), forecast(high, at)
    if slow.percent_at_reset is not None and fast.percent_at_reset is not None:
        assert slow.percent_at_reset <= fast.percent_at_reset
    if slow.runs_out_at is not None:
        assert fast.runs_out_at is not None
        assert fast.runs_out_at <= slow.runs_out_at
