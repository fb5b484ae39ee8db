"""Computers whose runs begin at the same moment renew a login one after the other."""

from datetime import timedelta

import pytest

from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.turn import has_time, turn, turn_fraction
from tests.support.fakes import START

TAKES = timedelta(seconds=3)
"""What a renewal needs, from reading the row to writing the new login into it."""


def test_each_computer_has_a_turn_of_its_own_for_each_account_which_stays() -> None:
    fractions = {turn_fraction(f"account-{a}", f"computer-{c}") for a in range(20) for c in range(20)}
    assert len(fractions) == 400
    assert all(0 <= fraction < 1 for fraction in fractions)
    assert turn_fraction("account-1", "computer-1") == turn_fraction("account-1", "computer-1")


def test_two_computers_with_one_schedule_rarely_renew_a_login_at_the_same_time() -> None:
    together = 0
    for number in range(2000):
        first, second = (turn(START, turn_fraction("account-ana", f"{name}-{number}")) for name in ("one", "two"))
        assert START <= min(first, second) <= max(first, second) <= START + timedelta(minutes=2)
        together += abs(first - second) < TAKES
    assert together < 2000 * 0.07, "the rest is kept apart by the claim in the row"


@pytest.mark.parametrize(
    ("reason", "hours", "expected"),
    [
        (Reason.EXPIRES_SOON, 2, True),
        (Reason.EXPIRES_SOON, 1, False),
        (Reason.EXPIRED, -1, False),
        (Reason.FORCED, 48, False),
        (Reason.REFUSED, 48, False),
        (Reason.NO_ID_TOKEN, 48, False),
        (None, 48, False),
    ],
)
def test_only_what_has_time_waits(reason: Reason | None, hours: int, *, expected: bool) -> None:
    assert has_time(reason, START + timedelta(hours=hours), START) is expected


def test_what_has_no_end_does_not_wait() -> None:
    assert not has_time(Reason.EXPIRES_SOON, None, START)
