"""Whether enough is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.quota.guarded_window import GuardedWindow
from probe_tray.core.quota.quota_guard import GuardResult, guard
from probe_tray.core.quota.quota_overview import AccountQuota, WindowQuota
from tests.support.numbers import ACCOUNT_QUOTA

ENOUGH, BELOW, NOT_KNOWN = GuardResult.ENOUGH, GuardResult.BELOW, GuardResult.NOT_KNOWN
FIVE_HOURS, WEEK, ANY, ALL = GuardedWindow


def account(*, usable: bool = True, limited: bool = False, **left: float) -> AccountQuota:
    windows = tuple(
        WindowQuota(name={"short": "5h"}.get(name, name), used_percent=100 - part, left_percent=part, reset_at=None)
        for name, part in left.items()
    )
    return replace(ACCOUNT_QUOTA, usable=usable, limited=limited, windows=windows)


TIGHT_WEEK = account(short=60, week=10)


@pytest.mark.parametrize(
    ("of", "window", "least", "result", "decided"),
    [
        (TIGHT_WEEK, FIVE_HOURS, 20, ENOUGH, "5h"),
        (TIGHT_WEEK, FIVE_HOURS, 60, ENOUGH, "5h"),
        (TIGHT_WEEK, FIVE_HOURS, 61, BELOW, "5h"),
        (TIGHT_WEEK, WEEK, 20, BELOW, "week"),
        (TIGHT_WEEK, ANY, 20, ENOUGH, "5h"),
        (TIGHT_WEEK, ALL, 20, BELOW, "week"),
        (TIGHT_WEEK, ALL, 0, ENOUGH, "week"),
        (account(week=50), FIVE_HOURS, 20, NOT_KNOWN, None),
        (account(week=50), ALL, 20, ENOUGH, "week"),
        (account(), ALL, 20, ENOUGH, None),
        (account(usable=False), ALL, 0, NOT_KNOWN, None),
        (account(usable=False, short=90), ALL, 0, NOT_KNOWN, None),
        (account(usable=False, limited=True, short=90, week=0), FIVE_HOURS, 0, BELOW, None),
        (account(usable=False, limited=True, short=90, week=0), ANY, 0, BELOW, None),
    ],
)
def test_the_windows_that_are_asked_for_decide(
    of: AccountQuota, window: GuardedWindow, least: int, result: GuardResult, decided: str | None
) -> None:
    verdict = guard(of, window, least)
    assert (verdict.result, verdict.window and verdict.window.name) == (result, decided)


@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 100))
def test_what_is_enough_for_all_is_enough_for_each_and_for_any(short: float, week: float, least: int) -> None:
    found = account(short=short, week=week)
    results = {window: guard(found, window, least).result for window in GuardedWindow}
    each = {results[FIVE_HOURS], results[WEEK]}
    assert (results[ALL] is ENOUGH) is (each == {ENOUGH})
    assert (results[ANY] is ENOUGH) is (ENOUGH in each)
