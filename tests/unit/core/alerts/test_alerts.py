from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import (
    Alert,
    AlertHelp,
    AlertMemory,
    CreditAlert,
    Gravity,
    Level,
    LimitedAlert,
    LoginAlert,
    PaceAlert,
    QuotaAlert,
    RestoredAlert,
    gravity,
    helped_account,
)
from probe_tray.core.alerts.evaluation import alerts
from probe_tray.core.quota.glitch_filter import steady
from probe_tray.core.quota.snapshot import Limit, Snapshot, SpendControl, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from tests.support.fakes import START

ANA, BEN = AccountKey("a", "ana"), AccountKey("b", "ben")
RESET = START + timedelta(hours=3)
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
WARNING, CRITICAL, EXHAUSTED, RESTORED = "warning", "critical", "exhausted", "restored"
LENGTHS = {
    WindowKind.SHORT: 18_000,
    WindowKind.WEEKLY: 604_800,
    WindowKind.MONTHLY: 2_592_000,
    WindowKind.BUDGET: None,
    WindowKind.OTHER: 86_400,
}


def window(used: float, reset_at: datetime | None = RESET, kind: WindowKind = WindowKind.SHORT) -> Window:
    return Window(kind=kind, seconds=LENGTHS[kind], used_percent=used, reset_at=reset_at)


def week(used: float, reset_at: datetime = RESET + 2 * DAY) -> Window:
    return window(used, reset_at, WindowKind.WEEKLY)


def account(*windows: Window, key: AccountKey = ANA, offset: float = 0) -> AccountState:
    snapshot = Snapshot(taken_at=START, main=Limit(windows=windows), clock_offset=offset)
    return AccountState(key=key, stores=(StoreKind.VAULT,), snapshot=snapshot, renewable=True)


class Listener:
    """Looks at one state after the other, and keeps what has been said."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.memory = AlertMemory()
        self.runs_out_at: datetime | None = None

    def on_event(self, *accounts: AccountState, at: datetime = START, quiet: bool = False) -> list[Alert]:
        state = AppState(settings=self.settings, accounts=accounts)
        new, self.memory = alerts(state, self.memory, at, forecast=self._forecast, quiet=quiet)
        return list(new)

    def words(self, *windows: Window, at: datetime = START, quiet: bool = False) -> list[str]:
        return [word(alert) for alert in self.on_event(account(*windows), at=at, quiet=quiet)]

    def _forecast(self, account: AccountState, window: Window) -> datetime | None:
        del account, window
        return self.runs_out_at


def word(alert: Alert) -> str:
    return alert.level.value if isinstance(alert, QuotaAlert) else type(alert).__name__.removesuffix("Alert").lower()


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (0, []),
        (79.9, []),
        (80, [WARNING]),
        (94.9, [WARNING]),
        (95, [CRITICAL]),
        (99.9, [CRITICAL]),
        (100, [EXHAUSTED]),
    ],
)
def test_a_window_is_said_at_the_levels_of_the_settings(used: float, said: list[str]) -> None:
    assert Listener().words(window(used)) == said


def test_what_was_said_of_an_account_that_is_not_looked_at_stays_as_it_was() -> None:
    listener = Listener()
    listener.on_event(account(window(99)), account(window(10), key=BEN))
    of_ana = listener.memory.said
    assert [alert.account for alert in listener.on_event(account(window(99), key=BEN))] == [BEN]
    assert listener.memory.said > of_ana
    assert listener.on_event(account(window(99)), account(window(99), key=BEN)) == []


def test_what_was_said_is_known_by_account_however_the_memory_has_come_about() -> None:
    listener = Listener()
    listener.on_event(account(window(99)), account(window(85), key=BEN))
    memory = listener.memory
    loaded = AlertMemory(said=memory.said)
    assert memory.by_account == loaded.by_account
    assert set(memory.by_account) == {ANA.slug, BEN.slug}
    assert memory.with_said({}) is memory
    without = memory.with_said({ANA.slug: frozenset()})
    assert without == AlertMemory(said=memory.by_account[BEN.slug])
    assert without.by_account == {BEN.slug: memory.by_account[BEN.slug]}


@pytest.mark.parametrize("kind", WindowKind)
def test_every_kind_of_window_is_said(kind: WindowKind) -> None:
    assert Listener().words(window(99, kind=kind)) == [CRITICAL]


def test_each_kind_has_levels_of_its_own() -> None:
    listener = Listener(Settings(warn_weekly_percent=50, critical_weekly_percent=60))
    assert listener.words(window(70), week(55)) == [WARNING]
    assert listener.words(window(70), week(65)) == [CRITICAL]


def test_an_account_without_numbers_says_nothing() -> None:
    assert Listener().on_event(AccountState(key=ANA, stores=(StoreKind.VAULT,))) == []


def test_each_level_is_said_once() -> None:
    listener = Listener()
    said = [listener.words(window(used)) for used in (81, 85, 96, 99, 100, 100)]
    assert said == [[WARNING], [], [CRITICAL], [], [EXHAUSTED], []]


def test_falling_back_below_a_level_does_not_say_the_lower_one() -> None:
    listener = Listener()
    assert [listener.words(window(used)) for used in (96, 85, 81)] == [[CRITICAL], [], []]


def test_a_use_that_has_fallen_below_a_level_says_it_again() -> None:
    listener = Listener()
    said = [listener.words(window(used)) for used in (96, 50, 85, 97)]
    assert said == [[CRITICAL], [], [WARNING], [CRITICAL]]


def test_accounts_and_kinds_are_said_each() -> None:
    busy = (window(90), week(90))
    said = Listener().on_event(account(*busy), account(*busy, key=BEN))
    assert [(a.account, a.window.kind) for a in said if isinstance(a, QuotaAlert)] == [
        (ANA, WindowKind.SHORT),
        (ANA, WindowKind.WEEKLY),
        (BEN, WindowKind.SHORT),
        (BEN, WindowKind.WEEKLY),
    ]


@pytest.mark.parametrize("seconds", [-240, -120, -5, 1, 120, 240])
def test_a_reset_that_jitters_says_nothing_again(seconds: int) -> None:
    listener = Listener()
    assert listener.words(window(90)) == [WARNING]
    assert listener.words(window(90, RESET + seconds * SECOND)) == []


def test_a_new_window_is_said_anew() -> None:
    listener = Listener()
    listener.words(window(96))
    later = RESET + timedelta(hours=1)
    assert listener.words(window(10, RESET + timedelta(hours=5)), at=later) == []
    assert listener.words(window(85, RESET + timedelta(hours=5)), at=later) == [WARNING]


def test_an_answer_that_puts_the_reset_a_little_later_just_after_it_says_nothing_again() -> None:
    listener = Listener()
    listener.words(window(96))
    assert listener.words(window(96, RESET + 5 * SECOND), at=RESET + 2 * SECOND) == []


def test_old_numbers_say_nothing_about_the_window_that_began_since() -> None:
    listener = Listener()
    listener.words(window(100))
    looks = [RESET + minutes * MINUTE for minutes in (0, 1, 5, 60)]
    assert [listener.words(window(100), at=look) for look in looks] == [[], [], [], []]


@pytest.mark.parametrize("offset", [-4 * 3600, 4 * 3600])
def test_resets_are_told_by_the_service_s_clock(offset: int) -> None:
    listener = Listener()
    here = START - offset * SECOND
    said = [listener.on_event(account(window(96), offset=offset), at=here + n * SECOND) for n in range(3)]
    assert [len(new) for new in said] == [1, 0, 0]


def test_a_reset_that_is_left_out_for_once_makes_no_new_window() -> None:
    listener = Listener()
    assert [listener.words(w) for w in (window(90), window(90, None), window(90))] == [[WARNING], [], []]
    other = Listener()
    assert [other.words(w) for w in (window(90, None), window(90))] == [[WARNING], []]


def test_a_window_without_a_reset_is_said_once_in_its_length() -> None:
    listener = Listener()
    hours = [listener.words(window(90, None), at=START + n * timedelta(hours=1)) for n in range(5)]
    assert hours == [[WARNING], [], [], [], []]
    assert listener.words(window(90, None), at=START + timedelta(hours=6)) == [WARNING]


def test_a_reset_that_cannot_be_meant_is_said_once_too() -> None:
    far = [window(90, START + timedelta(days=1000 + n)) for n in range(3)]
    listener = Listener()
    assert [listener.words(w, at=START + n * MINUTE) for n, w in enumerate(far)] == [[WARNING], [], []]


def test_where_there_is_no_capacity_only_the_window_that_is_reset_last_is_said() -> None:
    (said,) = Listener().on_event(account(window(100), week(100)))
    assert isinstance(said, QuotaAlert)
    assert said.window == week(100)
    (said,) = Listener().on_event(account(window(100, None), week(100)))
    assert isinstance(said, QuotaAlert)
    assert said.window == window(100, None)
    assert Listener().words(window(90), week(100)) == [EXHAUSTED]


def test_capacity_that_comes_back_is_said_after_its_end_was() -> None:
    listener = Listener()
    later = RESET + MINUTE
    assert listener.words(window(100)) == [EXHAUSTED]
    assert listener.words(window(0, RESET + timedelta(hours=5)), at=later) == [RESTORED]
    assert listener.words(window(1, RESET + timedelta(hours=5)), at=later) == []


def test_used_up_is_said_again_after_capacity_was_said_to_be_back() -> None:
    listener = Listener()
    said = [listener.words(window(used), at=START + n * MINUTE) for n, used in enumerate((100, 40, 100, 100, 98, 100))]
    assert said == [[EXHAUSTED], [RESTORED], [EXHAUSTED], [], [RESTORED], [EXHAUSTED]]


def test_a_limit_without_a_full_window_is_said_again_after_capacity_was_back() -> None:
    listener = Listener()
    limited = replace(account(window(50)), snapshot=Snapshot(taken_at=START, spend=SpendControl(reached=True)))
    said = [word(a) for found in (limited, account(window(50)), limited) for a in listener.on_event(found)]
    assert said == ["limited", RESTORED, "limited"]


def test_capacity_that_was_never_said_to_be_gone_is_not_said_to_be_back() -> None:
    listener = Listener()
    assert listener.words(window(97)) == [CRITICAL]
    assert listener.words(window(0, RESET + timedelta(hours=5)), at=RESET + MINUTE) == []


def test_capacity_is_not_back_while_another_window_is_used_up() -> None:
    listener = Listener()
    assert listener.words(window(100), week(90)) == [EXHAUSTED]
    later, fresh = RESET + MINUTE, window(0, RESET + timedelta(hours=5))
    assert listener.words(fresh, week(100), at=later) == [EXHAUSTED]
    assert listener.words(fresh, week(0, RESET + 9 * DAY), at=RESET + 2 * DAY + MINUTE) == [RESTORED]


def test_a_limit_without_a_full_window_is_said_once_until_there_is_capacity() -> None:
    listener = Listener()
    limited = replace(account(window(50)), snapshot=Snapshot(taken_at=START, spend=SpendControl(reached=True)))
    assert [word(a) for look in range(3) for a in listener.on_event(limited, at=START + look * MINUTE)] == ["limited"]
    assert listener.words(window(50)) == [RESTORED]


def test_one_glitch_neither_says_that_capacity_is_back_nor_again_that_it_is_gone() -> None:
    listener, said = Listener(), list[str]()
    limited = Snapshot(taken_at=START, main=Limit(reached=True, windows=(window(50),)))
    free = Snapshot(taken_at=START, main=Limit(reached=False, windows=(window(50),)))
    last: Snapshot | None = None
    for answer in (limited, free, limited, free, free):
        last = steady(last, answer)
        said += [word(alert) for alert in listener.on_event(replace(account(), snapshot=last))]
    assert said == ["limited", RESTORED]


def test_the_pace_is_said_once_and_only_where_it_is_wanted() -> None:
    listener = Listener(Settings(pace_alerts=True))
    assert listener.words(window(50)) == []
    listener.runs_out_at = START + timedelta(hours=1)
    (said,) = listener.on_event(account(window(50)))
    assert said == PaceAlert(account=ANA, window=window(50), runs_out_at=START + timedelta(hours=1))
    assert listener.words(window(60)) == []
    silent = Listener()
    silent.runs_out_at = START + timedelta(hours=1)
    assert silent.words(window(50)) == []


@pytest.mark.parametrize(("minutes_early", "said"), [(3, []), (29, []), (31, ["pace"])])
def test_a_pace_that_ends_minutes_before_the_reset_is_no_news(minutes_early: int, said: list[str]) -> None:
    listener = Listener(Settings(pace_alerts=True))
    listener.runs_out_at = RESET - minutes_early * MINUTE
    assert listener.words(window(50)) == said


def test_reset_credits_are_said_together_before_they_are_lost() -> None:
    ends = tuple(START + n * DAY for n in (1, 2, 10))
    owner = replace(account(), snapshot=Snapshot(taken_at=START, reset_credits=3, reset_credit_ends=ends))
    listener = Listener()
    assert listener.on_event(owner) == [CreditAlert(account=ANA, count=2, expires_at=START + DAY)]
    assert listener.on_event(owner, at=START + MINUTE) == []
    assert listener.on_event(owner, at=START + 8 * DAY) == [
        CreditAlert(account=ANA, count=1, expires_at=START + 10 * DAY)
    ]
    assert Listener(Settings(credit_warning_days=0)).on_event(owner) == []


def test_in_quiet_hours_what_matters_waits_and_what_passes_is_forgotten() -> None:
    listener = Listener()
    assert listener.words(window(85), week(96), quiet=True) == []
    assert listener.words(window(85), week(96)) == [CRITICAL]


def test_what_no_longer_holds_after_quiet_hours_is_not_said() -> None:
    listener = Listener()
    assert listener.words(window(100), quiet=True) == []
    assert listener.words(window(0, RESET + timedelta(hours=5)), at=RESET + MINUTE) == []


def test_a_button_is_about_an_account_only_where_there_is_one() -> None:
    both: tuple[Alert, ...] = (LoginAlert(account=ANA), RestoredAlert(account=BEN))
    states = (account(key=ANA), account(key=BEN))
    assert helped_account(both, AlertHelp.LOG_IN, states) == ANA
    assert helped_account(both, AlertHelp.OPEN, states) is None
    assert helped_account(both, AlertHelp.RENEW, states) is None
    assert helped_account((*both, LoginAlert(account=BEN)), AlertHelp.LOG_IN, states) is None


def test_what_keeps_from_working_is_the_gravest() -> None:
    full = QuotaAlert(account=ANA, window=window(100), level=Level.EXHAUSTED)
    assert [gravity(a) for a in (LoginAlert(account=ANA), LimitedAlert(account=ANA), full)] == [Gravity.BLOCKED] * 3
    assert gravity(replace(full, level=Level.CRITICAL)) is Gravity.DANGER
    assert gravity(replace(full, level=Level.WARNING)) is Gravity.NEWS
