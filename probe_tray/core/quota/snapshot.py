"""Quota windows as the service counts them, and a snapshot of them all."""

import enum
from datetime import datetime, timedelta

import msgspec

SAME_RESET = timedelta(seconds=120)
"""Service fact: ``reset_at`` jitters by a few seconds between answers; resets this close together are the same one."""
FIVE_HOURS = 18_000
"""Seconds."""
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_NEARLY = 0.02
"""The part of a length by which it may differ from whole hours or days, and is still called by them."""
_BUDGET = timedelta(days=30)
"""Service fact: no length of a budget is ever given; those that were seen are reset once a month."""


class WindowKind(enum.Enum):
    """The kinds people name; told by a window's length, never by the slot it arrived in."""

    SHORT = "5h"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    BUDGET = "budget"
    """Not time but credits: the member's part of what the workspace may spend."""
    OTHER = "other"

    # An enum hashes its name in Python: several times for each check of an account.
    __hash__ = object.__hash__


class Window(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One quota window."""

    kind: WindowKind
    seconds: int | None
    """Its length; None where the service gave none that can be used."""
    used_percent: float
    """0 to 100, clamped."""
    reset_at: datetime | None
    """Aware UTC; None when the service gave none."""
    doubted: float | None = None
    """A lower use that the last answer gave inside the same window; believed when the next one agrees."""

    @property
    def length(self) -> timedelta | None:
        """How long its period is; None where nobody knows."""
        return length_of(self.kind, self.seconds)

    @property
    def named_seconds(self) -> int:
        """The length that it is called by."""
        return named_seconds(self.seconds)


def length_of(kind: WindowKind, seconds: int | None) -> timedelta | None:
    """How long the period of such a window is: its ``seconds``, a month for a budget, else None."""
    if seconds:
        return timedelta(seconds=seconds)
    return _BUDGET if kind is WindowKind.BUDGET else None


def named_seconds(seconds: int | None) -> int:
    """The length that such a window is called by: whole days or hours where it is hardly another one.

    5 hours where the service gave none: what has no length and is no budget is the 5-hour window.
    """
    if not seconds:
        return FIVE_HOURS
    for unit in (_DAY, _HOUR):
        if seconds % unit == 0:
            return seconds
    for unit in (_DAY, _HOUR):
        near = round(seconds / unit) * unit
        if abs(seconds - near) <= _NEARLY * near:
            return near
    return seconds


def length_name(seconds: int | None) -> str:
    """The name of that length for other programs: ``5h``, ``2d``, ``90min``."""
    length = named_seconds(seconds)
    for unit, letter in ((_DAY, "d"), (_HOUR, "h")):
        if length % unit == 0:
            return f"{length // unit}{letter}"
    return f"{max(1, round(length / _MINUTE))}min"


class Limit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A set of windows that counts one kind of use."""

    name: str = ""
    """Empty for the main limit; else the service's name of it."""
    feature: str = ""
    allowed: bool | None = None
    reached: bool | None = None
    windows: tuple[Window, ...] = ()

    def window(self, kind: WindowKind) -> Window | None:
        """The window of that kind; the tightest where there are several."""
        return max(
            (w for w in self.windows if w.kind is kind),
            key=lambda w: w.used_percent,
            default=None,
        )


class Credits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Prepaid use beyond the windows."""

    has_credits: bool = False
    unlimited: bool = False
    overage_limit_reached: bool = False
    balance: float | None = None


class SpendControl(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A workspace's spending limit for this member, in credits; its use is a window of the main limit as well."""

    reached: bool = False
    limit: float | None = None
    used: float | None = None
    remaining: float | None = None
    used_percent: float | None = None
    reset_at: datetime | None = None


class Capacity(enum.Enum):
    """What the numbers of a snapshot mean for the next request."""

    AVAILABLE = "available"
    LIMITED = "limited"
    UNKNOWN = "unknown"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the service said of an account's quota at one moment."""

    taken_at: datetime
    """Aware UTC, by this computer's clock."""
    clock_offset: float = 0.0
    """Seconds the service's clock is ahead of this computer's; 0 where they agree within two minutes."""
    plan: str = ""
    """Lower case; fresher than the plan inside the tokens."""
    main: Limit = Limit()
    code_review: Limit | None = None
    extra: tuple[Limit, ...] = ()
    credits: Credits | None = None
    spend: SpendControl | None = None
    reached_type: str = ""
    reset_credits: int | None = None
    reset_credit_ends: tuple[datetime, ...] = ()
    """When the reset credits are lost, aware UTC, the nearest first; empty where that was not asked or not said."""
    unconfirmed: bool = False
    """Capacity is back before anything was reset: worth no word before the next answer agrees."""

    @property
    def short(self) -> Window | None:
        """The 5-hour window of the main limit."""
        return self.main.window(WindowKind.SHORT)

    @property
    def weekly(self) -> Window | None:
        """The weekly window of the main limit."""
        return self.main.window(WindowKind.WEEKLY)

    @property
    def monthly(self) -> Window | None:
        """The monthly window of the main limit."""
        return self.main.window(WindowKind.MONTHLY)

    def service_now(self, now: datetime) -> datetime:
        """What the service's clock shows when this computer's shows ``now``: resets are counted down from it."""
        return now + timedelta(seconds=self.clock_offset)
