"""What of a check is worth drawing icon and menu anew."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.condition import tightest
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import NotSentError, RateLimitedError
from probe_tray.core.quota.forecast import follow
from probe_tray.core.quota.history import Meter, Trend
from probe_tray.core.quota.snapshot import Credits, Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import IconAccount, Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.presenter import Presenter
from probe_tray.view.screen import ClosedScreen
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.news import News, news
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW


def closed(state: AppState, now: datetime = NOW) -> ClosedScreen:
    return Presenter(UTC, Translator()).present_closed(state, now)


def is_news(before: AppState, state: AppState, now: datetime) -> bool:
    return news(before, state, closed(before, now).tray, now) is not News.NONE


def checked(account: AccountState, later: timedelta = timedelta(seconds=40), **numbers: object) -> AccountState:
    """The account after one more check that says the same but for ``numbers``."""
    assert account.snapshot is not None
    moment = account.snapshot.taken_at + later
    return replace(
        account,
        snapshot=replace(account.snapshot, taken_at=moment, **numbers),
        checked_at=moment,
        next_check=moment + timedelta(minutes=5),
    )


def jittered(limit: Limit, seconds: float) -> Limit:
    """The limit with all its resets moved."""
    by = timedelta(seconds=seconds)
    windows = (replace(w, reset_at=None if w.reset_at is None else w.reset_at + by) for w in limit.windows)
    return replace(limit, windows=tuple(windows))


def used(limit: Limit, percent: float) -> Limit:
    return replace(limit, windows=(replace(limit.windows[0], used_percent=percent), *limit.windows[1:]))


STATE = samples.only(samples.four().accounts[:2])
ANA = STATE.accounts[0]
assert ANA.snapshot is not None
MAIN = ANA.snapshot.main


def after(account: AccountState) -> AppState:
    return STATE.with_accounts((account, *STATE.accounts[1:]))


def test_a_check_that_brings_the_same_numbers_is_no_news() -> None:
    assert ANA.snapshot is not None
    trend = Trend(meter=Meter(kind=WindowKind.SHORT, seconds=18_000), percents=(1, 2))
    extra = (Limit(name="spark", windows=MAIN.windows),)
    before = after(checked(ANA, extra=extra))
    again = checked(before.accounts[0], main=jittered(MAIN, 29), extra=(jittered(extra[0], 3),))
    for account in (
        replace(before.accounts[0], checking=True),
        replace(before.accounts[0], next_check=NOW),
        replace(again, paces=follow((), ANA.snapshot), trend=trend),
    ):
        assert not is_news(before, before.with_accounts((account, *before.accounts[1:])), NOW)
    assert not is_news(before, before, NOW)


@pytest.mark.parametrize(
    "account",
    [
        checked(ANA, main=used(MAIN, 43.0)),
        checked(ANA, main=jittered(MAIN, 60)),
        checked(ANA, main=replace(MAIN, windows=MAIN.windows[:1])),
        checked(ANA, main=replace(MAIN, reached=True)),
        checked(ANA, extra=(MAIN,)),
        checked(ANA, code_review=MAIN),
        checked(ANA, credits=Credits(has_credits=True)),
        checked(ANA, plan="pro"),
        checked(ANA, clock_offset=7200.0),
        replace(ANA, snapshot=None),
        replace(ANA, problem=NotSentError(reason="x").problem),
        replace(ANA, expires_at=NOW + timedelta(days=30)),
        replace(ANA, muted_until=NOW + timedelta(hours=1)),
        replace(ANA, alias="Ana"),
    ],
)
def test_whatever_else_a_check_or_a_person_changes_is_news(account: AccountState) -> None:
    assert is_news(STATE, after(account), NOW)


def test_a_check_of_an_account_without_numbers_is_news() -> None:
    bare = after(replace(ANA, snapshot=None, checked_at=None))
    assert is_news(bare, bare.with_accounts((replace(bare.accounts[0], checking=True), *bare.accounts[1:])), NOW)


def test_a_check_of_an_account_without_limits_is_news() -> None:
    free = checked(ANA, main=Limit(allowed=True))
    assert is_news(after(free), after(checked(free, timedelta(minutes=3))), NOW)


def test_numbers_that_were_old_are_news_though_they_are_the_same() -> None:
    late = NOW + timedelta(hours=2)
    fresh = checked(ANA, timedelta(hours=2))
    assert is_news(STATE, after(fresh), late)
    refused = replace(ANA, problem=RateLimitedError(retry_after=timedelta(minutes=1)).problem)
    later = replace(refused, checked_at=late)
    assert is_news(after(refused), after(later), late)


moments = st.integers(-400, 400).map(lambda half: NOW + timedelta(minutes=30 * half))
minutes = st.sampled_from([-90, -16, -14, -5, 0]).map(lambda m: NOW + timedelta(minutes=m))
small = st.sampled_from([0.0, 1.0, 20.0, 59.0, 60.0])
windows = st.builds(
    Window,
    kind=st.sampled_from([WindowKind.SHORT, WindowKind.WEEKLY]),
    seconds=st.just(18_000),
    used_percent=st.sampled_from([0.0, 50.0, 79.6, 80.0, 100.0]),
    reset_at=st.none() | moments | st.sampled_from([-1.0, 0.0, 1.0]).map(lambda s: NOW + timedelta(seconds=s)),
)
snapshots = st.builds(
    Snapshot,
    taken_at=minutes,
    clock_offset=st.sampled_from([0.0, 7200.0]),
    main=st.builds(
        Limit, allowed=st.none() | st.booleans(), windows=st.lists(windows, min_size=0, max_size=2).map(tuple)
    ),
    reached_type=st.sampled_from(["", "workspace_limit"]),
)


@st.composite
def checks(draw: st.DrawFn) -> tuple[AppState, AppState]:
    """A state, and the same after a step of a check of one of its accounts."""
    base = samples.only(samples.conditions().accounts[: draw(st.integers(1, 5))])
    wanted = Settings(icon_account=draw(st.sampled_from(IconAccount)), icon_number=draw(st.booleans()))
    problems = st.sampled_from([None, None, *(a.problem for a in base.accounts)])
    ends = st.none() | minutes | st.just(NOW + timedelta(days=7))
    accounts = tuple(
        replace(a, snapshot=draw(st.none() | snapshots), problem=draw(problems), expires_at=draw(ends))
        for a in base.accounts
    )
    state = replace(base, settings=wanted, accounts=accounts)
    place = draw(st.integers(0, len(accounts) - 1))
    account = accounts[place]
    if draw(st.booleans()):
        account = replace(account, checking=draw(st.booleans()), next_check=draw(st.none() | moments))
    elif account.snapshot is not None:
        main = jittered(account.snapshot.main, draw(small))
        offset = draw(st.sampled_from([account.snapshot.clock_offset, 7260.0]))
        account = checked(account, timedelta(minutes=draw(st.integers(0, 20))), main=main, clock_offset=offset)
    if draw(st.booleans()):
        account = replace(account, stores=draw(st.sampled_from([(StoreKind.VAULT,), (StoreKind.OFFICIAL,)])))
    if account.snapshot is not None and account.snapshot.main.windows and draw(st.booleans()):
        main = used(account.snapshot.main, draw(st.sampled_from([0.0, 50.4, 79.6, 80.0, 99.0, 100.0])))
        account = replace(account, snapshot=replace(account.snapshot, main=main))
    return state, state.with_account(place, account)


@given(checks(), st.sampled_from([0, 1, 10, 61]).map(lambda m: NOW + timedelta(minutes=m)))
def test_what_is_no_news_leaves_icon_tooltip_and_menu_as_they_were(
    found: tuple[AppState, AppState], now: datetime
) -> None:
    before, state = found
    earlier = closed(before, now)
    match news(before, state, earlier.tray, now):
        case News.NONE:
            assert closed(state, now) == earlier
        case News.MENU:
            assert closed(state, now).tray == earlier.tray
        case News.ICON:
            pass


percents = st.sampled_from([10.0, 50.0, 79.6, 80.0, 81.0, 95.0, 100.0])
places = st.sampled_from([(StoreKind.VAULT,), (StoreKind.VAULT, StoreKind.OFFICIAL)])


@st.composite
def uses(draw: st.DrawFn) -> tuple[AppState, AppState]:
    """Three accounts with fresh numbers, and the same when those of one are others, or where its login is."""
    accounts = tuple(
        replace(samples.account(f"{name}@example.com", samples.snapshot(draw(percents), 10.0)), stores=draw(places))
        for name in ("ana", "ben", "cy")
    )
    wanted = Settings(icon_account=draw(st.sampled_from(IconAccount)))
    pinned = Arrangement(in_icon=draw(st.sampled_from(["", *(a.key.slug for a in accounts)])))
    state = replace(samples.only(accounts), settings=wanted, arrangement=pinned)
    place = draw(st.integers(0, 2))
    account = accounts[place]
    assert account.snapshot is not None
    if draw(st.booleans()):
        changed = replace(account, stores=draw(places))
    else:
        changed = checked(account, main=used(account.snapshot.main, draw(percents)))
    return state, state.with_account(place, changed)


@settings(max_examples=500)
@given(uses())
def test_the_icon_stays_right_without_being_drawn(found: tuple[AppState, AppState]) -> None:
    before, state = found
    earlier = closed(before)
    if news(before, state, earlier.tray, NOW) is not News.ICON:
        assert closed(state).tray == earlier.tray


ALL = samples.only(samples.many(20).accounts)
SHOWN = closed(ALL).tray


def test_other_numbers_of_another_account_than_the_icons_are_news_for_the_menu_alone() -> None:
    assert SHOWN.tightest is not None
    place, account = next(
        (n, a)
        for n, a in enumerate(ALL.accounts)
        if a.key != SHOWN.about and a.snapshot is not None and 3 < tightest(a.snapshot) < 70
    )
    assert account.snapshot is not None
    for percent, found in ((2.0, News.MENU), (SHOWN.tightest, News.ICON)):
        state = ALL.with_account(place, checked(account, main=used(account.snapshot.main, percent)))
        assert news(ALL, state, SHOWN, NOW) is found
    assert news(ALL, ALL, SHOWN, NOW) is News.NONE


def test_another_plan_of_another_account_is_news_for_the_tooltip_that_tells_the_two_apart_by_it() -> None:
    tight = samples.account("ana@example.com", samples.snapshot(90, 1))
    other = replace(samples.account("ana2@example.com", samples.snapshot(10, 1)), email="ana@example.com")
    assert other.snapshot is not None
    state = samples.only([tight, other])
    changed = state.with_account(1, replace(other, snapshot=replace(other.snapshot, plan="pro")))
    assert news(state, changed, closed(state).tray, NOW) is News.ICON


def test_of_two_that_are_as_tight_the_first_comes_into_the_icon() -> None:
    tight, tighter = samples.account("ana@example.com", samples.snapshot(90, 1)), samples.snapshot(95, 1)
    state = samples.only([tight, samples.account("ben@example.com", tighter)])
    even = state.with_account(0, replace(tight, snapshot=tighter))
    assert news(state, even, closed(state).tray, NOW) is News.ICON
    assert "ana" in closed(even).tray.tooltip


def test_numbers_that_are_no_longer_old_count_in_the_tooltip() -> None:
    old = samples.account("ana@example.com", samples.snapshot(10, 1, age=timedelta(hours=2)), next_check=NOW)
    late = NOW + timedelta(minutes=10)
    state = samples.only([old, samples.account("ben@example.com", samples.snapshot(95, 1))])
    fresh = state.with_account(0, checked(old, timedelta(hours=2)))
    assert news(state, fresh, closed(state, late).tray, late) is News.ICON
    assert closed(fresh, late).tray.tooltip != closed(state, late).tray.tooltip


def test_of_two_that_are_alike_jitter_makes_neither_the_better_one() -> None:
    one, other = samples.account("ana@example.com", samples.snapshot(40, 1)), samples.account("ben@example.com")
    assert one.snapshot is not None
    state = samples.only([one, replace(other, snapshot=one.snapshot)])
    again = state.with_account(0, checked(one, main=jittered(one.snapshot.main, 1)))
    assert news(state, again, closed(state).tray, NOW) is News.NONE
    assert closed(again) == closed(state)


def test_a_reset_that_jitters_past_now_is_news() -> None:
    ending = samples.account("ana@example.com", samples.snapshot(40, 1, short_in=timedelta(seconds=1)))
    assert ending.snapshot is not None
    state = samples.only([ending])
    main = ending.snapshot.main
    first = jittered(replace(main, windows=main.windows[:1]), -1)
    over = state.with_account(0, checked(ending, main=replace(first, windows=(*first.windows, *main.windows[1:]))))
    assert news(state, over, closed(state).tray, NOW) is News.ICON
    assert closed(over).tray.tooltip != closed(state).tray.tooltip


def test_a_check_after_the_end_of_its_login_is_news_where_the_service_still_answers() -> None:
    ended = samples.account("ana@example.com", samples.snapshot(40, 1), expires_at=NOW + timedelta(minutes=2))
    state, late = samples.only([ended]), NOW + timedelta(minutes=1)
    again = state.with_account(0, checked(ended, timedelta(minutes=5)))
    assert news(state, again, closed(state, late).tray, late) is News.ICON
    assert closed(again, late).tray.tooltip != closed(state, late).tray.tooltip


def test_that_an_account_without_limits_is_asked_for_is_told_beside_the_icon() -> None:
    bare = replace(samples.snapshot(1, 1), main=Limit())
    accounts = [samples.account(f"{name}@example.com", bare) for name in ("ana", "ben")]
    pinned = Arrangement(in_icon=accounts[0].key.slug)
    state = replace(samples.only(accounts), arrangement=pinned)
    asked = state.with_account(1, replace(accounts[1], checking=True))
    assert news(state, asked, closed(state).tray, NOW) is News.ICON
    assert "Checking" in closed(asked).tray.tooltip
