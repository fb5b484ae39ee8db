"""Tells the person what they have done, for as long as they may want to undo it."""

import itertools
from datetime import timedelta
from typing import Final

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.events import FeedbackEnded, FeedbackGiven
from probe_tray.core.feedback import Feedback, FeedbackKind, Undo
from probe_tray.engine.store import Store
from probe_tray.engine.timers import Start, wait_for
from probe_tray.ports.time import Clock

UNDO_TIME: Final = timedelta(seconds=15)
"""Long enough to read the sentence and reach the button without a mouse."""
_NEWS_TIME: Final = timedelta(seconds=8)


class FeedbackService:
    """Gives feedback and ends it by the injected clock."""

    def __init__(self, store: Store, clock: Clock, start: Start) -> None:
        """Have ``start`` own the tasks that wait."""
        self._store, self._clock, self._start = store, clock, start
        self._numbers = itertools.count(1)

    def give(
        self,
        kind: FeedbackKind,
        account: AccountKey | None = None,
        *,
        undo: Undo | None = None,
        undoable: bool = False,
        count: int = 0,
    ) -> None:
        """Tell that something was done, for 15 seconds where it can be undone, else for 8.

        ``undoable``: another command undoes it.
        """
        number = self.hold(kind, account, undo=undo, count=count)
        self._start(self._end_later(number, UNDO_TIME if undoable or undo is not None else _NEWS_TIME))

    def hold(
        self, kind: FeedbackKind, account: AccountKey | None = None, *, undo: Undo | None = None, count: int = 0
    ) -> int:
        """The same until :meth:`end` is called with the number that is returned."""
        number = next(self._numbers)
        feedback = Feedback(number=number, kind=kind, account=account, count=count, undo=undo)
        self._store.dispatch(FeedbackGiven(feedback=feedback))
        return number

    def end(self, number: int) -> None:
        """Tell of it no longer."""
        self._store.dispatch(FeedbackEnded(number=number))

    def take_back(self, number: int) -> Undo | None:
        """How it is undone, which only the first caller learns; None where it is over or cannot be undone."""
        found = next((f for f in self._store.state.feedback if f.number == number), None)
        if found is None or found.undo is None:
            return None
        self.end(number)
        return found.undo

    async def _end_later(self, number: int, span: timedelta) -> None:
        await wait_for(self._clock, span)
        self.end(number)
