"""The end of the desktop session: the program ends before the session goes on ending, so that no renewal is cut off."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication

_PATIENCE = 50.0
"""Seconds: a refresh request that was sent is waited for as long as it may take."""
_STEP = 50
"""Milliseconds between two looks whether the program has ended."""


class Manager(Protocol):
    """What is said to the desktop's session."""

    def setRestartHint(self, hint: QSessionManager.RestartHint, /) -> None:
        """Whether the next session starts this program."""
        ...


class SessionEnd:
    """Between the session and the program's own end."""

    def __init__(
        self, app: QApplication, end: Callable[[], None], ended: Callable[[], bool], monotonic: Callable[[], float]
    ) -> None:
        """``end`` begins the program's end and never waits; ``ended`` tells whether tokens are all saved."""
        self._app = app
        self._end = end
        self._ended = ended
        self._monotonic = monotonic
        app.commitDataRequest.connect(self.commit)
        app.saveStateRequest.connect(self.save)

    def close(self) -> None:
        """Listen no more."""
        self._app.commitDataRequest.disconnect(self.commit)
        self._app.saveStateRequest.disconnect(self.save)

    def commit(self, manager: Manager) -> None:
        """Come to an end; the session waits until this returns."""
        self.save(manager)
        self._end()
        until = self._monotonic() + _PATIENCE
        # Qt's own loop, from inside: the program's tasks go on in it.
        while not self._ended() and self._monotonic() < until:
            self._app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, _STEP)

    def save(self, manager: Manager) -> None:
        """Nothing is kept for the next session: whoever wants it there has "start at login" for that."""
        manager.setRestartHint(QSessionManager.RestartHint.RestartNever)
