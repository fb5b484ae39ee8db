"""Notices that this computer's clock is wrong, by what the service's answers say the time is."""

from collections.abc import Callable
from datetime import timedelta

from probe_tray.core.errors import ClockError
from probe_tray.core.service.answer import Answer
from probe_tray.ports.time import Clock

_TOLERANCE = timedelta(minutes=2)


class ClockWatch:
    """Compares each answer's ``Date`` (RFC 9110 section 6.6.1) with the wall clock, and tells of a fault once."""

    def __init__(self, clock: Clock, tell: Callable[[ClockError], None]) -> None:
        """Call ``tell`` when ``clock`` is more than two minutes away from the service's, the first time only."""
        self._clock = clock
        self._tell = tell
        self._told = False

    def answered(self, answer: Answer) -> None:
        """Look at an answer that has just come."""
        if self._told or answer.date is None:
            return
        away = abs(answer.date - self._clock.now())
        if away > _TOLERANCE:
            self._told = True
            self._tell(ClockError(minutes=str(round(away / timedelta(minutes=1)))))
