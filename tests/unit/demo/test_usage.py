"""Quotas over time: a pure function of shape, seed and moment."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.demo.people import newcomer, people, sample_people, special_people
from probe_tray.demo.shapes import FIVE_HOURS, MONTH, WEEK, Plan, Shape, SimulatedWindow, budget, pro, shape_of
from probe_tray.demo.usage import Moment, exhausted_until, gauge, reanchored, usage_body
from tests.unit.demo.client import part

SINCE = datetime(2026, 11, 22, 8, 0, tzinfo=UTC).timestamp()
NOW = Moment(SINCE)

windows = st.builds(
    SimulatedWindow,
    seconds=st.sampled_from([FIVE_HOURS, WEEK, MONTH]),
    used=st.floats(0, 100),
    elapsed=st.floats(0, 0.99),
)
seconds = st.floats(0, 90 * 86_400)


@given(windows)
def test_at_its_anchor_a_window_is_what_its_shape_says(window: SimulatedWindow) -> None:
    reading = gauge(window, "seed", SINCE, NOW)
    assert abs(reading.used - window.used) <= 0.5
    assert reading.elapsed == pytest.approx(window.elapsed, abs=1e-6)


@given(windows, seconds, st.floats(0, 20_000))
def test_what_is_used_grows_until_the_reset(window: SimulatedWindow, after: float, later: float) -> None:
    first = gauge(window, "seed", SINCE, Moment(SINCE + after))
    second = gauge(window, "seed", SINCE, Moment(SINCE + after + later))
    assert 0 <= first.used <= 100
    assert second.used >= first.used or second.reset_at > first.reset_at + 60


@given(windows, seconds)
def test_the_reset_lies_ahead_within_one_window(window: SimulatedWindow, after: float) -> None:
    reading = gauge(window, "seed", SINCE, Moment(SINCE + after))
    assert -1 <= reading.reset_at - (SINCE + after) <= window.seconds + 2


@given(windows, st.floats(0, 3600))
def test_the_reset_moves_by_seconds_only_between_polls(window: SimulatedWindow, after: float) -> None:
    resets = {gauge(window, "seed", SINCE, Moment(SINCE + after + step)).reset_at for step in range(0, 240, 30)}
    assert max(resets) - min(resets) <= 2 or max(resets) - min(resets) > 3600


def test_a_faster_quota_fills_sooner() -> None:
    window = SimulatedWindow(FIVE_HOURS, 42, 0.5)
    later = SINCE + 600
    start = gauge(window, "seed", SINCE, Moment(SINCE, 10))
    assert start.used == 42
    assert gauge(window, "seed", SINCE, Moment(later, 10)).used > gauge(window, "seed", SINCE, Moment(later)).used
    assert start.reset_at == pytest.approx(SINCE + FIVE_HOURS / 2 / 10, abs=3)


def test_a_used_up_week_means_no_capacity_until_it_resets() -> None:
    body = usage_body(pro(), "seed", SINCE, NOW)
    assert part(body, "rate_limit", "limit_reached") is True
    assert part(body, "rate_limit", "primary_window", "used_percent") == 11
    assert exhausted_until(pro(), "seed", SINCE, NOW) == part(body, "rate_limit", "secondary_window", "reset_at")


@pytest.mark.parametrize(
    ("plan", "lengths"),
    [
        (Plan.FREE, [WEEK]),
        (Plan.BUSINESS, [MONTH]),
        (Plan.PLUS, [FIVE_HOURS, WEEK]),
        (Plan.TEAM, [FIVE_HOURS, WEEK]),
        (Plan.PRO, [FIVE_HOURS, WEEK]),
        (Plan.ENTERPRISE, []),
    ],
)
def test_each_plan_has_its_windows(plan: Plan, lengths: list[int]) -> None:
    assert [window.seconds for window in shape_of(plan, 12345).windows] == lengths


def test_without_windows_there_is_no_rate_limit() -> None:
    body = usage_body(Shape(), "seed", SINCE, NOW)
    assert {name: value for name, value in body.items() if value} == {
        "rate_limit_reset_credits": {"available_count": 0}
    }


def test_a_budget_needs_no_window() -> None:
    body = usage_body(budget(92), "seed", SINCE, NOW)
    assert part(body, "spend_control", "individual_limit", "used_percent") == 92
    assert part(body, "spend_control", "individual_limit", "remaining") == "80.00"
    assert body["rate_limit"] is None


@given(windows, st.floats(0, 100), seconds)
def test_a_window_set_anew_goes_on_from_there(window: SimulatedWindow, used: float, after: float) -> None:
    moment = Moment(SINCE + after)
    shape = reanchored(Shape(windows=(window,)), {window.seconds: used}, "seed", SINCE, moment)
    assert abs(gauge(shape.windows[0], "seed", SINCE, moment).used - used) <= 0.5


def test_a_hundred_people_are_all_different() -> None:
    crowd = people(100)
    assert crowd[:3] == sample_people()
    assert len({(space.account_id, one.user_id) for one in crowd for space in one.workspaces}) == 100
    assert {space.plan for one in crowd for space in one.workspaces} == set(Plan)


def test_an_address_is_always_the_same_person_whatever_its_case() -> None:
    assert newcomer("New@Example.com").user_id == newcomer("new@example.com").user_id


def test_the_special_people_cover_the_odd_cases() -> None:
    spaces = [space for one in special_people() for space in one.workspaces]
    assert any(space.fedramp for space in spaces)
    assert not all(space.codex_enabled for space in spaces)
    assert any(len(one.workspaces) == 2 for one in special_people())
    assert any(space.shape == budget() for space in spaces)
    assert len({space.account_id for space in spaces}) < len(spaces)
