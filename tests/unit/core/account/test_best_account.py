"""Which account to go on with."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.best_account import best_account
from probe_tray.core.account.condition import USABLE, condition
from probe_tray.core.errors import NotSentError, UncertainLoginError
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, RenewalState
from tests.unit.ui import samples

NOW = samples.NOW
ROOMY = samples.account("roomy@x.example", samples.snapshot(10, 20))
TIGHT_WEEK = samples.account("week@x.example", samples.snapshot(1, 90))
FULL = samples.account("full@x.example", samples.snapshot(100, 20))
SOON = samples.account("soon@x.example", samples.snapshot(60, 20, short_in=timedelta(minutes=5)))
LATE = samples.account("late@x.example", samples.snapshot(60, 20, short_in=timedelta(hours=4)))


def best(*accounts: AccountState, pinned: str = "") -> str:
    found = best_account([a for a in accounts if condition(a, Settings(), NOW) in USABLE], NOW, pinned)
    return "" if found is None else found.email


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ((), ""),
        ((FULL,), ""),
        ((FULL, TIGHT_WEEK), "week@x.example"),
        ((TIGHT_WEEK, ROOMY, LATE), "roomy@x.example"),
        ((LATE, SOON), "soon@x.example"),
        ((SOON, LATE), "soon@x.example"),
    ],
)
def test_capacity_counts_first_then_the_soonest_reset(accounts: tuple[AccountState, ...], expected: str) -> None:
    assert best(*accounts) == expected


def test_a_window_that_was_reset_since_does_not_count() -> None:
    over = samples.account("over@x.example", samples.snapshot(95, 20, short_in=-timedelta(minutes=1)))
    assert best(LATE, over) == "over@x.example"
    assert best(samples.account("bo@x.example", samples.snapshot(15, 19)), over) == "bo@x.example"


def test_one_whose_renewal_needs_a_person_comes_after_all_others() -> None:
    broken = replace(ROOMY, renewal=RenewalState(problem=UncertainLoginError().problem))
    assert best(broken, LATE) == "late@x.example"
    assert best(broken, FULL) == "roomy@x.example"
    assert best(broken, LATE, pinned=broken.key.slug) == "roomy@x.example"
    # What passes by itself is no reason to go on with less.
    offline = replace(ROOMY, renewal=RenewalState(problem=NotSentError(reason="offline").problem))
    assert best(LATE, offline) == "roomy@x.example"
    alike = replace(ROOMY, email="alike@x.example")
    assert best(offline, alike) == "alike@x.example"


def test_a_pinned_one_comes_first_where_it_has_capacity() -> None:
    assert best(ROOMY, LATE, pinned=LATE.key.slug) == "late@x.example"
    assert best(ROOMY, FULL, pinned=FULL.key.slug) == "roomy@x.example"
