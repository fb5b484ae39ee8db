"""Which window of several decides."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from probe_tray.core.quota.snapshot import Window, WindowKind
from probe_tray.core.quota.used_window import deciding_window, live_windows
from tests.unit.ui.samples import NOW

HOUR = timedelta(hours=1)


def window(used: float, resets_in: timedelta | None) -> Window:
    reset_at = None if resets_in is None else NOW + resets_in
    return Window(kind=WindowKind.SHORT, seconds=18_000, used_percent=used, reset_at=reset_at)


LOW, TIGHT, FULL = window(10, 9 * HOUR), window(90, HOUR), window(100, HOUR)
LAST, NEVER = window(100, 4 * HOUR), window(100, None)


@pytest.mark.parametrize(
    ("windows", "decides"),
    [
        ((), None),
        ((LOW, TIGHT), TIGHT),
        ((TIGHT, FULL), FULL),
        ((FULL, LAST), LAST),
        ((LAST, FULL), LAST),
        ((NEVER, LAST), NEVER),
        ((LAST, NEVER), NEVER),
    ],
)
def test_the_tightest_decides_and_of_used_up_ones_the_last_that_is_reset(
    windows: Sequence[Window], decides: Window | None
) -> None:
    assert deciding_window(windows) is decides


def test_a_window_is_live_until_its_reset_and_without_one_always() -> None:
    assert live_windows((LOW, FULL, NEVER), NOW) == [LOW, FULL, NEVER]
    assert live_windows((LOW, FULL, NEVER), NOW + HOUR) == [LOW, NEVER]
