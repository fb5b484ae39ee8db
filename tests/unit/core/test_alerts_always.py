"""What holds for every sequence of answers: jitter, glitches, gaps and restarts included."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import Alert, AlertMemory, Level, QuotaAlert
from probe_tray.core.alerts.evaluation import alerts, without_past
from probe_tray.core.errors import LoginEndedError, NotSentError, WriteError
from probe_tray.core.quota.glitch_filter import steady
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, RenewalState
from tests.support.fakes import START

ANA, BEN = AccountKey("a", "ana"), AccountKey("b", "ben")
HOURS = timedelta(hours=5)
LEVELS = list(Level)


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of the service, and how it is disturbed."""

    after: int
    """Minutes since the one before."""
    more: int
    """Percent used since then."""
    jitter: int
    """Seconds: two answers are up to two minutes apart."""
    glitch: int | None
    """A use that is not so."""
    without_reset: bool
    restart: bool


POLLS = st.lists(
    st.builds(
        Poll,
        after=st.integers(1, 90),
        more=st.sampled_from([0, 0, 0, 5, 15, 60]),
        jitter=st.integers(-60, 60),
        glitch=st.none() | st.integers(0, 99),
        without_reset=st.sampled_from([False, False, False, True]),
        restart=st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def period_of(moment: datetime) -> int:
    return (moment - START) // HOURS


class World:
    """A 5-hour window after the other, and a program that polls, says and is restarted."""

    def __init__(self) -> None:
        self.now, self.used = START, 0
        self.snapshot: Snapshot | None = None
        self.memory = AlertMemory()
        self.said: list[tuple[int, Level]] = []
        self.others: list[tuple[datetime, Alert]] = []

    def on_event(self, poll: Poll, *, restart: bool) -> None:
        before = self.now
        self.now += timedelta(minutes=poll.after)
        self.used = min(100, poll.more + (self.used if period_of(self.now) == period_of(before) else 0))
        period = period_of(self.now)
        reset = START + (period + 1) * HOURS + timedelta(seconds=poll.jitter)
        shown = self.used if poll.glitch is None else min(poll.glitch, self.used)
        window = Window(
            kind=WindowKind.SHORT, seconds=18_000, used_percent=shown, reset_at=None if poll.without_reset else reset
        )
        self.snapshot = steady(self.snapshot, Snapshot(taken_at=self.now, main=Limit(windows=(window,))))
        if restart:
            self.memory = msgspec.json.decode(msgspec.json.encode(self.memory), type=AlertMemory)
        account = AccountState(key=ANA, stores=(StoreKind.VAULT,), snapshot=self.snapshot, renewable=True)
        new, self.memory = alerts(AppState(accounts=(account,)), self.memory, self.now, forecast=lambda _a, _w: None)
        self.said += [(period, alert.level) for alert in new if isinstance(alert, QuotaAlert)]
        self.others += [(self.now, alert) for alert in new if not isinstance(alert, QuotaAlert)]


def without_two_glitches_in_a_row(polls: list[Poll]) -> list[Poll]:
    """A use that is lower in two answers running has fallen: what it reaches after that is news again."""
    found: list[Poll] = []
    for poll in polls:
        again = bool(found) and found[-1].glitch is not None
        found.append(replace(poll, glitch=None) if again else poll)
    return found


@given(POLLS)
def test_nothing_is_said_twice_in_one_period_and_levels_only_rise(polls: list[Poll]) -> None:
    world = World()
    for poll in without_two_glitches_in_a_row(polls):
        world.on_event(poll, restart=poll.restart)
    assert [said for said, count in Counter(world.said).items() if count > 1] == []
    for period in {period for period, _ in world.said}:
        places = [LEVELS.index(level) for at, level in world.said if at == period]
        assert places == sorted(places)


@given(POLLS)
def test_glitches_and_jitter_change_nothing_that_is_said(polls: list[Poll]) -> None:
    disturbed, calm = World(), World()
    for poll in without_two_glitches_in_a_row(polls):
        there = replace(poll, without_reset=False)
        # The first answer of a window has none before it that would make its lower use a doubtful one.
        first = period_of(disturbed.now) != period_of(disturbed.now + timedelta(minutes=poll.after))
        begins = first or disturbed.snapshot is None
        disturbed.on_event(replace(there, glitch=None) if begins or poll.more else there, restart=False)
        calm.on_event(replace(there, glitch=None, jitter=0), restart=False)
    assert disturbed.said == calm.said
    assert disturbed.others == calm.others


@given(POLLS)
def test_a_restart_in_between_changes_nothing(polls: list[Poll]) -> None:
    restarted, running = World(), World()
    for poll in polls:
        restarted.on_event(poll, restart=poll.restart)
        running.on_event(poll, restart=False)
    assert (restarted.said, restarted.others) == (running.said, running.others)
    assert restarted.memory == running.memory


@given(POLLS)
def test_capacity_is_said_to_be_back_only_after_it_was_said_to_be_gone(polls: list[Poll]) -> None:
    world = World()
    order: list[bool] = []
    for poll in polls:
        gone, back = len(world.said), len(world.others)
        world.on_event(poll, restart=poll.restart)
        order += [False for _ in world.others[back:]]
        order += [True for _, level in world.said[gone:] if level is Level.EXHAUSTED]
    assert not order or order[0]
    assert all(a or b for a, b in pairwise(order))


MOMENTS = st.none() | st.integers(-100, 5000).map(lambda hours: START + timedelta(hours=hours))
WINDOWS = st.builds(
    Window,
    kind=st.sampled_from(WindowKind),
    seconds=st.none() | st.integers(1, 10**7),
    used_percent=st.floats(0, 100),
    reset_at=MOMENTS,
)
PROBLEMS = st.none() | st.sampled_from(
    [
        NotSentError(reason="x").problem,
        LoginEndedError(reason="x").problem,
        WriteError(path="x", reason="x").problem,
    ]
)


@st.composite
def states(draw: st.DrawFn) -> AppState:
    found: list[AccountState] = []
    for key in draw(st.lists(st.sampled_from([ANA, BEN]), unique=True)):
        snapshot = Snapshot(
            taken_at=START,
            clock_offset=draw(st.sampled_from([0.0, 7200.0, -7200.0])),
            main=Limit(reached=draw(st.none() | st.booleans()), windows=tuple(draw(st.lists(WINDOWS, max_size=4)))),
            reset_credit_ends=tuple(m for m in draw(st.lists(MOMENTS, max_size=3)) if m is not None),
        )
        account = AccountState(
            key=key,
            stores=(StoreKind.VAULT,),
            snapshot=draw(st.none() | st.just(snapshot)),
            expires_at=draw(MOMENTS),
            renewable=draw(st.booleans()),
            problem=draw(PROBLEMS),
            renewal=RenewalState(problem=draw(PROBLEMS)),
        )
        found.append(account)
    wanted = Settings(pace_alerts=True, renewed_alerts=True, auto_renew=draw(st.booleans()))
    return AppState(accounts=tuple(found), settings=wanted)


def soon(account: AccountState, window: Window) -> datetime:
    del account, window
    return START + timedelta(days=400)


@given(st.lists(st.tuples(states(), st.booleans()), max_size=6), st.integers(0, 600))
def test_looking_twice_says_nothing_twice(looks: list[tuple[AppState, bool]], minutes: int) -> None:
    memory, now = AlertMemory(), START + timedelta(minutes=minutes)
    for state, quiet in looks:
        _, memory = alerts(state, memory, now, forecast=soon, quiet=quiet)
        again, kept = alerts(state, memory, now, forecast=soon, quiet=quiet)
        assert again == ()
        assert kept == memory


@given(states())
def test_what_is_remembered_of_a_period_goes_with_it(state: AppState) -> None:
    _, memory = alerts(state, AlertMemory(), START, forecast=soon)
    assert without_past(memory, START) is memory
    assert without_past(memory, START + timedelta(days=800)).said == frozenset()
