"""What becomes of a quota window at the pace of use so far: linear, and honest where there is too little to say.

All moments here are by the service's clock, as ``Window.reset_at`` is.
"""

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from probe_tray.core.quota.history import Meter, Part, samples_of
from probe_tray.core.quota.snapshot import SAME_RESET, Snapshot, Window

_FEWEST_SAMPLES = 3
_LEAST_OF_WINDOW = 0.1
"""The part of the window that must have passed: in its first minutes any use looks like far too much."""
_LEAST_USED = 2.0
"""Percent. The service counts in whole percents, so that 1 may be anything between next to nothing and 2."""
_FALL = 1.0
"""Percent by which use falls when the service has given some of it back, and not merely rounded otherwise."""
_ALL = 100.0


class Pace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The use of one window so far. Only its ends are kept, so gaps between the samples change nothing."""

    meter: Meter
    reset_at: datetime
    """As it was heard; what jitters around it is the same moment."""
    since: datetime
    """The window's start, or the moment after which use began to count anew."""
    base: float
    """Percent used at ``since``."""
    at: datetime
    """The newest sample."""
    used: float
    """Percent used at ``at``."""
    samples: int
    """How many samples of this window there were since ``since``."""


class Outlook(enum.Enum):
    """How a window ends."""

    UNKNOWN = "not enough data"
    LASTS = "lasts until its reset"
    RUNS_OUT = "runs out before its reset"


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """How a window ends at the pace so far."""

    outlook: Outlook
    percent_at_reset: float | None = None
    """What the straight line says, so it may be above 100; None when unknown."""
    runs_out_at: datetime | None = None
    """Not before now and before the reset; None unless it runs out."""

    @property
    def percent_left(self) -> float | None:
        """What is left at the reset, 0 to 100; None when unknown."""
        return None if self.percent_at_reset is None else max(0.0, _ALL - self.percent_at_reset)


_UNKNOWN = Forecast(outlook=Outlook.UNKNOWN)


def follow(paces: Iterable[Pace], snapshot: Snapshot) -> tuple[Pace, ...]:
    """The paces of all windows that have a length and a reset, after ``snapshot``."""
    known = {pace.meter: pace for pace in paces}
    at, ahead = snapshot.service_now(snapshot.taken_at), timedelta(seconds=snapshot.clock_offset)
    return tuple(
        _follow(known.get(sample.meter), _begun(sample.meter, sample.reset_at + ahead, length, at, sample.used / 10))
        for sample in samples_of(snapshot)
        if sample.reset_at is not None and (length := sample.meter.length)
    )


def forecast(pace: Pace, now: datetime) -> Forecast:
    """How the window ends, seen from ``now`` by the service's clock.

    Unknown with fewer than 3 samples, before a tenth of the window has passed, with less than 2 % used, and once the
    reset has passed. A window that is used up is one that runs out now.
    """
    at = max(now, pace.at)
    if at >= pace.reset_at:
        return _UNKNOWN
    if pace.used >= _ALL:
        return Forecast(outlook=Outlook.RUNS_OUT, percent_at_reset=pace.used, runs_out_at=at)
    passed, used = (pace.at - pace.since).total_seconds(), pace.used - pace.base
    length = pace.meter.length or timedelta()
    little = passed < _LEAST_OF_WINDOW * length.total_seconds() or used < _LEAST_USED
    if little or passed <= 0 or pace.samples < _FEWEST_SAMPLES:
        return _UNKNOWN
    # Percent first, then time: a product with the rate would round differently for the same line.
    coming = (pace.reset_at - pace.at).total_seconds()
    percent = pace.used + used * coming / passed
    moment = pace.at + timedelta(seconds=(_ALL - pace.used) * passed / used)
    if percent <= _ALL or moment >= pace.reset_at:
        return Forecast(outlook=Outlook.LASTS, percent_at_reset=min(percent, _ALL))
    return Forecast(outlook=Outlook.RUNS_OUT, percent_at_reset=percent, runs_out_at=max(moment, at))


def pace_of(paces: Iterable[Pace], window: Window) -> Pace | None:
    """The pace of a window of the main limit; None when nothing is known of it."""
    return next(
        (
            p
            for p in paces
            if p.meter.part is Part.MAIN and (p.meter.kind, p.meter.seconds) == (window.kind, window.seconds or 0)
        ),
        None,
    )


def runs_out_at(paces: Iterable[Pace], window: Window, now: datetime) -> datetime | None:
    """When a window of the main limit runs out before its reset at this pace; None when it lasts or nobody knows."""
    pace = pace_of(paces, window)
    return None if pace is None else forecast(pace, now).runs_out_at


def _begun(meter: Meter, reset_at: datetime, length: timedelta, at: datetime, used: float) -> Pace:
    """The pace of a window of which this is the first sample."""
    since = min(reset_at - length, at)
    return Pace(meter=meter, reset_at=reset_at, since=since, base=0.0, at=at, used=used, samples=1)


def _follow(old: Pace | None, new: Pace) -> Pace:
    if old is None or new.at < old.at:
        return new
    fell = new.used < old.used - _FALL
    if abs(new.reset_at - old.reset_at) > SAME_RESET:
        # A reset that merely moves (by a day every day, or with each answer) does not begin the window anew.
        if fell or not new.used or new.at >= old.reset_at - SAME_RESET:
            return new
        old = msgspec.structs.replace(old, reset_at=new.reset_at)
    elif fell:
        # Given back: the use before says nothing about the pace from here on.
        return msgspec.structs.replace(old, since=new.at, base=new.used, at=new.at, used=new.used, samples=1)
    return msgspec.structs.replace(old, at=new.at, used=new.used, samples=old.samples + (new.at > old.at))
