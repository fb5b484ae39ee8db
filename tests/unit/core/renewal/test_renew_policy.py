from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.renewal.policy import Reason, due_on_arrival, half_life, planned_renewal, renew_reason
from tests.support.fakes import START
from tests.support.tokens import credential

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MOMENTS = st.datetimes(timezones=st.just(UTC))
DAYS = st.integers(0, 3650)


def reason(left: timedelta, days: int) -> Reason | None:
    return renew_reason(replace(credential(), expired=START + left), now=START, days=days)


@pytest.mark.parametrize(
    ("left", "days", "expected"),
    [
        (3 * DAY + SECOND, 3, None),
        (3 * DAY, 3, Reason.EXPIRES_SOON),
        (SECOND, 3, Reason.EXPIRES_SOON),
        (timedelta(), 3, Reason.EXPIRED),
        (-DAY, 3, Reason.EXPIRED),
        (SECOND, 0, None),
        (timedelta(), 0, Reason.EXPIRED),
        (-DAY, 0, Reason.EXPIRED),
        (9 * DAY, 10, Reason.EXPIRES_SOON),
    ],
)
def test_a_login_is_renewed_by_its_recorded_end(left: timedelta, days: int, expected: Reason | None) -> None:
    assert reason(left, days) is expected


def test_a_login_without_id_token_is_renewed() -> None:
    assert renew_reason(replace(credential(), id_token=None), now=START, days=3) is Reason.NO_ID_TOKEN


def test_a_login_without_a_recorded_end_is_renewed_whatever_the_token_says() -> None:
    login = replace(credential(days=10), expired=None)
    assert login.expiry is not None
    assert renew_reason(login, now=START, days=3) is Reason.NO_EXPIRY


@given(MOMENTS, DAYS)
def test_any_recorded_end_is_judged(expired: datetime, days: int) -> None:
    found = renew_reason(replace(credential(days=10), expired=expired), now=START, days=days)
    assert (found is Reason.EXPIRED) == (expired <= START)
    assert (found is None) == (min(expired, START + 10 * DAY) > START + timedelta(days=days))


@given(MOMENTS, DAYS)
def test_where_the_format_has_no_field_for_it_the_token_s_own_end_counts(recorded: datetime, days: int) -> None:
    for expired in (recorded, None):
        login = replace(credential(days=10), expired=expired)
        found = renew_reason(login, now=START, days=days, records_end=False)
        assert found is (Reason.EXPIRES_SOON if days >= 10 else None)


def test_an_end_that_nobody_knows_is_no_reason_where_the_format_has_no_field_for_it() -> None:
    login = replace(credential(), expired=None, claims=replace(credential().claims, expires_at=None))
    assert renew_reason(login, now=START, days=3, records_end=False) is None
    assert renew_reason(login, now=START, days=3) is Reason.NO_EXPIRY


def test_a_record_that_a_wrong_clock_wrote_puts_nothing_off() -> None:
    login = replace(credential(days=2), expired=START + 365 * DAY)
    assert login.expiry == START + 2 * DAY
    assert renew_reason(login, now=START, days=3) is Reason.EXPIRES_SOON


@pytest.mark.parametrize(
    ("days", "brought", "expected"), [(3, timedelta(), False), (10, timedelta(), True), (3, 365 * DAY, True)]
)
def test_a_login_that_was_due_as_soon_as_it_came_is_known(days: int, brought: timedelta, *, expected: bool) -> None:
    login = replace(credential(days=10), expired=START)
    assert due_on_arrival(login, brought=START + brought, days=days, records_end=True) is expected
    assert half_life(login) == 5 * DAY


@given(MOMENTS, DAYS, st.floats(0, 1))
def test_a_planned_renewal_is_in_the_allowed_window_and_never_in_the_past(
    expires_at: datetime, days: int, fraction: float
) -> None:
    moment = planned_renewal(expires_at, now=START, days=days, fraction=fraction)
    assert START <= moment <= max(START, expires_at)
    assert moment == START or expires_at - moment <= timedelta(days=days)


@given(st.floats(0, 1))
def test_half_of_the_window_is_left_for_trying_again(fraction: float) -> None:
    ends = START + 10 * DAY
    assert START + 7 * DAY <= planned_renewal(ends, now=START, days=3, fraction=fraction) <= START + 8.5 * DAY


def test_many_logins_that_end_together_are_not_renewed_together() -> None:
    ends = START + 10 * DAY
    moments = [planned_renewal(ends, now=START, days=3, fraction=n / 100) for n in range(100)]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) >= timedelta(minutes=20)


def test_with_no_days_it_is_renewed_when_it_ends() -> None:
    assert planned_renewal(START + DAY, now=START, days=0, fraction=0.7) == START + DAY
