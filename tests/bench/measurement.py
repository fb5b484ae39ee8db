"""What a row of the bench says, and how medians of runs that alternate are taken."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One figure beside what it is measured against."""

    row: str
    what: str
    value: float
    unit: str
    against: str = ""
    """What ``base`` is of."""
    base: float | None = None
    most: float | None = None
    """The budget, in the figure's own unit."""
    most_ratio: float | None = None
    """The budget as a multiple of ``base``; ``below`` where equality breaks it."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times as much as ``base``."""
        return self.value / self.base if self.base else None

    @property
    def kept(self) -> bool | None:
        """Whether every budget is kept; None where there is none."""
        checks: list[bool] = []
        if self.most is not None:
            checks.append(self.value <= self.most)
        if self.most_ratio is not None and self.ratio is not None:
            checks.append(self.ratio <= self.most_ratio)
        return all(checks) if checks else None


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """How a figure grows with the number of accounts."""

    what: str
    unit: str
    points: tuple[tuple[int, float], ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a row has found."""

    lines: tuple[Line, ...]
    growth: tuple[Growth, ...] = ()


def alternate(rounds: int, runs: Mapping[str, Callable[[], T]], told: Callable[[str], None]) -> dict[str, list[T]]:
    """Run each in turn, ``rounds`` times: whatever slows the machine down for a while slows all of them."""
    found: dict[str, list[T]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, once in runs.items():
            told(f"{name}, {number + 1} of {rounds}")
            found[name].append(once())
    return found


def median(values: Sequence[float]) -> float:
    """The one in the middle."""
    return statistics.median(values)


def share(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0
