"""Percents that never claim nothing or everything where it is not so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.quota.percent import tenths, whole


@pytest.mark.parametrize(
    ("percent", "of_whole", "of_tenths"),
    [
        (-1, 0, 0),
        (0, 0, 0),
        (0.01, 1, 0.1),
        (0.3, 1, 0.3),
        (41.96, 42, 42.0),
        (99.6, 99, 99.6),
        (99.96, 99, 99.9),
        (100, 100, 100),
        (101, 100, 100),
    ],
)
def test_percents_are_rounded(percent: float, of_whole: int, of_tenths: float) -> None:
    assert (whole(percent), tenths(percent)) == (of_whole, of_tenths)


@given(st.floats(0, 100, exclude_min=True, exclude_max=True))
def test_something_is_neither_nothing_nor_everything(percent: float) -> None:
    assert 0 < whole(percent) < 100
    assert 0 < tenths(percent) < 100
    assert abs(tenths(percent) - percent) <= 0.1
