from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.alerts import Alert, ExpiryAlert, Level, QuotaAlert, Said, alerts
from probe_tray.core.identity import AccountKey, StoreKind
from probe_tray.core.quota import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from tests.support.fakes import START

ANA, BEN = AccountKey("a", "ana"), AccountKey("b", "ben")
RESET = START + timedelta(hours=3)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
NOTHING: frozenset[Said] = frozenset()


def window(used: float, reset_at: datetime | None = RESET, kind: WindowKind = WindowKind.SHORT) -> Window:
    return Window(kind=kind, seconds=18000, used_percent=used, reset_at=reset_at)


def account(*windows: Window, key: AccountKey = ANA, offset: float = 0) -> AccountState:
    snapshot = Snapshot(taken_at=START, main=Limit(windows=windows), clock_offset=offset)
    return AccountState(key=key, stores=(StoreKind.VAULT,), snapshot=snapshot)


def ending(in_time: timedelta, *, renewable: bool = False) -> AccountState:
    return AccountState(key=ANA, stores=(StoreKind.OFFICIAL,), expires_at=START + in_time, renewable=renewable)


class Listener:
    """Looks at one state after the other, and keeps what has been said."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.said = NOTHING

    def hear(self, *accounts: AccountState, at: datetime = START) -> list[Alert]:
        state = AppState(settings=self.settings, accounts=accounts)
        new, self.said = alerts(state, self.said, at)
        return list(new)

    def levels(self, *windows: Window, at: datetime = START) -> list[Level]:
        return [a.level for a in self.hear(account(*windows), at=at) if isinstance(a, QuotaAlert)]


@pytest.mark.parametrize(
    ("used", "level"),
    [
        (0, []),
        (79.9, []),
        (80, [Level.WARNING]),
        (94.9, [Level.WARNING]),
        (95, [Level.CRITICAL]),
        (100, [Level.CRITICAL]),
    ],
)
def test_a_window_is_said_at_the_levels_of_the_settings(used: float, level: list[Level]) -> None:
    assert Listener().levels(window(used)) == level


def test_the_levels_can_be_set() -> None:
    assert Listener(Settings(warn_used_percent=10, critical_used_percent=20)).levels(window(15)) == [Level.WARNING]


@pytest.mark.parametrize(
    ("kind", "count"), [(WindowKind.SHORT, 1), (WindowKind.WEEKLY, 1), (WindowKind.MONTHLY, 1), (WindowKind.OTHER, 0)]
)
def test_windows_that_people_name_are_said(kind: WindowKind, count: int) -> None:
    assert len(Listener().levels(window(99, kind=kind))) == count


def test_an_account_without_numbers_says_nothing() -> None:
    assert Listener().hear(AccountState(key=ANA, stores=(StoreKind.VAULT,))) == []


def test_each_level_is_said_once() -> None:
    listener = Listener()
    said = [listener.levels(window(used)) for used in (81, 85, 96, 99, 100)]
    assert said == [[Level.WARNING], [], [Level.CRITICAL], [], []]


def test_falling_back_below_a_level_does_not_say_the_lower_one_later() -> None:
    listener = Listener()
    assert [listener.levels(window(used)) for used in (96, 85, 50, 85, 97)] == [[Level.CRITICAL], [], [], [], []]


def test_accounts_and_kinds_are_said_each() -> None:
    busy = (window(90), window(90, RESET + DAY, WindowKind.WEEKLY))
    said = Listener().hear(account(*busy), account(*busy, key=BEN))
    assert [(a.account, a.window.kind) for a in said if isinstance(a, QuotaAlert)] == [
        (ANA, WindowKind.SHORT),
        (ANA, WindowKind.WEEKLY),
        (BEN, WindowKind.SHORT),
        (BEN, WindowKind.WEEKLY),
    ]


@pytest.mark.parametrize("seconds", [-120, -5, 1, 120])
def test_a_reset_that_jitters_says_nothing_again(seconds: int) -> None:
    listener = Listener()
    assert listener.levels(window(90)) == [Level.WARNING]
    assert listener.levels(window(90, RESET + seconds * SECOND)) == []


def test_a_new_window_is_said_anew() -> None:
    listener = Listener()
    listener.levels(window(96))
    later = RESET + timedelta(hours=1)
    assert listener.levels(window(10, RESET + timedelta(hours=5)), at=later) == []
    assert listener.levels(window(85, RESET + timedelta(hours=5)), at=later) == [Level.WARNING]


def test_an_answer_that_puts_the_reset_a_little_later_just_after_it_says_nothing_again() -> None:
    listener = Listener()
    listener.levels(window(96))
    assert listener.levels(window(96, RESET + 5 * SECOND), at=RESET + 2 * SECOND) == []


def test_old_numbers_say_nothing_about_the_window_that_began_since() -> None:
    listener = Listener()
    listener.levels(window(96))
    looks = [RESET + minutes * timedelta(minutes=1) for minutes in (0, 1, 5, 60)]
    assert [listener.levels(window(96), at=look) for look in looks] == [[], [], [], []]


@pytest.mark.parametrize("offset", [-4 * 3600, 4 * 3600])
def test_resets_are_told_by_the_service_s_clock(offset: int) -> None:
    listener = Listener()
    here = START - offset * SECOND
    said = [listener.hear(account(window(96), offset=offset), at=here + n * SECOND) for n in range(3)]
    assert [len(new) for new in said] == [1, 0, 0]


def test_a_reset_that_is_left_out_for_once_makes_no_new_window() -> None:
    listener = Listener()
    assert [listener.levels(w) for w in (window(90), window(90, None), window(90))] == [[Level.WARNING], [], []]


def test_a_window_without_a_reset_is_said_once() -> None:
    listener = Listener()
    assert [listener.levels(window(90, None)) for _ in range(3)] == [[Level.WARNING], [], []]


@pytest.mark.parametrize(
    ("left", "days", "count"),
    [
        (2 * DAY, 3, 1),
        (3 * DAY, 3, 1),
        (3 * DAY + SECOND, 3, 0),
        (timedelta(), 3, 0),
        (-DAY, 3, 0),
        (SECOND, 0, 0),
    ],
)
def test_a_login_that_nothing_renews_is_said_before_it_ends(left: timedelta, days: int, count: int) -> None:
    said = Listener(Settings(expiry_warning_days=days)).hear(ending(left))
    assert said == [ExpiryAlert(account=ANA, expires_at=START + left)] * count


def test_a_login_that_renews_itself_is_not_said() -> None:
    assert Listener().hear(ending(DAY, renewable=True)) == []


def test_an_ending_login_is_said_once_until_it_is_another_one() -> None:
    listener = Listener()
    assert [len(listener.hear(ending(left))) for left in (DAY, DAY, 2 * DAY, 2 * DAY)] == [1, 0, 1, 0]


USED = st.floats(0, 100)
RESETS = st.none() | st.integers(-600, 600).map(lambda minutes: START + timedelta(minutes=minutes))
WINDOWS = st.builds(window, USED, RESETS, st.sampled_from(list(WindowKind)))
ENDS = st.none() | st.integers(-100, 100).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def states(draw: st.DrawFn) -> AppState:
    found: list[AccountState] = []
    for key in draw(st.lists(st.sampled_from([ANA, BEN]), unique=True)):
        windows = draw(st.lists(WINDOWS, max_size=4))
        offset = draw(st.sampled_from([0.0, 7200.0, -7200.0]))
        whole = replace(account(*windows, key=key, offset=offset), expires_at=draw(ENDS), renewable=draw(st.booleans()))
        found.append(whole)
    return AppState(accounts=tuple(found))


@given(st.lists(states(), max_size=5), st.integers(0, 600))
def test_looking_twice_says_nothing_twice(looks: list[AppState], minutes: int) -> None:
    said = NOTHING
    now = START + timedelta(minutes=minutes)
    for state in looks:
        _, said = alerts(state, said, now)
        again, kept = alerts(state, said, now)
        assert again == ()
        assert kept == said


@given(st.lists(st.tuples(USED, st.integers(-60, 60)), min_size=1, max_size=20))
def test_one_window_says_each_level_at_most_once_whatever_it_does(answers: list[tuple[float, int]]) -> None:
    listener = Listener()
    levels = [
        level
        for minute, (used, jitter) in enumerate(answers)
        for level in listener.levels(window(used, RESET + jitter * SECOND), at=START + timedelta(minutes=minute))
    ]
    assert levels in ([], [Level.WARNING], [Level.CRITICAL], [Level.WARNING, Level.CRITICAL])
    highest = max(used for used, _ in answers)
    assert (Level.CRITICAL in levels) == (highest >= 95)
    assert bool(levels) == (highest >= 80)


@given(states(), st.integers(0, 600))
def test_what_is_remembered_goes_with_its_period(state: AppState, minutes: int) -> None:
    now = START + timedelta(minutes=minutes)
    _, said = alerts(state, NOTHING, now)
    _, kept = alerts(state, said, now + timedelta(days=30))
    assert [entry for entry in kept if entry.until is not None] == []
