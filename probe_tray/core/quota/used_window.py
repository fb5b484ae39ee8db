"""Which window of several decides: whoever names one, or says when it is reset, asks here."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class UsedWindow(Protocol):
    """A window, as the service tells it or as other programs get it."""

    @property
    def used_percent(self) -> float:
        """0 to 100."""
        ...

    @property
    def reset_at(self) -> datetime | None:
        """Aware UTC; None where the service gave none."""
        ...


_W = TypeVar("_W", bound=UsedWindow)


def deciding_window(windows: Iterable[_W]) -> _W | None:
    """The window that runs out first; of equal ones, used-up ones too, the one that is reset last.

    One that the service gives no reset counts as last: nobody knows that it comes sooner. None without a window.
    """
    return max(windows, key=lambda w: (w.used_percent, w.reset_at or _NEVER), default=None)


def live_windows(windows: Iterable[_W], here: datetime) -> list[_W]:
    """Those whose period is not over ``here``, by the clock of their resets.

    Past its reset, an older number says nothing about the period that has begun since.
    """
    return [w for w in windows if w.reset_at is None or w.reset_at > here]
