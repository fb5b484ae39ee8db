"""What a hook is told of."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.errors import LoginEndedError, Problem, WriteError
from probe_tray.core.hooks.hook_event import HookEvent, HookNotes, hook_events, hook_notes
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.state import AccountState, AppState, RenewalState
from tests.unit.ui import samples

NOW = samples.NOW
ANA = samples.account("ana@example.com")
ROOMY, TIGHT, FULL = samples.snapshot(10, 20), samples.snapshot(85, 20), samples.snapshot(100, 20)
OVER = samples.snapshot(85, 20, short_in=-timedelta(minutes=1))
OLD = samples.snapshot(10, 20, age=timedelta(hours=5))


def story(*states: AccountState) -> list[str]:
    """What a hook hears while an account becomes one after the other."""
    notes: HookNotes = {}
    told: list[str] = []
    for account in states:
        state = AppState(accounts=(account,))
        told += [event.value for event, _ in hook_events(notes, state, NOW)]
        notes = hook_notes(notes, state, NOW)
    return told


def quota(*snapshots: Snapshot) -> list[str]:
    return story(*(replace(ANA, snapshot=s, checked_at=s.taken_at, next_check=None) for s in snapshots))


@pytest.mark.parametrize(
    ("snapshots", "told"),
    [
        ((ROOMY, ROOMY), []),
        ((FULL,), []),
        ((ROOMY, TIGHT, TIGHT), ["quota_low"]),
        ((ROOMY, FULL, FULL), ["used_up"]),
        ((ROOMY, TIGHT, FULL, ROOMY), ["quota_low", "used_up", "restored"]),
        ((FULL, TIGHT, ROOMY), ["restored"]),
        # Old numbers say nothing, and what they hid is told afterwards.
        ((FULL, OLD, ROOMY), ["restored"]),
        ((ROOMY, OLD, ROOMY), []),
        # Nor do those from before a reset: it may only have moved.
        ((ROOMY, TIGHT, OVER, TIGHT), ["quota_low"]),
        ((ROOMY, TIGHT, OVER, ROOMY, TIGHT), ["quota_low", "quota_low"]),
        ((FULL, replace(ROOMY, unconfirmed=True)), []),
        ((FULL, replace(ROOMY, unconfirmed=True), ROOMY), ["restored"]),
    ],
)
def test_a_change_of_the_quota_is_told_once(snapshots: tuple[Snapshot, ...], told: list[str]) -> None:
    assert quota(*snapshots) == told


def renewal(at: int, problem: Problem | None = None, *, token: int = 0, running: bool = False) -> AccountState:
    """The account after a renewal ``at`` minutes from now, with its ``token``-th access token."""
    last = NOW + timedelta(minutes=at) if at else None
    end = NOW + timedelta(days=7 + token)
    state = RenewalState(last_at=last, problem=problem, running=running)
    return replace(ANA, snapshot=ROOMY, expires_at=end, renewal=state)


def test_renewals_and_the_end_of_a_login_are_told() -> None:
    full, ended = WriteError(path="x", reason="y").problem, LoginEndedError(reason="z").problem
    first, second = renewal(1, token=1), renewal(2, token=2)
    assert story(renewal(0), first, first, second) == ["renewed", "renewed"]
    assert story(renewal(1), renewal(2, full)) == ["renewal_failed"]
    assert story(renewal(1), renewal(2, ended), renewal(2, ended)) == ["renewal_failed", "needs_login"]
    assert story(renewal(2, ended)) == []


def test_a_renewal_that_was_not_due_is_none() -> None:
    assert story(renewal(0), renewal(1), renewal(1), renewal(2)) == []
    # Another program's newer token, days after that.
    assert story(renewal(0), renewal(-5), replace(renewal(-5), expires_at=NOW + timedelta(days=9))) == []


def test_it_counts_as_renewed_in_whatever_order_the_token_and_the_end_of_the_renewal_are_seen() -> None:
    running, read = renewal(0, running=True), renewal(0, token=1, running=True)
    assert story(renewal(0), running, read, renewal(1, token=1)) == ["renewed"]
    assert story(renewal(0), running, renewal(1), renewal(1, token=1), renewal(1, token=1)) == ["renewed"]


def test_an_account_that_is_gone_and_comes_back_begins_again() -> None:
    notes = hook_notes({}, AppState(accounts=(replace(ANA, snapshot=ROOMY),)), NOW)
    assert hook_notes(notes, AppState(), NOW) == {}
    assert hook_events({}, AppState(accounts=(replace(ANA, snapshot=FULL),)), NOW) == []
    assert hook_events(notes, AppState(accounts=(replace(ANA, snapshot=FULL),)), NOW) == [(HookEvent.USED_UP, ANA.key)]
