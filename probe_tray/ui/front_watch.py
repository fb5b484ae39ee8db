"""Whether the person is using a window of this program."""

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QApplication

from probe_tray.core.commands import UseWindows
from probe_tray.ui.engine import EngineProtocol

_SETTLED = 150
"""Milliseconds: on the way from one window to the next the keyboard is nowhere for a moment."""
_LEFT_AFTER = 10 * 60_000
"""Milliseconds without a key or the mouse after which a window in front holds nothing back: the person has gone."""
_INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
    }
)


class FrontWatch(QObject):
    """Tells the engine when one of the program's windows comes to the front, and when it is left."""

    def __init__(self, app: QApplication, engine: EngineProtocol) -> None:
        """Begin with none in front."""
        super().__init__(app)
        self._app, self._engine = app, engine
        self._in_use = self._left = False
        self._settled, self._idle = QTimer(self), QTimer(self)
        for timer, milliseconds in ((self._settled, _SETTLED), (self._idle, _LEFT_AFTER)):
            timer.setSingleShot(True)
            timer.setInterval(milliseconds)
        self._settled.timeout.connect(self._look)
        self._idle.timeout.connect(self._leave)
        # The one comes when another program is used, the other also when the last window is closed.
        app.focusWindowChanged.connect(self._follow)
        app.focusChanged.connect(self._settled.start)

    def close(self) -> None:
        """Watch no more."""
        self._app.focusWindowChanged.disconnect(self._follow)
        self._app.focusChanged.disconnect(self._settled.start)
        self._settled.stop()
        self._idle.stop()
        self._left = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the person is there; the window gets every event all the same."""
        del watched
        if event.type() in _INPUT:
            if self._in_use:
                self._idle.start()
            if self._left:
                self._left = False
                self._look()
        return False

    def _follow(self, window: QWindow | None) -> None:
        if window is not None:
            # A second time changes nothing.
            window.installEventFilter(self)
        self._left = False
        self._settled.start()

    def _leave(self) -> None:
        self._left = True
        self._look()

    def _look(self) -> None:
        active = QApplication.activeWindow()
        in_use = active is not None and active.isVisible() and not self._left
        if in_use is not self._in_use:
            self._in_use = in_use
            self._engine.send(UseWindows(in_use))
        if in_use:
            self._idle.start()
        elif not self._left:
            self._idle.stop()
