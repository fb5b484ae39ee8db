from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heapreplace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.polling.schedule import Pacing, awaited_resets, first_checks, look, next_check, pacing
from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
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
    slow: bool = False,
) -> datetime | None:
    pace = Pacing(every, slow)
    return next_check(now=START, pacing=pace, failures=failures, wait=wait, resets=resets, jitter=jitter)


def account(name: str, next_check: datetime | None, *, checking: bool = False) -> AccountState:
    return AccountState(key=AccountKey(name), stores=(StoreKind.VAULT,), next_check=next_check, checking=checking)


def test_checks_follow_at_the_interval() -> None:
    assert check() == START + 5 * MINUTE


def test_jitter_moves_a_check_by_a_tenth() -> None:
    assert check(jitter=-1) == START + 4.5 * MINUTE
    assert check(jitter=1) == START + 5.5 * MINUTE


def test_a_reset_brings_the_check_forward_to_just_after_it() -> None:
    resets = (START + 2 * MINUTE, START + HOUR)
    assert check(resets=resets, jitter=-1) == START + 2 * MINUTE + 20 * SECOND
    assert check(resets=resets, jitter=1) == START + 3 * MINUTE


def test_a_reset_that_was_looked_at_already_does_not() -> None:
    assert check(resets=(START - 20 * SECOND,)) == START + 5 * MINUTE
    assert check(resets=(START - 19 * SECOND,)) == START + MINUTE


def test_a_reset_just_before_the_next_check_does_not_put_it_off() -> None:
    assert check(resets=(START + 5 * MINUTE - SECOND,)) == START + 5 * MINUTE


def test_where_it_costs_something_a_reset_is_not_waited_for_and_failures_are_not_hurried() -> None:
    assert check(resets=(START + MINUTE,), slow=True) == START + 5 * MINUTE
    assert check(failures=1, slow=True) == START + 5 * MINUTE
    assert check(failures=4, slow=True) == START + 8 * MINUTE


@pytest.mark.parametrize(("minutes", "slow"), [(1, 15), (2, 15), (5, 15), (15, 15), (30, 30)])
def test_the_pace_is_the_setting_s_unless_it_costs_something(minutes: int, slow: int) -> None:
    assert pacing(minutes, Situation()) == Pacing(minutes * MINUTE)
    for situation in (Situation(metered=True), Situation(on_battery=True), Situation(locked=True)):
        assert pacing(minutes, situation) == Pacing(slow * MINUTE, slow=True)


def test_manual_stays_manual() -> None:
    assert pacing(0, Situation(locked=True)) == pacing(0, Situation()) == Pacing(None)


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


def test_a_look_sorts_the_accounts_by_what_is_to_be_done() -> None:
    accounts = (
        account("now", START),
        account("later", START + SECOND),
        account("much later", START + HOUR),
        account("long ago", START - HOUR),
        account("running", START - HOUR, checking=True),
        account("manual", None),
        account("a while ago", START - MINUTE),
    )
    seen = look(accounts, START)
    assert [a.key.account_id for a in seen.due] == ["long ago", "a while ago", "now"]
    assert [a.key.account_id for a in seen.unplanned] == ["manual"]
    assert seen.next_at == START + SECOND
    assert look(accounts[:1], START).next_at is None


def test_a_service_that_names_one_near_reset_after_the_other_is_asked_once_a_minute_at_most() -> None:
    now, asked = START, 0
    while now < START + HOUR:
        moment = next_check(
            now=now, pacing=pacing(5, Situation()), failures=0, wait=None, resets=(now + SECOND,), jitter=-1
        )
        assert moment is not None
        now, asked = moment, asked + 1
    assert asked <= 60


@pytest.mark.parametrize(
    ("used", "since", "moment"),
    [
        (100, timedelta(), START + MINUTE),
        (100, 14 * MINUTE, START + MINUTE),
        (100, 15 * MINUTE, START + 5 * MINUTE),
        (99, MINUTE, START + 5 * MINUTE),
    ],
)
def test_a_window_still_used_up_after_its_reset_is_looked_at_again_in_a_minute(
    used: float, since: timedelta, moment: datetime
) -> None:
    window = Window(kind=WindowKind.SHORT, seconds=18_000, used_percent=used, reset_at=START - since)
    resets = awaited_resets(Snapshot(taken_at=START, main=Limit(windows=(window,))))
    assert check(resets=resets) == moment
    assert check(resets=resets, slow=True) == START + 5 * MINUTE


@pytest.mark.parametrize(
    ("used", "seconds", "awaited"), [(1, 18_000, True), (1, None, True), (0, 18_000, False), (100, 60, False)]
)
def test_only_a_reset_that_gives_something_back_is_awaited(used: float, seconds: int | None, *, awaited: bool) -> None:
    window = Window(kind=WindowKind.SHORT, seconds=seconds, used_percent=used, reset_at=START + HOUR)
    limit = Limit(windows=(window,))
    for snapshot in (
        Snapshot(taken_at=START, main=limit),
        Snapshot(taken_at=START, code_review=limit),
        Snapshot(taken_at=START, extra=(limit,)),
    ):
        assert awaited_resets(snapshot) == ((START + HOUR,) if awaited else ())
        assert awaited_resets(replace(snapshot, clock_offset=60)) == ((START + HOUR - MINUTE,) if awaited else ())


RESETS_EVERY = 5 * HOUR
ACCOUNTS = 1000
BY_DAY, BY_NIGHT = pacing(5, Situation()), pacing(5, Situation(locked=True))


def chances() -> Iterator[float]:
    """Numbers from 0 to 1, the same in every run."""
    number = 4
    while True:
        number = (number * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
        yield number / 0x7FFF_FFFF


@pytest.mark.parametrize("days", [1, pytest.param(7, marks=pytest.mark.heavy)])
def test_a_thousand_accounts_keep_to_their_pace(days: int) -> None:
    chance = chances().__next__
    first = first_checks(ACCOUNTS, START, 5 * MINUTE)
    queue = [(moment, number, 0) for number, moment in enumerate(first)]
    # A quarter of all accounts have their 5-hour reset at the same second.
    resets = [START if number % 4 == 0 else START + RESETS_EVERY * chance() for number in range(ACCOUNTS)]
    last, asked, longest = dict(enumerate(first)), 0, timedelta()
    second, in_second, busiest = START, 0, 0
    while queue[0][0] < START + timedelta(days=days):
        now, number, failures = queue[0]
        asked += 1
        in_second = in_second + 1 if now - second < SECOND else 1
        second = second if in_second > 1 else now
        busiest = max(busiest, in_second)
        failures = failures + 1 if chance() < 0.01 else 0
        while resets[number] <= now:
            resets[number] += RESETS_EVERY
        pace = BY_DAY if 8 <= now.hour < 18 else BY_NIGHT
        moment = next_check(
            now=now, pacing=pace, failures=failures, wait=None, resets=(resets[number],), jitter=2 * chance() - 1
        )
        assert moment is not None
        longest = max(longest, now - last[number])
        last[number] = now
        heapreplace(queue, (moment, number, failures))
    regular = ACCOUNTS * days * (10 * 60 / 5 + 14 * 60 / 15)
    # Early checks after resets and after failures come on top.
    assert 0.97 * regular <= asked <= 1.07 * regular
    assert longest <= 16.5 * MINUTE
    assert busiest <= 25
