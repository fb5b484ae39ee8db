"""Which account is suggested once that of the official client runs out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.suggestion import Suggestion, suggestion
from probe_tray.core.settings import IconAccount, Settings
from probe_tray.core.state import AccountState
from tests.unit.ui import samples

NOW = samples.NOW
BOTH = (StoreKind.VAULT, StoreKind.OFFICIAL)


def in_use(short: float, weekly: float = 20) -> AccountState:
    return samples.account("used@x.example", samples.snapshot(short, weekly), stores=BOTH)


def other(name: str, short: float, resets_in: timedelta = timedelta(hours=2)) -> AccountState:
    return samples.account(f"{name}@x.example", samples.snapshot(short, 20, short_in=resets_in))


def suggested(*accounts: AccountState, pinned: AccountState | None = None, **settings: object) -> Suggestion | None:
    chosen = Settings(**settings)  # pyright: ignore[reportArgumentType] - any setting may be given
    state = samples.only(accounts)
    if pinned is not None:
        chosen = replace(chosen, icon_account=IconAccount.PINNED)
        state = replace(state, arrangement=Arrangement(in_icon=pinned.key.slug))
    return suggestion(replace(state, settings=chosen), NOW)


def following(*accounts: AccountState, pinned: AccountState | None = None, **settings: object) -> str:
    found = suggested(*accounts, pinned=pinned, **settings)
    return "" if found is None else found.next.email.partition("@")[0]


ROOMY, TIGHT, FULL = other("roomy", 10), other("tight", 97), other("full", 100)


def test_only_an_account_in_use_that_runs_out_is_a_reason() -> None:
    assert following(in_use(40), ROOMY) == ""
    assert following(in_use(96), ROOMY) == "roomy"
    assert following(in_use(100), ROOMY) == "roomy"
    assert following(in_use(10, 100), ROOMY) == "roomy"
    assert following(replace(in_use(100), stores=(StoreKind.VAULT,)), ROOMY) == ""
    for used, gone in ((96, False), (100, True)):
        found = suggested(in_use(used), ROOMY)
        assert found is not None
        assert (found.is_used_up, found.used.email) == (gone, "used@x.example")


def test_a_window_that_was_reset_since_is_no_reason() -> None:
    over = replace(in_use(96), snapshot=samples.snapshot(96, 20, short_in=-timedelta(minutes=1)))
    assert following(over, ROOMY) == ""
    over = replace(in_use(96), snapshot=samples.snapshot(96, 96, short_in=-timedelta(minutes=1)))
    assert following(over, ROOMY) == "roomy"
    assert following(in_use(96), replace(TIGHT, snapshot=over.snapshot)) == ""


def test_the_persons_own_level_says_what_nearly_is() -> None:
    assert following(in_use(82), ROOMY, critical_used_percent=80, warn_used_percent=70) == "roomy"
    assert following(in_use(10, 82), ROOMY, critical_weekly_percent=80, warn_weekly_percent=70) == "roomy"


@pytest.mark.parametrize("others", [(), (FULL,), (TIGHT,), (TIGHT, FULL)])
def test_where_no_other_is_better_nothing_is_suggested(others: tuple[AccountState, ...]) -> None:
    assert following(in_use(100), *others) == ""


def test_the_pinned_one_comes_first_then_capacity_then_the_soonest_reset() -> None:
    half, soon = other("half", 50), other("soon", 50, timedelta(minutes=5))
    assert following(in_use(100), half, soon, ROOMY) == "roomy"
    assert following(in_use(100), half, soon) == "soon"
    assert following(in_use(100), half, soon, ROOMY, pinned=half) == "half"
    # A pin doesn't make an account better than it is.
    assert following(in_use(100), half, TIGHT, pinned=TIGHT) == "half"
    used = in_use(96)
    assert following(used, half, pinned=used) == "half"


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=6))
def test_what_is_suggested_is_never_worse(given_: list[tuple[float, bool]]) -> None:
    accounts = [
        replace(other(f"a{place}", used), stores=BOTH if theirs else (StoreKind.VAULT,))
        for place, (used, theirs) in enumerate(given_)
    ]
    found = suggested(*accounts)
    if found is not None:
        assert found.used.in_use
        assert not found.next.in_use
        assert found.used.snapshot is not None
        assert found.next.snapshot is not None
        assert found.next.snapshot.main.windows[0].used_percent < found.used.snapshot.main.windows[0].used_percent
