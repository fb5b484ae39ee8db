from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.condition import Condition, condition, login_end, tightest
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import (
    AccountDeactivatedError,
    CertificateError,
    EdgeBlockedError,
    KeyringLockedError,
    LoginEndedError,
    NotSentError,
    OfficialExpiredError,
    ProbeError,
    RateLimitedError,
    RegionBlockedError,
    TokenRefusedError,
    UnavailableError,
    WorkspaceDeactivatedError,
    WorkspaceRefusedError,
)
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, RenewalState

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def snapshot(short: float = 10, weekly: float = 10, age: timedelta = MINUTE) -> Snapshot:
    windows = (
        Window(kind=WindowKind.SHORT, seconds=18_000, used_percent=short, reset_at=NOW + HOUR),
        Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=weekly, reset_at=NOW + 3 * DAY),
    )
    return Snapshot(taken_at=NOW - age, main=Limit(windows=windows))


def account(found: Snapshot | None = None, problem: ProbeError | None = None) -> AccountState:
    return AccountState(
        key=AccountKey("a", "u"),
        stores=(StoreKind.VAULT,),
        renewable=True,
        expires_at=NOW + DAY,
        snapshot=found,
        problem=None if problem is None else problem.problem,
    )


def of(state: AccountState, settings: Settings | None = None, now: datetime = NOW) -> Condition:
    return condition(state, settings or Settings(), now)


@pytest.mark.parametrize(
    ("short", "weekly", "expected"),
    [
        (10, 10, Condition.AVAILABLE),
        (79.9, 10, Condition.AVAILABLE),
        (80, 10, Condition.WARNING),
        (10, 99.9, Condition.WARNING),
        (100, 10, Condition.LIMITED),
        (0, 100, Condition.LIMITED),
    ],
)
def test_fresh_numbers_decide(short: float, weekly: float, expected: Condition) -> None:
    assert of(account(snapshot(short, weekly))) is expected


def test_the_warning_level_is_the_persons_own() -> None:
    assert of(account(snapshot(55)), Settings(warn_used_percent=50)) is Condition.WARNING


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LoginEndedError(reason="it was used elsewhere"), Condition.NEEDS_LOGIN),
        (EdgeBlockedError(host="h"), Condition.BLOCKED),
        (RegionBlockedError(), Condition.BLOCKED),
        (NotSentError(reason="r"), Condition.OFFLINE),
        (CertificateError(host="h", reason="r"), Condition.OFFLINE),
        (KeyringLockedError(), Condition.WAITING_KEYRING),
    ],
)
def test_some_failures_go_before_fresh_numbers(error: ProbeError, expected: Condition) -> None:
    assert of(account(snapshot(), error)) is expected


@pytest.mark.parametrize("error", [RateLimitedError(), UnavailableError(status="502")])
def test_a_passing_failure_does_not_spoil_fresh_numbers(error: ProbeError) -> None:
    assert of(account(snapshot(), error)) is Condition.AVAILABLE


def test_a_passing_failure_counts_once_the_numbers_are_old() -> None:
    old = snapshot(age=HOUR)
    assert of(account(old, RateLimitedError())) is Condition.RATE_LIMITED
    assert of(account(old, UnavailableError(status="502"))) is Condition.STALE


def test_numbers_are_old_after_three_missed_checks() -> None:
    assert of(account(snapshot(age=44 * MINUTE)), Settings(poll_minutes=15)) is Condition.AVAILABLE
    assert of(account(snapshot(age=45 * MINUTE)), Settings(poll_minutes=15)) is Condition.STALE


def test_numbers_are_not_old_while_the_next_check_is_only_further_away_than_usual() -> None:
    old = snapshot(age=16 * MINUTE)
    planned = replace(account(old), checked_at=old.taken_at, next_check=NOW + MINUTE)
    assert of(account(old)) is Condition.STALE
    assert of(planned) is Condition.AVAILABLE
    assert of(planned, now=NOW + 4 * MINUTE) is Condition.STALE
    assert of(replace(planned, checked_at=NOW, problem=UnavailableError(status="502").problem)) is Condition.STALE


def test_numbers_live_longer_when_they_are_only_asked_for_by_hand() -> None:
    assert of(account(snapshot(age=59 * MINUTE)), Settings(poll_minutes=0)) is Condition.AVAILABLE


def test_a_limit_whose_reset_has_passed_is_old_news() -> None:
    full = account(snapshot(short=100, age=2 * MINUTE))
    assert of(full, now=NOW + HOUR - MINUTE, settings=Settings(poll_minutes=30)) is Condition.LIMITED
    assert of(full, now=NOW + HOUR, settings=Settings(poll_minutes=30)) is Condition.STALE


def test_an_answer_that_still_names_a_reset_that_has_come_is_believed_for_two_minutes() -> None:
    late = account(snapshot(short=100, age=-HOUR))
    assert of(late, now=NOW + HOUR) is Condition.LIMITED
    assert of(late, now=NOW + HOUR + 2 * MINUTE - SECOND) is Condition.LIMITED
    assert of(late, now=NOW + HOUR + 2 * MINUTE) is Condition.STALE


def test_a_window_that_was_reset_since_warns_of_nothing() -> None:
    tight = account(snapshot(short=95, age=MINUTE))
    assert of(tight, now=NOW + HOUR - SECOND, settings=Settings(poll_minutes=30)) is Condition.WARNING
    assert of(tight, now=NOW + HOUR, settings=Settings(poll_minutes=30)) is Condition.AVAILABLE
    both = account(snapshot(short=95, weekly=85, age=MINUTE))
    assert of(both, now=NOW + HOUR, settings=Settings(poll_minutes=30)) is Condition.WARNING


def test_a_reset_is_told_by_the_services_clock() -> None:
    # The service's clock is an hour ahead, so its reset at 13:00 comes when it is 12:00 here.
    ahead = replace(snapshot(short=100), clock_offset=3600.0)
    assert of(account(ahead)) is Condition.STALE


def test_nothing_heard_yet_is_no_data() -> None:
    assert of(account()) is Condition.NO_DATA
    assert of(account(Snapshot(taken_at=NOW))) is Condition.NO_DATA


def test_an_ended_login_that_cannot_be_renewed_needs_a_login() -> None:
    plain = replace(account(snapshot()), renewable=False)
    assert of(plain) is Condition.AVAILABLE
    assert of(plain, now=NOW + DAY) is Condition.NEEDS_LOGIN
    refused = replace(plain, problem=TokenRefusedError().problem)
    assert of(refused) is Condition.NEEDS_LOGIN
    assert of(replace(plain, problem=OfficialExpiredError().problem)) is Condition.NEEDS_LOGIN


def test_a_login_that_the_service_has_answered_since_its_end_has_not_ended() -> None:
    # Its record was wrong, or this computer's clock is.
    late = replace(account(snapshot()), renewable=False, expires_at=NOW - DAY)
    assert of(late) is Condition.NEEDS_LOGIN
    answered = replace(late, checked_at=NOW - MINUTE)
    assert of(answered) is Condition.AVAILABLE
    assert of(replace(answered, problem=NotSentError(reason="r").problem)) is Condition.NEEDS_LOGIN
    assert of(replace(answered, problem=TokenRefusedError().problem)) is Condition.NEEDS_LOGIN


def test_an_end_is_told_by_the_services_clock() -> None:
    # This computer's clock is eleven days ahead, and the login works for nine more.
    ahead = replace(snapshot(), clock_offset=-11 * DAY.total_seconds())
    found = replace(account(ahead), renewable=False, expires_at=NOW - 2 * DAY, checked_at=ahead.taken_at)
    assert login_end(found) == NOW + 9 * DAY
    assert of(found) is Condition.AVAILABLE
    assert of(replace(found, problem=NotSentError(reason="r").problem)) is Condition.OFFLINE


def test_an_end_after_which_the_service_answers_is_none() -> None:
    past = replace(account(snapshot()), expires_at=NOW - DAY, checked_at=NOW - MINUTE)
    assert login_end(past) is None
    assert login_end(replace(past, checked_at=NOW)) == NOW - DAY
    assert login_end(replace(past, snapshot=None)) == NOW - DAY
    assert login_end(replace(past, expires_at=None)) is None


def test_a_login_that_never_ends_has_no_end_after_the_calendar() -> None:
    never = datetime(9999, 12, 30, tzinfo=UTC)
    ahead = replace(snapshot(), clock_offset=-11 * DAY.total_seconds())
    assert login_end(replace(account(ahead), expires_at=never)) == never


@pytest.mark.parametrize(
    "error", [AccountDeactivatedError(), WorkspaceDeactivatedError(), WorkspaceRefusedError()], ids=repr
)
def test_an_account_that_cannot_be_used_is_a_state_of_its_own_whatever_its_login(error: ProbeError) -> None:
    for found in (None, snapshot(), snapshot(short=100)):
        assert of(account(found, error)) is Condition.UNUSABLE
        assert of(replace(account(found, error), renewable=False)) is Condition.UNUSABLE


def test_an_ended_access_token_that_renews_itself_needs_nobody() -> None:
    assert of(replace(account(snapshot()), expires_at=NOW - MINUTE)) is Condition.AVAILABLE


def test_a_dead_refresh_token_needs_a_login_even_while_checks_succeed() -> None:
    dead = RenewalState(problem=LoginEndedError(reason="r").problem)
    assert of(replace(account(snapshot()), renewal=dead)) is Condition.NEEDS_LOGIN


def test_the_tightest_window_counts_and_no_capacity_counts_as_full() -> None:
    assert tightest(snapshot(30, 60)) == 60
    assert tightest(Snapshot(taken_at=NOW, main=Limit(reached=True))) == 100
