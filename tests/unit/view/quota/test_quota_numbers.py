"""The state as numbers for other programs."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import ReadError
from probe_tray.core.quota.guarded_window import GuardedWindow
from probe_tray.core.quota.quota_guard import GuardResult, guard
from probe_tray.core.quota.quota_overview import QuotaOverview
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AccountState, AppState, Unreadable
from probe_tray.view.quota.quota_numbers import quota_overview
from tests.unit.ui import samples

NOW = samples.NOW
ANA = samples.account("ana@example.com", samples.snapshot(42, 17))
FULL = samples.account("full@example.com", samples.snapshot(100, 20, short_in=timedelta(hours=1)))
OLD = samples.account("old@example.com", samples.snapshot(1, 1, age=timedelta(hours=3)), next_check=None)


def of(*accounts: AccountState, settings: Settings | None = None, pinned: str = "") -> QuotaOverview:
    arrangement = Arrangement(in_icon=pinned)
    state = AppState(loaded=True, accounts=accounts, settings=settings or Settings(), arrangement=arrangement)
    return quota_overview(state, NOW)


def test_an_account_is_told_with_its_windows_and_what_they_mean() -> None:
    (ana,) = of(ANA).accounts
    assert (ana.id, ana.name, ana.masked_name, ana.plan) == (ANA.key.slug, "ana@example.com", "a•••@e•••", "plus")
    assert (ana.state, ana.usable, ana.limited, ana.settled, ana.free_at) == ("available", True, False, True, None)
    assert [(w.name, w.used_percent, w.left_percent) for w in ana.windows] == [("5h", 42, 58), ("week", 17, 83)]
    assert ana.windows[0].reset_at == NOW + timedelta(hours=2, minutes=10)


def test_resets_are_told_by_this_computers_clock() -> None:
    snapshot = samples.snapshot(100, 20, short_in=timedelta(hours=1))
    (ahead,) = of(replace(ANA, snapshot=replace(snapshot, clock_offset=600.0))).accounts
    assert ahead.free_at == ahead.windows[0].reset_at == NOW + timedelta(minutes=50)


def test_a_login_that_has_ended_has_no_capacity_to_wait_for() -> None:
    kept = samples.snapshot(10, 100, weekly_in=timedelta(days=1), age=timedelta(days=2))
    dead = samples.account("dead@example.com", kept, problem=samples.ended())
    overview = of(dead, FULL)
    assert [account.free_at for account in overview.accounts] == [None, NOW + timedelta(hours=1)]
    assert overview.usual == overview.accounts[1]


def test_a_reset_that_has_passed_is_none_to_wait_for() -> None:
    old = samples.account("old@example.com", samples.snapshot(100, 1, short_in=-timedelta(minutes=1)))
    overview = of(old, FULL)
    assert [account.state for account in overview.accounts] == ["stale", "limited"]
    assert overview.usual == overview.accounts[1]


def test_the_next_account_is_that_of_the_summary() -> None:
    assert of(FULL, ANA).next == ANA.key.slug
    assert of(FULL).next is None
    other = samples.account("bob@example.com", samples.snapshot(60, 20))
    assert of(ANA, other, pinned=other.key.slug).next == other.key.slug


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        ((), (False, True)),
        ((ANA,), (True, False)),
        ((FULL,), (True, False)),
        ((OLD,), (False, True)),
        ((ANA, OLD), (False, False)),
        ((replace(OLD, problem=samples.ended()),), (True, True)),
        ((replace(ANA, snapshot=None),), (False, True)),
        ((replace(ANA, snapshot=samples.snapshot(95, 20, short_in=timedelta())),), (False, False)),
        ((replace(ANA, snapshot=samples.snapshot(95, 20, short_in=timedelta(seconds=1))),), (True, False)),
        ((replace(ANA, snapshot=samples.snapshot(20, 100, short_in=timedelta())),), (False, False)),
        # An answer that still names a reset that has come: another one may do so too.
        ((replace(ANA, snapshot=samples.snapshot(95, 20, short_in=-timedelta(minutes=5))),), (True, False)),
        # A window that is not used begins with the next request.
        ((replace(ANA, snapshot=samples.snapshot(0, 20, short_in=timedelta())),), (True, False)),
        (
            (replace(ANA, snapshot=samples.snapshot(95, 20, short_in=timedelta()), problem=samples.ended()),),
            (True, True),
        ),
    ],
)
def test_whether_the_service_would_know_better(accounts: tuple[AccountState, ...], told: tuple[bool, bool]) -> None:
    found = of(*accounts)
    assert (found.settled, found.is_unknown) == told


@pytest.mark.parametrize(
    ("kind", "seconds", "name"),
    [
        (WindowKind.SHORT, 18_000, "5h"),
        (WindowKind.SHORT, None, "5h"),
        (WindowKind.SHORT, 18_060, "5h"),
        (WindowKind.SHORT, 17_700, "5h"),
        (WindowKind.SHORT, 18_600, "310min"),
        (WindowKind.OTHER, 172_790, "2d"),
        (WindowKind.OTHER, 349_200, "97h"),
        (WindowKind.SHORT, 5_400, "90min"),
        (WindowKind.WEEKLY, 604_800, "week"),
        (WindowKind.MONTHLY, 2_592_000, "month"),
        (WindowKind.BUDGET, None, "budget"),
        (WindowKind.OTHER, 172_800, "2d"),
    ],
)
def test_windows_are_named_by_their_length(kind: WindowKind, seconds: int | None, name: str) -> None:
    window = Window(kind=kind, seconds=seconds, used_percent=1, reset_at=None)
    (account,) = of(replace(ANA, snapshot=Snapshot(taken_at=NOW, main=Limit(windows=(window,))))).accounts
    assert account.windows[0].name == name


def test_a_window_that_is_hardly_longer_than_five_hours_is_guarded_as_that() -> None:
    short = replace(samples.window(WindowKind.SHORT, 40, timedelta(hours=1)), seconds=18_060)
    (quota,) = of(samples.account("ana@example.com", Snapshot(taken_at=NOW, main=Limit(windows=(short,))))).accounts
    assert guard(quota, GuardedWindow.FIVE_HOURS, 20).result is GuardResult.ENOUGH


def test_use_in_tenths_claims_nothing_and_everything_only_where_it_is_so() -> None:
    (quota,) = of(samples.account("ana@example.com", samples.snapshot(99.97, 0.02))).accounts
    assert [(w.used_percent, w.left_percent) for w in quota.windows] == [(99.9, 0.1), (0.1, 99.9)]


def test_what_names_an_account_names_it_alone_and_shows_nothing_in_privacy_mode() -> None:
    twin = replace(ANA, key=replace(ANA.key, account_id="another"), alias="")
    found = of(ANA, FULL, twin, settings=Settings(privacy=True, percentages=Percentages.LEFT))
    assert (found.privacy, found.shows_left) == (True, True)
    assert [found.reference(a) for a in found.accounts] == [ANA.key.slug, "full@example.com", twin.key.slug]
    hidden = found.discreet()
    assert [hidden.reference(a) for a in hidden.accounts] == [a.id for a in found.accounts]
    told = msgspec.json.encode(hidden)
    assert b"example.com" not in told
    assert b"another" not in told


def test_what_could_not_be_read_may_have_more() -> None:
    problem = ReadError(path="a", reason="b").problem
    whole = AppState(loaded=True, accounts=(FULL,))
    partly = replace(whole, unreadable=(Unreadable(location="a", problem=problem),))
    locked = replace(whole, store_problems=((StoreKind.VAULT, problem),))
    assert [quota_overview(state, NOW).is_whole for state in (whole, partly, locked)] == [True, False, False]


def test_the_account_in_use_is_known() -> None:
    assert [a.in_use for a in of(ANA, replace(FULL, stores=(StoreKind.VAULT, StoreKind.OFFICIAL))).accounts] == [
        False,
        True,
    ]
