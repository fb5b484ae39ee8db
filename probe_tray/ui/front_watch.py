"""Whether the person is using a window of this program."""

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from probe_tray.core.commands import UseWindows
from probe_tray.ui.engine import EngineProtocol

_SETTLED = 150
"""Milliseconds: on the way from one window to the next the keyboard is nowhere for a moment."""


class FrontWatch(QObject):
    """Tells the engine when one of the program's windows comes to the front, and when another program's does."""

    def __init__(self, app: QApplication, engine: EngineProtocol) -> None:
        """Begin with none in front."""
        super().__init__(app)
        self._app, self._engine = app, engine
        self._in_front = False
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED)
        self._settled.timeout.connect(self._look)
        # The one comes when another program is used, the other also when the last window is closed.
        app.focusWindowChanged.connect(self._settled.start)
        app.focusChanged.connect(self._settled.start)

    def close(self) -> None:
        """Watch no more."""
        self._app.focusWindowChanged.disconnect(self._settled.start)
        self._app.focusChanged.disconnect(self._settled.start)
        self._settled.stop()

    def _look(self) -> None:
        active = QApplication.activeWindow()
        in_front = active is not None and active.isVisible()
        if in_front is not self._in_front:
            self._in_front = in_front
            self._engine.send(UseWindows(in_front))
