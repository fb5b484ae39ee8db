"""When renewing rests, by clocks that may be set meanwhile."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.renewal.pause import RenewalAttempt, Tally, corrected, counted, rest_left
from tests.support.fakes import START

MINUTE, HALF_AN_HOUR = timedelta(minutes=1), timedelta(minutes=30)
WHEN = st.integers(-86_400, 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
ATTEMPTS = st.builds(RenewalAttempt, at=WHEN, account=st.sampled_from("abcdefgh"), failed=st.booleans())
TALLIES = st.builds(Tally, attempts=st.lists(ATTEMPTS).map(tuple), rest_until=st.none() | WHEN)


def failures(count: int, *, apart: timedelta = MINUTE) -> Tally:
    tally = Tally()
    for number in range(count):
        tally = counted(tally, RenewalAttempt(at=START + number * apart, account=f"account-{number}", failed=True))
    return tally


def test_five_accounts_that_fail_within_ten_minutes_begin_a_rest_after_the_last() -> None:
    assert failures(4).rest_until is None
    assert failures(5).rest_until == START + 4 * MINUTE + HALF_AN_HOUR


def test_those_that_fail_over_a_longer_time_do_not() -> None:
    assert failures(8, apart=3 * MINUTE).rest_until is None


def test_a_rest_goes_on_when_something_works_meanwhile() -> None:
    tally = failures(5)
    for number in range(9):
        tally = counted(tally, RenewalAttempt(at=START + 6 * MINUTE, account=f"other-{number}", failed=False))
    assert tally.rest_until == START + 4 * MINUTE + HALF_AN_HOUR


def test_a_rest_of_before_the_clock_was_set_back_begins_anew_and_once() -> None:
    early = START - timedelta(days=2)
    tally = corrected(failures(5), early)
    assert tally == Tally(rest_until=early + HALF_AN_HOUR)
    assert corrected(tally, early + MINUTE) == tally


@given(TALLIES, ATTEMPTS)
def test_no_rest_is_ever_longer_than_half_an_hour(tally: Tally, attempt: RenewalAttempt) -> None:
    for found in (tally, counted(tally, attempt)):
        assert timedelta() <= rest_left(found, attempt.at) <= HALF_AN_HOUR


@given(TALLIES, ATTEMPTS)
def test_what_is_kept_is_of_the_last_ten_minutes(tally: Tally, attempt: RenewalAttempt) -> None:
    kept = counted(tally, attempt).attempts
    assert attempt in kept
    assert all(timedelta() <= attempt.at - one.at <= 10 * MINUTE for one in kept)
