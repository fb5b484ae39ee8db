from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import (
    Alert,
    AlertHelp,
    AlertMemory,
    ExpiryAlert,
    LoginAlert,
    RenewalFailedAlert,
    RenewedAlert,
    UnusableAlert,
    help_with,
)
from probe_tray.core.alerts.evaluation import alerts, compared, holds
from probe_tray.core.codex.codex_state import CodexHome, CodexState, HandOver
from probe_tray.core.errors import (
    LoginEndedError,
    NotSentError,
    OfficialExpiredError,
    Problem,
    StillRefusedError,
    WorkspaceDeactivatedError,
    WriteError,
)
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, RenewalState
from tests.support.fakes import START

ANA = AccountKey("a", "ana")
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
ENDED, OFFLINE = LoginEndedError(reason="it was used elsewhere").problem, NotSentError(reason="no network").problem
FULL = WriteError(path="x", reason="the disk is full").problem


def ending(left: timedelta, *, renewable: bool = False, problem: Problem | None = None) -> AccountState:
    return AccountState(
        key=ANA,
        stores=(StoreKind.VAULT,),
        expires_at=START + left,
        renewable=renewable,
        renewal=RenewalState(problem=problem, last_at=START),
        checked_at=START,
    )


class Listener:
    """Looks at one state of an account after the other, and keeps what has been said."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.memory = AlertMemory()
        self.before: AppState | None = None

    def on_event(self, *accounts: AccountState, at: timedelta = timedelta()) -> list[Alert]:
        state = AppState(settings=self.settings, accounts=accounts)
        new, self.memory = alerts(
            state, self.memory, START + at, forecast=lambda _account, _window: None, before=self.before
        )
        self.before = compared(self.before, state)
        return list(new)


@pytest.mark.parametrize(
    ("left", "days", "count"),
    [(2 * DAY, 3, 1), (3 * DAY, 3, 1), (3 * DAY + SECOND, 3, 0), (SECOND, 0, 0)],
)
def test_a_login_that_nothing_renews_is_said_before_it_ends(left: timedelta, days: int, count: int) -> None:
    said = Listener(Settings(expiry_warning_days=days)).on_event(ending(left))
    assert said == [ExpiryAlert(account=ANA, expires_at=START + left)] * count


def test_a_login_that_renews_itself_is_not_said() -> None:
    assert Listener().on_event(ending(DAY, renewable=True)) == []


def test_a_login_is_said_where_renewing_by_itself_is_off() -> None:
    said = Listener(Settings(auto_renew=False)).on_event(ending(DAY, renewable=True))
    assert said == [ExpiryAlert(account=ANA, expires_at=START + DAY)]


@pytest.mark.parametrize("settings", [Settings(), Settings(expiry_warning_days=30, auto_renew=False)])
def test_the_official_client_s_login_is_said_only_once_it_has_ended(settings: Settings) -> None:
    listener = Listener(settings)
    theirs = replace(ending(3 * DAY), stores=(StoreKind.OFFICIAL,))
    for left in (DAY, timedelta(hours=1), timedelta(minutes=4), SECOND):
        assert listener.on_event(theirs, at=3 * DAY - left) == []
    assert listener.on_event(theirs, at=3 * DAY) == [LoginAlert(account=ANA)]


def test_an_end_is_said_by_the_service_s_clock() -> None:
    # It is two hours behind this computer's.
    snapshot = Snapshot(taken_at=START, clock_offset=-7200.0)
    far, near = (replace(ending(left), snapshot=snapshot) for left in (3 * DAY - 1 * SECOND, -3600 * SECOND))
    assert Listener().on_event(far) == []
    (said,) = Listener().on_event(near)
    assert said == ExpiryAlert(account=ANA, expires_at=near.expires_at or START)
    state = AppState(accounts=(near,))
    for moment, still in ((START, True), (START + 3600 * SECOND, False)):
        assert holds(said, state, moment, lambda _account, _window: None) is still


def handed_over(account: AccountState, way: HandOver, settings: Settings | None = None) -> AppState:
    home = CodexHome(path="~/.codex", is_default=True, account=account.key, way=way)
    codex = CodexState(homes=(home,))
    return AppState(settings=settings or Settings(auto_renew=False), accounts=(account,), codex=codex)


@pytest.mark.parametrize(
    ("way", "problem", "said"),
    [
        (HandOver.WHOLE, None, []),
        (HandOver.WHOLE, OFFLINE, []),
        (HandOver.WHOLE, FULL, []),
        (HandOver.LENT, None, [ExpiryAlert]),
        (HandOver.LENT, FULL, [RenewalFailedAlert]),
    ],
)
def test_a_login_that_the_client_renews_is_neither_said_to_end_nor_to_have_failed(
    way: HandOver, problem: Problem | None, said: list[type[Alert]]
) -> None:
    state = handed_over(ending(DAY, renewable=True, problem=problem), way)
    new, _ = alerts(state, AlertMemory(), START, forecast=lambda _account, _window: None)
    assert [type(alert) for alert in new] == said


@pytest.mark.parametrize(("way", "still"), [(HandOver.WHOLE, False), (HandOver.LENT, True)])
@pytest.mark.parametrize(
    "alert",
    [ExpiryAlert(account=ANA, expires_at=START + DAY), RenewalFailedAlert(account=ANA, problem=FULL)],
)
def test_what_was_held_back_of_a_login_is_old_once_the_client_renews_it(
    way: HandOver, alert: Alert, *, still: bool
) -> None:
    state = handed_over(ending(DAY, renewable=True, problem=FULL), way)
    assert holds(alert, state, START, lambda _account, _window: None) is still


@pytest.mark.parametrize("problem", [ENDED, WorkspaceDeactivatedError().problem])
@pytest.mark.parametrize(
    "alert",
    [ExpiryAlert(account=ANA, expires_at=START + DAY), RenewalFailedAlert(account=ANA, problem=FULL)],
)
def test_of_a_login_that_has_ended_meanwhile_nothing_else_holds(alert: Alert, problem: Problem) -> None:
    failed = ending(DAY, renewable=True, problem=FULL)
    for account, still in ((failed, True), (replace(failed, problem=problem), False)):
        state = AppState(settings=Settings(auto_renew=False), accounts=(account,))
        assert holds(alert, state, START, lambda _account, _window: None) is still


def test_an_ending_login_is_said_once_until_it_is_another_one() -> None:
    listener = Listener(Settings(renewed_alerts=False))
    assert [len(listener.on_event(ending(left))) for left in (DAY, DAY, 2 * DAY, 2 * DAY)] == [1, 0, 1, 0]


def test_a_renewal_that_fails_while_travelling_is_news_when_the_login_ends_soon() -> None:
    listener = Listener()
    assert listener.on_event(ending(5 * DAY, renewable=True, problem=OFFLINE)) == []
    said = listener.on_event(ending(5 * DAY, renewable=True, problem=OFFLINE), at=2 * DAY)
    assert said == [ExpiryAlert(account=ANA, expires_at=START + 5 * DAY)]


def test_a_renewal_that_fails_for_good_reason_is_said_once() -> None:
    listener = Listener()
    failed = ending(5 * DAY, renewable=True, problem=FULL)
    assert listener.on_event(failed) == [RenewalFailedAlert(account=ANA, problem=FULL)]
    assert listener.on_event(failed) == []
    assert listener.on_event(failed, at=2 * DAY) == [ExpiryAlert(account=ANA, expires_at=START + 5 * DAY)]


def test_a_renewal_that_fails_shortly_before_the_end_is_one_message() -> None:
    listener = Listener()
    failed = ending(DAY, renewable=True, problem=FULL)
    assert [type(a) for look in range(3) for a in listener.on_event(failed, at=look * SECOND)] == [RenewalFailedAlert]


@pytest.mark.parametrize(
    "account",
    [
        ending(5 * DAY, renewable=True, problem=ENDED),
        ending(-DAY),
        replace(ending(-DAY), stores=(StoreKind.OFFICIAL,), problem=OfficialExpiredError().problem),
    ],
)
def test_a_login_that_has_ended_is_said_once_and_nothing_else_of_it(account: AccountState) -> None:
    listener = Listener()
    looks = [listener.on_event(account, at=n * timedelta(hours=1)) for n in range(3)]
    assert looks == [[LoginAlert(account=ANA)], [], []]


def test_a_login_that_seems_to_work_again_for_once_is_not_said_again() -> None:
    listener = Listener()
    bad, good = ending(5 * DAY, renewable=True, problem=ENDED), ending(5 * DAY, renewable=True)
    assert [len(listener.on_event(a)) for a in (bad, good, bad)] == [1, 0, 0]


def test_the_next_login_is_said_when_it_ends() -> None:
    listener = Listener(Settings(renewed_alerts=False))
    assert [len(listener.on_event(ending(left))) for left in (-2 * DAY, 9 * DAY, -DAY)] == [1, 0, 1]


def test_an_account_that_is_not_there_for_a_while_is_not_said_again() -> None:
    listener = Listener()
    assert [len(listener.on_event(*found)) for found in ([ending(-DAY)], [], [ending(-DAY)])] == [1, 0, 0]


def test_a_renewal_is_said_only_where_that_is_wanted() -> None:
    old, new = ending(DAY, renewable=True), ending(10 * DAY, renewable=True)
    wanted = Listener(Settings(renewed_alerts=True))
    assert [wanted.on_event(a) for a in (old, new, new)] == [
        [],
        [RenewedAlert(account=ANA, expires_at=START + 10 * DAY)],
        [],
    ]
    quiet = Listener(Settings(renewed_alerts=False))
    assert [quiet.on_event(a) for a in (old, new)] == [[], []]


def test_a_check_that_needed_no_renewal_is_not_said_to_be_one() -> None:
    fresh = ending(10 * DAY, renewable=True)
    listener = Listener(Settings(renewed_alerts=True))
    assert [listener.on_event(a) for a in (replace(fresh, renewal=RenewalState()), fresh)] == [[], []]


@pytest.mark.parametrize(
    ("alert", "account", "button"),
    [
        (LoginAlert(account=ANA), None, AlertHelp.LOG_IN),
        (ExpiryAlert(account=ANA, expires_at=START), ending(DAY), AlertHelp.LOG_IN),
        (ExpiryAlert(account=ANA, expires_at=START), ending(DAY, renewable=True), AlertHelp.RENEW),
        (RenewalFailedAlert(account=ANA, problem=FULL), ending(DAY, renewable=True), AlertHelp.RENEW),
        (RenewedAlert(account=ANA, expires_at=START), ending(DAY), AlertHelp.OPEN),
    ],
)
def test_each_alert_has_the_button_that_helps(alert: Alert, account: AccountState | None, button: AlertHelp) -> None:
    assert help_with(alert, account) is button


def test_a_renewal_is_no_news_before_the_service_has_taken_what_it_brought() -> None:
    old, new = ending(DAY, renewable=True), ending(10 * DAY, renewable=True)
    asked, untried = replace(new, checking=True), replace(new, checked_at=START - DAY)
    refused = replace(new, problem=StillRefusedError(reason="the login was revoked").problem)
    listener = Listener(Settings(renewed_alerts=True))
    assert [listener.on_event(a) for a in (old, asked, untried)] == [[], [], []]
    assert listener.on_event(new) == [RenewedAlert(account=ANA, expires_at=START + 10 * DAY)]
    worse = Listener(Settings(renewed_alerts=True))
    assert [worse.on_event(a) for a in (old, asked, refused, refused)] == [[], [], [LoginAlert(account=ANA)], []]


def test_a_workspace_that_cannot_be_used_is_said_once_until_it_can_again() -> None:
    listener = Listener(Settings(renewed_alerts=False))
    problem = WorkspaceDeactivatedError().problem
    good, off = ending(10 * DAY, renewable=True), NotSentError(reason="no network").problem
    bad = replace(good, problem=problem)
    looks = [listener.on_event(a) for a in (bad, bad, replace(good, problem=off), bad, good, bad)]
    said = UnusableAlert(account=ANA, problem=problem)
    assert looks == [[said], [], [], [], [], [said]]
