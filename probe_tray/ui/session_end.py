"""The end of the desktop session, which must cut off no renewal."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QEvent, QEventLoop
from PySide6.QtGui import QSessionManager, QWindow
from PySide6.QtWidgets import QApplication

from probe_tray.adapters.systems.desktop import SystemDesktop

_PATIENCE = 50.0
"""Seconds: a refresh request that was sent is waited for as long as it may take."""
_STEP = 50
"""Milliseconds between two looks whether the program has ended."""


class Manager(Protocol):
    """What is said to the desktop's session."""

    def setRestartHint(self, hint: QSessionManager.RestartHint, /) -> None:
        """Whether the next session starts this program."""
        ...


class EndingProgram(Protocol):
    """The program, as far as the session's end is about it."""

    def end(self) -> None:
        """Begin to end; never waits."""
        ...

    def ended(self) -> bool:
        """Whether it has ended and every token is saved."""
        ...

    def awaits_tokens(self) -> bool:
        """Whether a request was sent whose answer brings tokens that exist nowhere else."""
        ...

    def waits_for(self) -> str:
        """What the person reads about why the session has to wait."""
        ...


class SessionEnd:
    """Between the session and the program's own end."""

    def __init__(
        self,
        app: QApplication,
        program: EndingProgram,
        desktop: SystemDesktop,
        monotonic: Callable[[], float],
    ) -> None:
        """Listen to ``app`` for the end of the session, as ``desktop`` ends it. ``monotonic`` is in seconds."""
        self._app = app
        self._program = program
        self._desktop = desktop
        self._monotonic = monotonic
        self._asked = False
        self._window = _hidden_window() if desktop.tells_end_to_windows else None
        app.commitDataRequest.connect(self.commit)
        app.saveStateRequest.connect(self.save)
        app.aboutToQuit.connect(self.quit)

    def close(self) -> None:
        """Listen no more."""
        self._app.commitDataRequest.disconnect(self.commit)
        self._app.saveStateRequest.disconnect(self.save)
        self._app.aboutToQuit.disconnect(self.quit)
        if self._window is not None:
            self._window.destroy()

    def commit(self, manager: Manager) -> None:
        """Let nothing be lost; the session waits until this returns."""
        self.save(manager)
        if not self._desktop.asks_before_ending:
            self._program.end()
            self._wait(self._program.ended)
        elif self._desktop.session_ends():
            # Another program may still refuse, and the session goes on with this one.
            self._asked = True
            self._wait(lambda: not self._program.awaits_tokens())

    def save(self, manager: Manager) -> None:
        """Nothing is kept for the next session: whoever wants it there has "start at login" for that."""
        manager.setRestartHint(QSessionManager.RestartHint.RestartNever)

    def quit(self) -> None:
        """Come to an end where the system ends the process next."""
        if self._asked and self._desktop.kills_at_end:
            self._program.end()
            self._wait(self._program.ended)

    def _wait(self, done: Callable[[], bool]) -> None:
        if done():
            return
        until = self._monotonic() + _PATIENCE
        window = 0 if self._window is None else int(self._window.winId())
        with self._desktop.hold_up_session(window, self._program.waits_for()):
            # Qt's own loop, from inside: the program's tasks go on in it.
            while not done() and self._monotonic() < until:
                self._app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, _STEP)


def _hidden_window() -> QWindow:
    """A window of the system's that is never shown: none of the others is there before it is wanted."""

    # Here, for a class costs memory also on systems that need no such window.
    class SessionWindow(QWindow):
        def event(self, event: QEvent) -> bool:
            """Stay, without a refusal, where Qt closes all windows: a program that quits may still wait for tokens."""
            return event.type() is QEvent.Type.Close or super().event(event)

    window = SessionWindow()
    # What the person reads beside the reason why a shutdown waits.
    window.setTitle("Probe Tray")
    window.create()
    return window
