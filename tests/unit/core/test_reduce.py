from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import KeyringLockedError, LoginEndedError, NotSentError
from probe_tray.core.events import (
    AccountsRead,
    CheckFailed,
    ChecksPlanned,
    CheckStarted,
    CheckSucceeded,
    Event,
    KeptRead,
    LoginChanged,
    RenewalEnded,
    RenewalsPlanned,
    RenewalStarted,
    RoundChanged,
    SettingsChanged,
    SituationChanged,
    TrendsRead,
    TroubleMet,
)
from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.forecast import follow
from probe_tray.core.quota.history import Meter, Trend
from probe_tray.core.quota.history_batch import Kept
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.reduce import reduce
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, LoginPhase, LoginState, RenewalRound, RenewalState, Unreadable
from tests.support.fakes import START

ANA, BEN, CY = AccountKey("a", "ana"), AccountKey("b", "ben"), AccountKey("c", "cy")
LATER = START + timedelta(minutes=5)
PROBLEM = NotSentError(reason="no network").problem
LOCKED = KeyringLockedError().problem


def account(key: AccountKey = ANA, *stores: StoreKind, email: str = "") -> AccountState:
    return AccountState(key=key, stores=stores or (StoreKind.VAULT,), email=email)


def after(*events: Event, state: AppState | None = None) -> AppState:
    state = state or AppState()
    for event in events:
        state = reduce(state, event)
    return state


def only(state: AppState) -> AccountState:
    (found,) = state.accounts
    return found


READ = AccountsRead(accounts=(account(),))
CHECKED = CheckSucceeded(key=ANA, snapshot=Snapshot(taken_at=START, plan="pro"), next_check=LATER)
WEEKLY = Window(kind=WindowKind.WEEKLY, seconds=604_800, used_percent=5, reset_at=START + timedelta(days=2))
SNAPSHOT = Snapshot(taken_at=START, main=Limit(windows=(WEEKLY,)))
PACES = follow((), SNAPSHOT)
TWO = AccountsRead(accounts=(account(ANA), account(BEN)))
FAILED = CheckFailed(key=ANA, at=LATER, problem=PROBLEM, next_check=LATER)


def test_reading_the_stores_brings_the_accounts_in_their_order() -> None:
    state = after(AccountsRead(accounts=(account(BEN), account(ANA))))
    assert state.loaded
    assert [a.key for a in state.accounts] == [BEN, ANA]


def test_a_key_that_comes_twice_is_one_account() -> None:
    state = after(AccountsRead(accounts=(account(ANA, email="first"), account(BEN), account(ANA, email="second"))))
    assert [(a.key, a.email) for a in state.accounts] == [(ANA, "first"), (BEN, "")]


def test_reading_again_keeps_what_polling_found_out() -> None:
    before = only(after(READ, CHECKED, RenewalsPlanned(moments=((ANA, LATER),)), FAILED))
    again = AccountsRead(accounts=(account(email="new@example.com"),))
    found = only(after(again, state=AppState(accounts=(before,))))
    assert found == replace(before, email="new@example.com")


def test_an_account_that_left_its_stores_is_gone() -> None:
    assert after(READ, CHECKED, AccountsRead(accounts=())).accounts == ()


def test_an_account_whose_store_cannot_be_read_for_once_is_kept() -> None:
    state = after(
        AccountsRead(accounts=(account(ANA), account(BEN, StoreKind.FOLDER))),
        CHECKED,
        AccountsRead(accounts=(), store_problems=((StoreKind.VAULT, LOCKED),)),
    )
    assert [a.key for a in state.accounts] == [ANA]
    assert only(state).snapshot == CHECKED.snapshot
    assert state.store_problems == ((StoreKind.VAULT, LOCKED),)


def test_reading_says_what_could_not_be_read() -> None:
    bad = Unreadable(location="x.json", problem=PROBLEM)
    login = ApiKeyLogin(location="auth.json")
    state = after(AccountsRead(accounts=(), unreadable=(bad,), api_key=login))
    assert (state.unreadable, state.api_key) == ((bad,), login)
    assert after(AccountsRead(accounts=()), state=state) == AppState(loaded=True)


def test_a_check_that_succeeds_brings_its_snapshot_and_ends_the_problem() -> None:
    found = only(after(READ, FAILED, CheckStarted(key=ANA), CHECKED))
    assert found == replace(account(), snapshot=CHECKED.snapshot, checked_at=START, next_check=LATER)


def test_a_check_that_fails_keeps_the_last_snapshot() -> None:
    found = only(after(READ, CHECKED, CheckStarted(key=ANA), FAILED))
    assert (found.snapshot, found.problem, found.checked_at) == (CHECKED.snapshot, PROBLEM, LATER)
    assert not found.checking


def test_a_check_shows_that_it_runs() -> None:
    assert only(after(READ, CheckStarted(key=ANA))).checking


def test_planning_moves_the_next_check_alone() -> None:
    assert only(after(READ, ChecksPlanned(moments=((ANA, LATER),)))) == replace(account(), next_check=LATER)
    assert only(after(READ, CHECKED, ChecksPlanned(moments=((ANA, None),)))).next_check is None


def test_the_places_of_a_thousand_accounts_are_worked_out_once_for_all_their_checks() -> None:
    keys = [AccountKey(f"account-{number}") for number in range(1000)]
    state = after(AccountsRead(accounts=tuple(account(key) for key in keys)))
    assert state.place(keys[999]) == 999
    known = vars(state)["_places"]
    for key in keys[::100]:
        planned = ChecksPlanned(moments=((key, LATER),))
        state = after(planned, CheckStarted(key=key), RenewalStarted(key=key), state=state)
        running = replace(account(key), checking=True, next_check=LATER, renewal=RenewalState(running=True))
        assert state.account(key) == running
    assert vars(state)["_places"] is known
    left = after(AccountsRead(accounts=(account(keys[7]),)), state=state)
    assert (left.place(keys[7]), left.place(keys[999])) == (0, None)


def test_whether_two_states_have_the_same_accounts_in_the_same_places() -> None:
    state = after(TWO)
    assert after(CheckStarted(key=ANA), ChecksPlanned(moments=((BEN, LATER),)), state=state).has_accounts_of(state)
    assert after(TWO).has_accounts_of(state)
    turned = AccountsRead(accounts=tuple(reversed(state.accounts)))
    assert not after(turned).has_accounts_of(state)
    assert not after(READ).has_accounts_of(state)


def test_which_accounts_another_state_has_not_or_has_otherwise() -> None:
    state = after(TWO)
    ana, ben = state.accounts
    checked = after(CheckStarted(key=BEN), state=state)
    assert checked.accounts_not_in(state) == (checked.account(BEN),)
    assert state.accounts_not_in(state) == ()
    assert checked.accounts_not_in(AppState()) == checked.accounts
    turned = AppState(accounts=(checked.accounts[1], ana))
    assert turned.accounts_not_in(state) == (checked.account(BEN),)
    assert AppState(accounts=(ben,)).accounts_not_in(state) == ()
    assert AppState(accounts=(replace(ana), ben)).accounts_not_in(state) == (ana,), "another object may be another"


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([ANA, BEN, CY]), st.integers(0, 4)), max_size=30))
def test_which_accounts_have_changed_is_known_of_states_in_any_order(steps: list[tuple[int, AccountKey, int]]) -> None:
    states = [after(AccountsRead(accounts=(account(ANA), account(BEN), account(CY))))]
    for number, key, kind in steps:
        events: tuple[Event, ...] = (
            CheckStarted(key=key),
            ChecksPlanned(moments=((key, LATER), (ANA, LATER))),
            RenewalStarted(key=key),
            TroubleMet(problem=None),
            AccountsRead(accounts=(account(key), account(ANA))),
        )
        # Not always from the newest: several states may go on from the same one.
        states.append(reduce(states[max(0, len(states) - 1 - number)] if number < 10 else states[-1], events[kind]))
    for state in states:
        for other in states:
            here = {id(a) for a in other.accounts}
            assert state.accounts_not_in(other) == tuple(a for a in state.accounts if id(a) not in here)


def test_the_changes_of_a_long_run_are_all_known() -> None:
    first = state = after(AccountsRead(accounts=(account(ANA), account(BEN))))
    for number in range(3000):
        before, state = state, after(ChecksPlanned(moments=((ANA, LATER + timedelta(seconds=number)),)), state=state)
        assert state.accounts_not_in(before) == (state.accounts[0],)
    assert state.accounts_not_in(first) == (state.accounts[0],)
    assert len(vars(state)["_changes"][0]) < 2000


def test_a_renewal_is_planned_runs_and_ends() -> None:
    planned = after(READ, RenewalsPlanned(moments=((ANA, LATER),)))
    assert only(planned).renewal == RenewalState(next_at=LATER)
    running = after(RenewalStarted(key=ANA), state=planned)
    assert only(running).renewal == RenewalState(next_at=LATER, running=True)
    failed = after(RenewalEnded(key=ANA, at=LATER, problem=PROBLEM), state=running)
    assert only(failed).renewal == RenewalState(last_at=LATER, problem=PROBLEM)
    assert only(after(RenewalEnded(key=ANA, at=LATER, problem=None), state=failed)).renewal == RenewalState(
        last_at=LATER
    )


ENDED = RenewalState(last_at=START, problem=LoginEndedError(reason="it was used elsewhere").problem)


def test_what_is_remembered_against_a_login_is_known_from_the_first_reading() -> None:
    state = reduce(AppState(), AccountsRead(accounts=(replace(account(), renewal=ENDED),)))
    assert state.accounts[0].renewal == ENDED


def test_what_another_process_met_is_taken_over_and_a_running_renewal_goes_on() -> None:
    running = replace(account(), renewal=RenewalState(running=True, next_at=START))
    state = reduce(AppState(accounts=(running,)), AccountsRead(accounts=(replace(account(), renewal=ENDED),)))
    assert state.accounts[0].renewal == replace(ENDED, running=True)


def test_a_failure_that_was_met_here_is_not_told_twice() -> None:
    met = RenewalState(last_at=START + timedelta(hours=1), problem=NotSentError(reason="x").problem, next_at=START)
    before = AppState(loaded=True, accounts=(replace(account(), renewal=met),))
    assert reduce(before, AccountsRead(accounts=(replace(account(), renewal=ENDED),))) is before


def test_new_tokens_are_not_blamed_for_the_old_ones() -> None:
    fresh = replace(account(), expires_at=START + timedelta(days=30))
    state = reduce(AppState(accounts=(replace(account(), renewal=ENDED),)), AccountsRead(accounts=(fresh,)))
    assert state.accounts[0].renewal == RenewalState()


def test_new_tokens_after_a_renewal_that_went_well_were_brought_by_it() -> None:
    renewed = replace(account(), expires_at=START, renewal=RenewalState(last_at=START))
    fresh = replace(account(), expires_at=START + timedelta(days=10))
    state = reduce(AppState(accounts=(renewed,)), AccountsRead(accounts=(fresh,)))
    assert state.accounts[0].renewal == RenewalState(last_at=START)


def test_a_round_of_renewals_is_told() -> None:
    counts = RenewalRound(ended_at=START, renewed=1)
    assert reduce(AppState(), RoundChanged(round=counts)).round == counts


def test_login_settings_and_trouble_are_replaced_whole() -> None:
    login = LoginState(phase=LoginPhase.WAITING, port=1455)
    settings = Settings(poll_minutes=30)
    state = after(LoginChanged(login=login), SettingsChanged(settings=settings), TroubleMet(problem=PROBLEM))
    assert state == AppState(login=login, settings=settings, trouble=PROBLEM)
    assert after(LoginChanged(login=None), TroubleMet(problem=None), state=state) == AppState(settings=settings)


def test_what_was_kept_fills_what_is_empty_and_nothing_else() -> None:
    kept = Kept(slug=ANA.slug, snapshot=Snapshot(taken_at=START - timedelta(days=1)), paces=PACES)
    (ana, ben) = after(TWO, KeptRead(kept=(kept,))).accounts
    assert (ana.snapshot, ana.paces, ana.checked_at, ben.snapshot) == (kept.snapshot, PACES, None, None)
    assert only(after(READ, CHECKED, KeptRead(kept=(kept,)))) == only(after(READ, CHECKED))


def test_a_check_goes_on_with_the_paces_and_reading_the_stores_keeps_them() -> None:
    checked = CheckSucceeded(key=ANA, snapshot=SNAPSHOT, next_check=None)
    assert only(after(READ, checked)).paces == PACES
    assert only(after(READ, checked, READ)).paces == PACES


def test_trends_are_set_by_account_and_kept() -> None:
    trend = Trend(meter=Meter(kind=WindowKind.WEEKLY, seconds=604_800), percents=(1, None))
    state = after(TWO, TrendsRead(trends=((BEN.slug, trend),)), TWO)
    assert [a.trend for a in state.accounts] == [None, trend]
    assert reduce(state, TrendsRead(trends=((BEN.slug, trend),))) is state


def test_the_situation_is_replaced_whole() -> None:
    assert after(SituationChanged(situation=Situation(locked=True))) == AppState(situation=Situation(locked=True))


@pytest.mark.parametrize(
    "event",
    [
        CheckStarted(key=BEN),
        CheckSucceeded(key=BEN, snapshot=Snapshot(taken_at=START), next_check=None),
        CheckFailed(key=BEN, at=START, problem=PROBLEM, next_check=None),
        ChecksPlanned(moments=((BEN, LATER),)),
        RenewalStarted(key=BEN),
        RenewalEnded(key=BEN, at=START, problem=None),
        RenewalsPlanned(moments=((BEN, LATER),)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_about_an_account_that_is_gone_changes_nothing(event: Event) -> None:
    state = after(READ)
    assert reduce(state, event) is state


KEYS = st.sampled_from([ANA, BEN, AccountKey("c"), AccountKey("a", "other")])
STORES = st.sampled_from(list(StoreKind))
TIMES = st.integers(0, 1000).map(lambda minutes: START + timedelta(minutes=minutes))
PLANS = st.none() | TIMES
PROBLEMS = st.sampled_from([PROBLEM, LOCKED])
ACCOUNTS = st.builds(account, KEYS, STORES)
LOGINS = st.builds(LoginState, phase=st.sampled_from(list(LoginPhase)), account=st.none() | KEYS)
KEPT = st.builds(Kept, slug=KEYS.map(lambda key: key.slug), snapshot=st.builds(Snapshot, taken_at=TIMES))
TRENDS = st.builds(Trend, meter=st.builds(Meter), percents=st.just((None, 5)))
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        AccountsRead,
        accounts=st.lists(ACCOUNTS, max_size=6).map(tuple),
        store_problems=st.lists(st.tuples(STORES, PROBLEMS), max_size=2).map(tuple),
    ),
    st.builds(CheckStarted, key=KEYS),
    st.builds(CheckSucceeded, key=KEYS, snapshot=st.builds(Snapshot, taken_at=TIMES), next_check=PLANS),
    st.builds(CheckFailed, key=KEYS, at=TIMES, problem=PROBLEMS, next_check=PLANS),
    st.builds(ChecksPlanned, moments=st.lists(st.tuples(KEYS, PLANS), max_size=3).map(tuple)),
    st.builds(LoginChanged, login=st.none() | LOGINS),
    st.builds(SettingsChanged, settings=st.builds(Settings, poll_minutes=st.sampled_from([0, 5, 30]))),
    st.builds(RenewalStarted, key=KEYS),
    st.builds(RenewalEnded, key=KEYS, at=TIMES, problem=st.none() | PROBLEMS),
    st.builds(RenewalsPlanned, moments=st.lists(st.tuples(KEYS, PLANS), max_size=3).map(tuple)),
    st.builds(KeptRead, kept=st.lists(KEPT, max_size=3).map(tuple)),
    st.builds(TrendsRead, trends=st.lists(st.tuples(KEYS.map(lambda key: key.slug), TRENDS), max_size=3).map(tuple)),
    st.builds(SituationChanged, situation=st.builds(Situation)),
    st.builds(TroubleMet, problem=st.none() | PROBLEMS),
)


def about(event: Event) -> AccountKey | None:
    return getattr(event, "key", None)


def lost(before: AppState, now: AppState) -> set[AccountKey]:
    kept = {a.key: a.snapshot for a in now.accounts}
    return {a.key for a in before.accounts if a.key in kept and a.snapshot and kept[a.key] is None}


@given(st.lists(EVENTS, max_size=25))
def test_whatever_happens_the_state_stays_sound(events: list[Event]) -> None:
    state = AppState()
    for event in events:
        before, state = state, reduce(state, event)
        keys = [a.key for a in state.accounts]
        assert len(keys) == len(set(keys))
        assert [state.place(key) for key in keys] == list(range(len(keys)))
        assert not lost(before, state)
        key = about(event)
        if key is not None:
            assert [a for a in before.accounts if a.key != key] == [a for a in state.accounts if a.key != key]
            assert before.account(key) is not None or state is before
        if not isinstance(event, AccountsRead):
            assert keys == [a.key for a in before.accounts]
        if isinstance(event, CheckFailed) and (found := state.account(event.key)):
            was = before.account(event.key)
            assert was is not None
            assert (found.snapshot, found.problem) == (was.snapshot, event.problem)


@given(st.lists(EVENTS, max_size=10), EVENTS)
def test_reduce_is_a_function(events: list[Event], last: Event) -> None:
    state = after(*events)
    assert reduce(state, last) == reduce(state, last)
