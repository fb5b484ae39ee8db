"""What the system must be told of the program's windows, and who asked the program to quit."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from probe_tray.adapters.systems.desktop import SystemDesktop


class WindowWatch(QObject):
    """Watches every window, so that a new one needs nothing of its own."""

    quit_asked = Signal()
    """Somebody asked this program alone to quit, by Cmd-Q or in the Dock; it goes on until it quits itself."""
    reopened = Signal()
    """Somebody opened the program once more, in Finder or the Dock, while no window was there to come forward."""

    def __init__(self, app: QApplication, desktop: SystemDesktop, popover: str) -> None:
        """Tell ``desktop``. ``popover`` is the name of the window that belongs to the icon."""
        super().__init__(app)
        self._app, self._desktop, self._popover = app, desktop, popover
        self._open: set[QWidget] = set()
        self._in_dock = False
        app.installEventFilter(self)
        # Qt tells it even where the program is the active one already (``qcocoaapplicationdelegate.mm``,
        # ``applicationShouldHandleReopen``), and opens nothing itself.
        app.applicationStateChanged.connect(self._see_state)

    def close(self) -> None:
        """Watch no more."""
        self._app.removeEventFilter(self)
        self._app.applicationStateChanged.disconnect(self._see_state)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See what happens to windows before they do."""
        match event.type():
            case QEvent.Type.Quit if watched is self._app and not self._desktop.session_ends():
                event.ignore()
                self.quit_asked.emit()
                return True
            case (QEvent.Type.Show | QEvent.Type.Hide | QEvent.Type.ZOrderChange) as kind:
                if isinstance(watched, QWidget) and _lasts(watched):
                    self._see(watched, kind)
            case _:
                pass
        return False

    def _see_state(self, state: Qt.ApplicationState) -> None:
        shown = any(window.isVisible() and _lasts(window) for window in self._app.topLevelWidgets())
        if state is Qt.ApplicationState.ApplicationActive and not shown:
            self.reopened.emit()

    def _see(self, window: QWidget, kind: QEvent.Type) -> None:
        if kind is QEvent.Type.ZOrderChange:
            # Sent by QWidget.raise_(), by which every window here comes to the front.
            if window.isVisible():
                self._desktop.bring_forward(int(window.winId()))
        elif window.objectName() == self._popover:
            if kind is QEvent.Type.Show:
                self._desktop.place_popover(int(window.winId()))
        else:
            (self._open.add if kind is QEvent.Type.Show else self._open.discard)(window)
            if bool(self._open) is not self._in_dock:
                # Nobody finds a window again that lies behind others, unless its program is one to switch to.
                self._in_dock = bool(self._open)
                self._desktop.show_in_dock(shown=self._in_dock)


def _lasts(window: QWidget) -> bool:
    """Whether it is no menu or hint, and no part of a window that is still being put together: those have no title."""
    return (
        window.isWindow()
        and window.windowType() in {Qt.WindowType.Window, Qt.WindowType.Dialog}
        and bool(window.windowTitle())
    )
