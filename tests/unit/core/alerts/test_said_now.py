"""What is said of alerts that waited while a window of the program was in front."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.alerts.alert import (
    Alert,
    AlertMemory,
    CreditAlert,
    LimitedAlert,
    LoginAlert,
    PaceAlert,
    QuotaAlert,
    RestoredAlert,
)
from probe_tray.core.alerts.evaluation import alerts, said_now
from probe_tray.core.quota.snapshot import Limit, Snapshot, SpendControl, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from tests.support.fakes import START

ANA, BEN = AccountKey("a", "ana"), AccountKey("b", "ben")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPENT = SpendControl(reached=True, reset_at=START + DAY)
LENGTHS = {WindowKind.SHORT: 18_000, WindowKind.WEEKLY: 604_800}
RESETS = {WindowKind.SHORT: START + 3 * HOUR, WindowKind.WEEKLY: START + 3 * DAY}


def window(kind: WindowKind, used: float) -> Window:
    return Window(kind=kind, seconds=LENGTHS[kind], used_percent=used, reset_at=RESETS[kind])


def short(used: float) -> Window:
    return window(WindowKind.SHORT, used)


def week(used: float) -> Window:
    return window(WindowKind.WEEKLY, used)


def account(*windows: Window, key: AccountKey = ANA, **told: object) -> AccountState:
    snapshot = replace(Snapshot(taken_at=START, main=Limit(windows=windows)), **told)
    return AccountState(key=key, stores=(), snapshot=snapshot, renewable=True)


class Held:
    """Looks at one state after the other, and says at the end what the last of them makes of all that was found."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.memory, self.batch = AlertMemory(), list[Alert]()
        self.told = self.memory.said
        self.state = AppState()
        self.runs_out_at: datetime | None = None

    def look(self, *accounts: AccountState) -> None:
        self.state = AppState(settings=self.settings, accounts=accounts)
        new, self.memory = alerts(self.state, self.memory, START, forecast=self._forecast)
        self.batch += new

    def tell(self) -> None:
        """What was found until now was said."""
        self.batch.clear()
        self.told = self.memory.said

    @property
    def said(self) -> list[str]:
        return [words(alert) for alert in said_now(tuple(self.batch), self.state, START, self._forecast, self.told)]

    def _forecast(self, account: AccountState, window: Window) -> datetime | None:
        del account, window
        return self.runs_out_at


def words(alert: Alert) -> str:
    who = alert.account.user_id
    match alert:
        case QuotaAlert():
            return f"{who} {alert.window.kind.value} {alert.level.value} {alert.window.used_percent:g}"
        case PaceAlert():
            return f"{who} {alert.window.kind.value} pace {alert.window.used_percent:g} {alert.runs_out_at:%H:%M}"
        case CreditAlert():
            return f"{who} {alert.count} credits"
        case _:
            return f"{who} {type(alert).__name__}"


@pytest.mark.parametrize(
    ("used", "said"),
    [
        ((82, 88, 96, 100), ["ana weekly exhausted 100"]),
        ((82, 96), ["ana weekly critical 96"]),
        ((82, 91), ["ana weekly warning 91"]),
        ((96, 99), ["ana weekly critical 99"]),
        ((82, 96, 92), ["ana weekly warning 92"]),
        ((96, 10), []),
        ((82, 10, 84), ["ana weekly warning 84"]),
    ],
)
def test_of_a_limit_the_last_is_said_as_it_is_now(used: tuple[float, ...], said: list[str]) -> None:
    held = Held()
    for percent in used:
        held.look(account(short(10), week(percent)))
    assert held.said == said


def test_limits_of_two_accounts_are_counted_once_each() -> None:
    held = Held()
    for percent in (82, 96, 100):
        held.look(account(week(percent)), account(week(percent), key=BEN))
    assert held.said == ["ana weekly exhausted 100", "ben weekly exhausted 100"]


def test_two_limits_of_an_account_are_both_said_while_there_is_capacity() -> None:
    held = Held()
    held.look(account(short(82), week(10)))
    held.look(account(short(85), week(97)))
    assert held.said == ["ana 5h warning 85", "ana weekly critical 97"]


def test_where_there_is_no_capacity_only_that_is_said_and_only_of_the_limit_that_is_reset_last() -> None:
    held = Held()
    held.look(account(short(82), week(96)))
    held.look(account(short(100), week(99)))
    assert held.said == ["ana 5h exhausted 100"]
    held.look(account(short(100), week(100)))
    assert held.said == ["ana weekly exhausted 100"]


def test_a_limit_of_the_service_contains_what_was_found_of_the_windows() -> None:
    held = Held()
    held.look(account(week(82)))
    held.look(account(week(83), spend=SPENT))
    assert held.said == ["ana LimitedAlert"]


def test_that_there_is_capacity_again_is_no_news_where_nobody_was_told_that_there_was_none() -> None:
    held = Held()
    held.look(account(week(100)))
    held.look(account(week(10)))
    assert [type(alert) for alert in held.batch] == [QuotaAlert, RestoredAlert]
    assert held.said == []


def test_that_there_is_capacity_again_is_said_to_whom_was_told_that_there_was_none() -> None:
    held = Held()
    held.look(account(week(100)))
    held.tell()
    held.look(account(week(10)))
    assert held.said == ["ana RestoredAlert"]
    # Used up and reset once more, unseen.
    held.look(account(week(100)))
    held.look(account(week(12)))
    assert held.said == ["ana RestoredAlert"]


def test_a_second_limit_that_is_used_up_unseen_keeps_no_news_of_capacity_from_who_was_told_of_the_first() -> None:
    held = Held()
    held.look(account(short(100), week(99)))
    held.tell()
    held.look(account(short(100), week(100)))
    held.look(account(short(12), week(12)))
    assert held.said == ["ana RestoredAlert"]


def test_a_pace_is_told_as_it_is_now_and_not_beside_the_last_level() -> None:
    held = Held(Settings(pace_alerts=True))
    held.runs_out_at = START + HOUR
    held.look(account(short(60)))
    held.runs_out_at = START + HOUR / 2
    held.look(account(short(70)))
    assert held.said == [f"ana 5h pace 70 {START + HOUR / 2:%H:%M}"]
    held.look(account(short(85)))
    assert held.said == [f"ana 5h pace 85 {START + HOUR / 2:%H:%M}", "ana 5h warning 85"]
    held.look(account(short(97)))
    assert held.said == ["ana 5h critical 97"]


def test_credits_that_expire_soon_are_counted_as_they_are_now() -> None:
    held = Held(Settings(credit_warning_days=3))
    first, second = START + DAY, START + 2 * DAY
    held.look(account(week(10), reset_credit_ends=(first,)))
    held.look(account(week(10), reset_credit_ends=(first, second)))
    assert held.said == ["ana 2 credits"]
    held.look(account(week(10), reset_credit_ends=(first,)))
    assert held.said == ["ana 1 credits"]


def test_what_is_about_no_limit_is_said_beside_it() -> None:
    held = Held()
    held.look(account(week(100)))
    login = LoginAlert(account=BEN)
    batch = (*held.batch, login, LimitedAlert(account=AccountKey("gone")))
    ended = replace(account(key=BEN), renewable=False, expires_at=START - DAY)
    state = replace(held.state, accounts=(*held.state.accounts, ended))
    assert said_now(batch, state, START, lambda _account, _window: None) == (*held.batch, login)
