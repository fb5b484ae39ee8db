"""Whether the shared table can be asked: how often it is tried, and for how long one that failed is left alone."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NamedTuple

from probe_tray.core.errors import Phrase, ProbeError, TableUncheckedError
from probe_tray.ports.time import Clock

TRIES: Final = 3
"""How often a table that fails is asked where much depends on it."""
BETWEEN_TRIES: Final = 3.0
"""Seconds: another computer's renewal takes a second or two, and then its login is taken over."""
_REST: Final = 60.0
"""Seconds for which a table that failed is not asked again: many renewals would wait one after the other."""


class _TableFailure(NamedTuple):
    at: float
    error: TableUncheckedError
    is_passing: bool
    """Whether the table may be there a moment later."""


class TableReach:
    """What is known of the way to the table."""

    def __init__(self, clock: Clock) -> None:
        """Nothing has failed yet."""
        self._clock = clock
        self._failed: _TableFailure | None = None
        self._in_vain_at: float | None = None
        """When the table was asked several times in a row for nothing."""

    def check(self) -> None:
        """Raise what the last visit met, if that was less than a minute ago."""
        if self._failed is not None and self._clock.monotonic() < self._failed.at + _REST:
            raise self._failed.error

    def failed(self, error: ProbeError | TimeoutError) -> TableUncheckedError:
        """Remember what a visit met; as the one error that stands for all of them."""
        found = error if isinstance(error, TableUncheckedError) else unchecked(error)
        is_passing = isinstance(error, TimeoutError) or error.passing
        self._failed = _TableFailure(self._clock.monotonic(), found, is_passing)
        return found

    def forget(self) -> None:
        """Let the next visit try again at once."""
        self._failed = None

    async def ask(self, visit: Callable[[], Awaitable[bool]], *, insists: bool) -> bool:
        """What ``visit`` finds. Raises TableUncheckedError.

        ``insists``: up to three visits, unless that was in vain within the last minute. One lost answer must not make a
        refresh token be used without the table's word.
        """
        before = self._in_vain_at
        if not insists or (before is not None and self._clock.monotonic() < before + _REST):
            return await visit()
        for _ in range(TRIES - 1):
            self.forget()
            with suppress(TableUncheckedError):
                return await visit()
            if self._failed is not None and not self._failed.is_passing:
                break
            await self._clock.sleep(BETWEEN_TRIES)
        else:
            self.forget()
        try:
            return await visit()
        except TableUncheckedError:
            self._in_vain_at = self._clock.monotonic()
            raise


def unchecked(error: ProbeError | TimeoutError) -> TableUncheckedError:
    """The error that stands for ``error`` on the way to the table."""
    if isinstance(error, ProbeError):
        return TableUncheckedError(reason=error.cause)
    return TableUncheckedError(reason=Phrase("no answer came in time"))
