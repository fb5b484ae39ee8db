from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.quota.glitch_filter import steady
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from tests.support.fakes import START

RESET = START + timedelta(hours=3)
MINUTE = timedelta(minutes=1)


def snapshot(used: float, reset_at: datetime | None = RESET, *, at: datetime = START, extra: float = 0) -> Snapshot:
    def limit(percent: float, name: str = "") -> Limit:
        window = Window(kind=WindowKind.SHORT, seconds=18_000, used_percent=percent, reset_at=reset_at)
        return Limit(name=name, windows=(window,))

    return Snapshot(taken_at=at, main=limit(used), code_review=limit(used), extra=(limit(extra, "spark"),))


def seen(*answers: Snapshot) -> list[float]:
    """What is shown after each of the answers."""
    found: list[float] = []
    last: Snapshot | None = None
    for answer in answers:
        last = steady(last, answer)
        found.append(last.main.windows[0].used_percent)
    return found


def test_the_first_answer_is_believed() -> None:
    assert steady(None, snapshot(40)) == snapshot(40)


def test_use_that_grows_is_believed() -> None:
    assert seen(snapshot(40), snapshot(41)) == [40, 41]


def test_a_fall_inside_one_window_is_believed_when_the_next_answer_agrees() -> None:
    assert seen(snapshot(90), snapshot(5), snapshot(90)) == [90, 90, 90]
    assert seen(snapshot(90), snapshot(5), snapshot(6)) == [90, 90, 6]


def test_the_doubted_use_is_kept_beside_the_one_that_is_shown() -> None:
    doubtful = steady(snapshot(90), snapshot(5))
    assert [w.doubted for w in doubtful.main.windows] == [5]
    assert [w.doubted for w in steady(doubtful, snapshot(6)).main.windows] == [None]


def test_two_glitches_with_a_good_answer_between_them_are_not_believed() -> None:
    assert seen(snapshot(90), snapshot(5), snapshot(91), snapshot(5)) == [90, 90, 91, 91]


def test_a_reset_that_one_answer_leaves_out_holds_until_it_has_passed() -> None:
    later = RESET + timedelta(hours=5)
    without = steady(snapshot(100), snapshot(100, None, at=START + MINUTE))
    assert [window.reset_at for window in without.main.windows] == [RESET]
    begun = steady(without, snapshot(0, later, at=RESET + MINUTE))
    assert [(window.used_percent, window.reset_at) for window in begun.main.windows] == [(0, later)]
    passed = steady(without, snapshot(0, None, at=RESET + MINUTE))
    assert [(window.used_percent, window.reset_at) for window in passed.main.windows] == [(0, None)]


@pytest.mark.parametrize("seconds", [-120, 0, 120])
def test_a_reset_that_jitters_did_not_move(seconds: int) -> None:
    assert seen(snapshot(90), snapshot(5, RESET + timedelta(seconds=seconds))) == [90, 90]


def test_a_new_window_is_believed_at_once() -> None:
    assert seen(snapshot(90), snapshot(5, RESET + timedelta(hours=5))) == [90, 5]
    assert seen(snapshot(90), snapshot(5, None, at=RESET + MINUTE)) == [90, 5]


def test_without_resets_a_fall_is_doubted_too() -> None:
    assert seen(snapshot(90, None), snapshot(5, None), snapshot(5, None)) == [90, 90, 5]


def test_every_limit_is_held() -> None:
    found = steady(snapshot(90, extra=80), snapshot(5, extra=1))
    assert found.code_review is not None
    assert [w.used_percent for limit in (found.code_review, *found.extra) for w in limit.windows] == [90, 80]


def test_a_limit_that_was_not_there_before_is_believed() -> None:
    assert steady(Snapshot(taken_at=START), snapshot(5)) == snapshot(5)
    assert steady(snapshot(90), Snapshot(taken_at=START)) == Snapshot(taken_at=START)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(-60, 60)), min_size=1, max_size=20))
def test_what_is_shown_falls_only_to_what_two_answers_in_a_row_said(answers: list[tuple[int, int]]) -> None:
    shown = seen(*(snapshot(used, RESET + timedelta(seconds=jitter)) for used, jitter in answers))
    for place in range(1, len(shown)):
        if shown[place] < shown[place - 1]:
            assert answers[place][0] < shown[place - 1]
            assert answers[place - 1][0] < shown[place - 1]


def week(used: float, *, reached: bool = False) -> Snapshot:
    window = Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=used, reset_at=RESET)
    short = Window(kind=WindowKind.SHORT, seconds=18_000, used_percent=11, reset_at=RESET)
    return Snapshot(taken_at=START, main=Limit(allowed=True, reached=reached, windows=(short, window)))


def without_week() -> Snapshot:
    found = week(100)
    return replace(found, main=replace(found.main, windows=found.main.windows[:1]))


def confirmed(*answers: Snapshot) -> list[bool]:
    """Whether each of the answers is worth a word."""
    found: list[bool] = []
    last: Snapshot | None = None
    for answer in answers:
        last = steady(last, answer)
        found.append(not last.unconfirmed)
    return found


def test_a_full_window_that_is_left_out_once_brings_no_capacity_back() -> None:
    assert confirmed(week(100), without_week(), week(100)) == [True, False, True]
    assert confirmed(week(100), without_week(), without_week()) == [True, False, True]


def test_a_limit_that_the_service_takes_back_is_believed_when_the_next_answer_agrees() -> None:
    assert confirmed(week(50, reached=True), week(50), week(50)) == [True, False, True]


def test_after_its_reset_capacity_is_believed_at_once() -> None:
    later = replace(without_week(), taken_at=RESET + MINUTE)
    assert confirmed(week(100), later) == [True, True]


def test_a_fall_that_two_answers_agree_on_is_not_doubted_again() -> None:
    assert confirmed(week(100), week(5), week(6)) == [True, True, True]
