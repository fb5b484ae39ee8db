"""When a period of a window begins anew: not because its reset moved."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import Alert, AlertMemory, Level, QuotaAlert, RestoredAlert
from probe_tray.core.alerts.evaluation import alerts
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window, WindowKind
from probe_tray.core.state import AccountState, AppState
from tests.support.fakes import START

MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(days=7)
LENGTHS = {WindowKind.SHORT: 18_000, WindowKind.WEEKLY: 604_800, WindowKind.MONTHLY: 2_592_000}
KINDS = st.sampled_from([WindowKind.SHORT, WindowKind.WEEKLY, WindowKind.MONTHLY, WindowKind.BUDGET])


class Listener:
    def __init__(self, kind: WindowKind) -> None:
        self.kind, self.memory, self.said = kind, AlertMemory(), list[Alert]()

    def poll(self, used: float, reset_at: datetime | None, at: datetime) -> list[Alert]:
        window = Window(kind=self.kind, seconds=LENGTHS.get(self.kind), used_percent=used, reset_at=reset_at)
        snapshot = Snapshot(taken_at=at, main=Limit(windows=(window,)))
        owner = AccountState(key=AccountKey("a", "ana"), stores=(StoreKind.VAULT,), snapshot=snapshot, renewable=True)
        state = AppState(accounts=(owner,))
        new, self.memory = alerts(state, self.memory, at, forecast=lambda _a, _w: None)
        self.said += new
        return list(new)

    @property
    def levels(self) -> list[Level]:
        return [alert.level for alert in self.said if isinstance(alert, QuotaAlert)]


def test_a_weekly_reset_that_moves_by_a_day_every_day_is_said_once() -> None:
    listener = Listener(WindowKind.WEEKLY)
    for day in range(30):
        for poll in range(4):
            at = START + day * DAY + poll * 5 * MINUTE
            listener.poll(100, START + (day + 3) * DAY, at)
    assert listener.levels == [Level.EXHAUSTED]


def test_a_reset_that_slides_with_every_poll_is_said_once() -> None:
    for kind, seconds in LENGTHS.items():
        listener = Listener(kind)
        for poll in range(3 * 288):
            at = START + poll * 5 * MINUTE
            listener.poll(85, at + timedelta(seconds=seconds), at)
        assert listener.levels == [Level.WARNING]


def test_a_period_whose_reset_has_passed_unseen_is_said_anew() -> None:
    listener = Listener(WindowKind.WEEKLY)
    assert len(listener.poll(85, START + DAY, START)) == 1
    assert len(listener.poll(85, START + DAY + WEEK, START + 2 * DAY)) == 1


def test_what_a_restart_kept_in_the_form_of_before_still_counts() -> None:
    listener = Listener(WindowKind.WEEKLY)
    listener.poll(85, START + DAY, START)
    listener.memory = AlertMemory(said=frozenset(replace(entry, used=None) for entry in listener.memory.said))
    assert listener.poll(86, START + 2 * DAY, START + MINUTE) == []


POLLS = st.lists(
    st.tuples(st.integers(1, 2000), st.integers(0, 100), st.integers(5, 10_000) | st.none()), min_size=1, max_size=40
)
"""Minutes since the poll before, percent, minutes until the reset that is named (within the window's length)."""


@given(KINDS, POLLS)
def test_while_the_use_only_rises_and_no_known_reset_passes_each_level_is_said_once(
    kind: WindowKind, polls: list[tuple[int, int, int | None]]
) -> None:
    listener, at, used, known = Listener(kind), START, 0, None
    length = LENGTHS.get(kind, 2_592_000) // 60
    for after, percent, left in polls:
        # Every poll comes well before the reset that was named last.
        at += min(after, known - 10 if known else 1) * MINUTE
        used = max(used, percent)
        known = min(max(left or 0, 20), length)
        listener.poll(used, at + known * MINUTE, at)
    assert len(listener.levels) == len(set(listener.levels))
    assert listener.levels == sorted(listener.levels, key=list(Level).index)


@given(KINDS, POLLS)
def test_used_up_and_capacity_again_take_turns_however_resets_move(
    kind: WindowKind, polls: list[tuple[int, int, int | None]]
) -> None:
    listener, at, gone = Listener(kind), START, False
    length = LENGTHS.get(kind, 2_592_000) // 60
    known: datetime | None = None
    for after, percent, left in polls:
        at += after * MINUTE
        new = listener.poll(percent, reset := at + min(left or 20, length) * MINUTE, at)
        exhausted = any(isinstance(a, QuotaAlert) and a.level is Level.EXHAUSTED for a in new)
        restored = any(isinstance(a, RestoredAlert) for a in new)
        assert restored == (gone and percent < 100)
        if percent == 100 and not gone:
            assert exhausted
        elif percent == 100 and known is not None and at < known - 5 * MINUTE:
            assert not exhausted
        gone, known = percent == 100, reset
