from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.identity import AccountKey, StoreKind
from probe_tray.core.schedule import due, first_checks, next_check
from probe_tray.core.state import AccountState
from tests.support.fakes import START

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
EVERY = st.sampled_from([1, 2, 5, 15, 30, 1440]).map(lambda minutes: minutes * MINUTE)
JITTER = st.floats(-1, 1)
MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC
RESETS = st.lists(MOMENTS, max_size=6).map(tuple)


def check(
    every: timedelta | None = 5 * MINUTE,
    *,
    failures: int = 0,
    wait: timedelta | None = None,
    resets: tuple[datetime, ...] = (),
    jitter: float = 0,
) -> datetime | None:
    return next_check(now=START, every=every, failures=failures, wait=wait, resets=resets, jitter=jitter)


def account(name: str, next_check: datetime | None, *, checking: bool = False) -> AccountState:
    return AccountState(key=AccountKey(name), stores=(StoreKind.VAULT,), next_check=next_check, checking=checking)


def test_checks_follow_at_the_interval() -> None:
    assert check() == START + 5 * MINUTE


def test_jitter_moves_a_check_by_a_tenth() -> None:
    assert check(jitter=-1) == START + 4.5 * MINUTE
    assert check(jitter=1) == START + 5.5 * MINUTE


def test_a_reset_brings_the_check_forward_to_just_after_it() -> None:
    assert check(resets=(START + 2 * MINUTE, START + HOUR)) == START + 2 * MINUTE + 20 * SECOND


def test_a_reset_that_was_looked_at_already_does_not() -> None:
    assert check(resets=(START - 20 * SECOND,)) == START + 5 * MINUTE
    assert check(resets=(START - 19 * SECOND,)) == START + SECOND


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10_000, 60)])
def test_failures_in_a_row_double_the_wait_up_to_an_hour(failures: int, minutes: int) -> None:
    assert check(failures=failures) == START + minutes * MINUTE


def test_after_a_failure_the_next_reset_does_not_count() -> None:
    assert check(failures=3, resets=(START + SECOND,)) == START + 4 * MINUTE


def test_manual_plans_nothing() -> None:
    assert check(None) is None
    assert check(None, failures=1, wait=MINUTE, resets=(START + MINUTE,)) is None


@given(EVERY, st.integers(0, 50), st.none() | st.integers(0, 3600).map(lambda s: s * SECOND), RESETS, JITTER)
def test_a_check_is_in_the_future_and_not_beyond_reason(
    every: timedelta, failures: int, wait: timedelta | None, resets: tuple[datetime, ...], jitter: float
) -> None:
    moment = check(every, failures=failures, wait=wait, resets=resets, jitter=jitter)
    assert moment is not None
    assert START < moment <= START + 1.1 * max(every, HOUR)


@given(EVERY, st.integers(1, 50), st.integers(0, 3600), RESETS, JITTER)
def test_what_the_service_asks_to_wait_is_waited(
    every: timedelta, failures: int, seconds: int, resets: tuple[datetime, ...], jitter: float
) -> None:
    moment = check(every, failures=failures, wait=seconds * SECOND, resets=resets, jitter=jitter)
    assert moment is not None
    assert moment >= START + seconds * SECOND


@given(st.integers(0, 1000), st.none() | EVERY)
def test_first_checks_start_at_once_and_never_together(count: int, every: timedelta | None) -> None:
    moments = first_checks(count, START, every)
    assert len(moments) == count == len(set(moments))
    assert moments == sorted(moments)
    assert moments[:1] == [START][:count]
    assert all(moment < START + (every or 5 * MINUTE) for moment in moments)


def test_first_checks_of_a_few_accounts_do_not_keep_a_person_waiting() -> None:
    assert first_checks(10, START, 30 * MINUTE)[-1] <= START + 3 * SECOND


def test_due_are_the_planned_ones_whose_time_has_come_the_oldest_first() -> None:
    accounts = (
        account("now", START),
        account("later", START + SECOND),
        account("long ago", START - HOUR),
        account("running", START - HOUR, checking=True),
        account("manual", None),
        account("a while ago", START - MINUTE),
    )
    assert [a.key.account_id for a in due(accounts, START)] == ["long ago", "a while ago", "now"]
