"""Percents, rounded so that they never claim nothing or everything where it is not so."""

_FULL = 100
_LEAST = 0.1


def whole(percent: float) -> int:
    """Whole percents, 0 to 100."""
    if percent <= 0:
        return 0
    return _FULL if percent >= _FULL else min(max(round(percent), 1), _FULL - 1)


def tenths(percent: float) -> float:
    """The same in tenths of a percent."""
    if percent <= 0:
        return 0.0
    return float(_FULL) if percent >= _FULL else min(max(round(percent, 1), _LEAST), _FULL - _LEAST)
