from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import NotSentError
from probe_tray.core.events import (
    AccountsRead,
    CheckFailed,
    ChecksPlanned,
    CheckStarted,
    CheckSucceeded,
    Event,
    RemovalEnded,
    RemovalStarted,
)
from probe_tray.core.polling.check_plan import CheckPlan
from probe_tray.core.polling.schedule import look
from probe_tray.core.quota.snapshot import Limit, Snapshot
from probe_tray.core.reduce import reduce
from probe_tray.core.state import AccountState, AppState
from tests.support.fakes import START

KEYS = [AccountKey(f"a{number}") for number in range(4)]
SOON = timedelta(seconds=2)

keys = st.sampled_from(KEYS)
moments = st.integers(-5, 5).map(lambda seconds: START + timedelta(seconds=seconds))
snapshots = st.just(Snapshot(taken_at=START, main=Limit()))
accounts = st.builds(
    AccountState, key=keys, stores=st.just((StoreKind.VAULT,)), expires_at=st.sampled_from([None, START])
)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(CheckStarted, key=keys),
    st.builds(CheckSucceeded, key=keys, snapshot=snapshots, next_check=st.none() | moments),
    st.builds(CheckFailed, key=keys, at=moments, problem=st.just(NotSentError(reason="x").problem), next_check=moments),
    st.builds(ChecksPlanned, moments=st.lists(st.tuples(keys, st.none() | moments), max_size=4).map(tuple)),
    st.builds(AccountsRead, accounts=st.lists(accounts, max_size=4, unique_by=lambda a: a.key).map(tuple)),
    st.builds(RemovalStarted, key=keys),
    st.builds(RemovalEnded, key=keys, removed=st.booleans()),
)


def runs_until(state: AppState, now: datetime, soon: datetime) -> datetime | None:
    begins = (now if account.checking else account.next_check for account in state.accounts)
    return max((moment for moment in begins if moment is not None and moment < soon), default=None)


@given(st.lists(st.tuples(events, moments, st.booleans()), max_size=40))
def test_it_says_of_each_state_what_a_look_at_all_of_its_accounts_says(
    lived: list[tuple[Event, datetime, bool]],
) -> None:
    state = reduce(AppState(), AccountsRead(accounts=tuple(AccountState(key=key, stores=()) for key in KEYS)))
    plan = CheckPlan()
    for event, now, is_asked in lived:
        state = reduce(state, event)
        if is_asked:
            assert plan.look(state, now) == look(state.accounts, now)
            assert plan.runs_until(state, now, now + SOON) == runs_until(state, now, now + SOON)
    assert plan.look(state, START) == look(state.accounts, START)


def test_where_many_have_changed_at_once_it_says_the_same() -> None:
    keys = [AccountKey(f"a{number}") for number in range(200)]
    plan = CheckPlan()
    state = reduce(AppState(), AccountsRead(accounts=tuple(AccountState(key=key, stores=()) for key in keys)))
    assert plan.look(state, START).unplanned == state.accounts
    moments = tuple((key, START + SOON * place) for place, key in enumerate(reversed(keys)))
    state = reduce(state, ChecksPlanned(moments=moments))
    assert plan.look(state, START).due == (state.accounts[-1],)
    state = reduce(reduce(state, CheckStarted(key=keys[-1])), CheckStarted(key=keys[-3]))
    seen = plan.look(state, START + SOON)
    assert seen == look(state.accounts, START + SOON)
    assert [account.key for account in seen.due] == [keys[-2]]
