"""What the command says of a quota, in sentences."""

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.quota.guarded_window import GuardedWindow
from probe_tray.core.quota.quota_guard import guard
from probe_tray.core.quota.quota_overview import AccountQuota
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.quota.quota_numbers import quota_overview
from probe_tray.view.quota.quota_words import guard_words, none_usable
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples

NOW = samples.NOW


def quota(account: AccountState) -> AccountQuota:
    (found,) = quota_overview(AppState(loaded=True, accounts=(account,)), NOW).accounts
    return found


def guarded(account: AccountQuota) -> str:
    return guard_words(account, guard(account, GuardedWindow.ANY, 95), 95, Now(NOW, UTC), Translator())


def test_of_accounts_without_capacity_the_first_that_comes_back_is_told_whatever_an_ended_login_had() -> None:
    kept = samples.snapshot(10, 100, weekly_in=-timedelta(days=2), age=timedelta(days=5))
    dead = samples.account("dead@example.com", kept, problem=samples.ended())
    full = samples.account("full@example.com", samples.snapshot(100, 20, short_in=timedelta(minutes=38)))
    overview = quota_overview(AppState(loaded=True, accounts=(dead, full)), NOW)
    said = "No account has capacity. The next reset is in 38 min · 14:30."
    assert none_usable(overview, Now(NOW, UTC), Translator()) == said


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(timedelta(minutes=38), "It resets in 38 min · 14:30."), (timedelta(), "It resets at 13:52.")],
)
def test_a_reset_of_this_minute_is_told_by_the_hour(ahead: timedelta, told: str) -> None:
    short = quota(samples.account("ana@example.com", samples.snapshot(42, 17, short_in=ahead)))
    full = replace(short, limited=True, usable=False, free_at=NOW + ahead)
    assert (
        guarded(replace(short, windows=short.windows[:1]))
        == f"ana@example.com: 58% of 5h left (at least 95% needed). {told}"
    )
    assert guarded(full) == f"ana@example.com has no capacity. {told}"
