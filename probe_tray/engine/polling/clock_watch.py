"""Notices that this computer's clock is wrong, by what the service's answers say the time is."""

from collections.abc import Callable
from datetime import timedelta

from probe_tray.core.errors import ClockError
from probe_tray.core.service.answer import Answer
from probe_tray.ports.time import Clock

_TOLERANCE = timedelta(minutes=2)
_RIGHT = timedelta(minutes=1)
"""So near it counts as set right; between the two, what was told stays told."""


class ClockWatch:
    """Compares each answer's ``Date`` (RFC 9110 section 6.6.1) with the wall clock, and tells of each fault once."""

    def __init__(self, clock: Clock, tell: Callable[[ClockError], None]) -> None:
        """Call ``tell`` when ``clock`` is more than two minutes away from the service's.

        Again only after it was right in between, or was set to another wrong time.
        """
        self._clock = clock
        self._tell = tell
        self._told: timedelta | None = None
        """How far ahead the service's clock was when that was told last."""

    def answered(self, answer: Answer) -> None:
        """Look at an answer that has just come."""
        if answer.date is None:
            return
        away = answer.date - self._clock.now()
        if abs(away) < _RIGHT:
            self._told = None
        elif abs(away) > _TOLERANCE and (self._told is None or abs(away - self._told) > _TOLERANCE):
            self._told = away
            self._tell(ClockError.off_by(away))
