"""The history: the readings of every window of every limit, which need not be written, and what is read back."""

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.quota.snapshot import SAME_RESET, Limit, Snapshot, WindowKind, length_of

_AT_LEAST_EVERY = timedelta(hours=1)
_LEFT_OUT = timedelta(days=1)
"""So long a window may be missing in the answers before it counts as one that the account does not have any more."""


class Part(enum.Enum):
    """Which of a snapshot's limits."""

    MAIN = "main"
    REVIEW = "review"
    EXTRA = "extra"

    # An enum hashes its name in Python: several times for each check of an account.
    __hash__ = object.__hash__


class Meter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One window of one limit, the same from snapshot to snapshot."""

    part: Part = Part.MAIN
    name: str = ""
    """The service's name of an extra limit, empty for the others."""
    kind: WindowKind
    seconds: int
    """The window's length; 0 where the service gives none."""

    @property
    def length(self) -> timedelta | None:
        """How long its period is; None where nobody knows."""
        return length_of(self.kind, self.seconds)


class Sample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a meter showed at one moment."""

    meter: Meter
    at: datetime
    """Aware UTC, by this computer's clock."""
    used: int
    """In tenths of a percent, 0 to 1000."""
    reset_at: datetime | None
    """Aware UTC, as this computer's clock will show it."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """One point of a chart: a stretch of time."""

    at: datetime
    """When the last sample of the stretch was taken, aware UTC."""
    used: int
    """That sample, in tenths of a percent."""
    most: int
    """The highest use in the stretch, in tenths of a percent."""


class Span(enum.Enum):
    """How far back a chart goes."""

    DAY = timedelta(hours=24)
    WEEK = timedelta(days=7)
    MONTH = timedelta(days=30)


class Trend(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account's last seven days in a few numbers: of its weekly window, else of the one most like it."""

    meter: Meter
    percents: tuple[int | None, ...]
    """The highest use in each of equal stretches, the oldest first, 0 to 100; None where nothing was heard."""


class RenewalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a renewal ended."""

    at: datetime
    """Aware UTC."""
    reason: str = ""
    """The kind of the failure; empty when it went well."""


def samples_of(snapshot: Snapshot) -> tuple[Sample, ...]:
    """The readings of all windows; of two windows that cannot be told apart, the tighter one."""
    found: dict[Meter, Sample] = {}
    ahead = timedelta(seconds=snapshot.clock_offset)
    for part, limit in _limits(snapshot):
        for window in limit.windows:
            meter = Meter(part=part, name=_name(part, limit), kind=window.kind, seconds=window.seconds or 0)
            sample = Sample(
                meter=meter,
                at=snapshot.taken_at,
                used=round(window.used_percent * 10),
                reset_at=None if window.reset_at is None else window.reset_at - ahead,
            )
            if meter not in found or found[meter].used < sample.used:
                found[meter] = sample
    return tuple(found.values())


class Run(msgspec.Struct, frozen=True, gc=False):
    """The samples of one meter since it last changed."""

    written: Sample
    last: Sample


def thin(run: Run | None, sample: Sample) -> tuple[tuple[Sample, ...], Run]:
    """The samples to write now that ``sample`` has come, and the run from here on.

    What changed nothing is left out, except one an hour and the last one before a change: a line through what is
    written passes through all that was left out.
    """
    if run is None or sample.at <= run.last.at:
        return (sample,), Run(sample, sample)
    if _unchanged(run.written, sample):
        if sample.at - run.written.at < _AT_LEAST_EVERY:
            return (), Run(run.written, sample)
        return (sample,), Run(sample, sample)
    before = () if run.last is run.written else (run.last,)
    return (*before, sample), Run(sample, sample)


def trend_meter(newest: Mapping[Meter, datetime]) -> Meter | None:
    """The meter that says most about an account's week; None where there is none.

    ``newest`` has the moment of each one's last sample. A window that the account's plan has lost says nothing.
    """
    order = (WindowKind.WEEKLY, WindowKind.MONTHLY, WindowKind.BUDGET, WindowKind.SHORT, WindowKind.OTHER)
    main = {meter: moment for meter, moment in newest.items() if meter.part is Part.MAIN}
    last = max(main.values(), default=None)
    still = [meter for meter, moment in main.items() if last is not None and last - moment <= _LEFT_OUT]
    return min(still, key=lambda meter: (order.index(meter.kind), meter.seconds), default=None)


def _limits(snapshot: Snapshot) -> list[tuple[Part, Limit]]:
    review = [] if snapshot.code_review is None else [(Part.REVIEW, snapshot.code_review)]
    return [(Part.MAIN, snapshot.main), *review, *((Part.EXTRA, limit) for limit in snapshot.extra)]


def _name(part: Part, limit: Limit) -> str:
    return limit.name if part is Part.EXTRA else ""


def _unchanged(old: Sample, new: Sample) -> bool:
    if old.used != new.used:
        return False
    if old.reset_at is None or new.reset_at is None:
        return old.reset_at is new.reset_at
    return abs(old.reset_at - new.reset_at) <= SAME_RESET


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one meter showed."""

    meter: Meter
    points: tuple[Point, ...]
    """The oldest first."""


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The past of one account."""

    account: AccountKey
    span: Span
    lines: tuple[HistoryLine, ...] = ()
    """The windows of the main limit that say most, the longest first; empty where nothing is known."""
    renewals: tuple[RenewalRecord, ...] = ()
    """The newest first."""
