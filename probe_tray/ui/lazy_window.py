"""A window that is made when it is first wanted, and goes some time after it was closed."""

import gc
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from probe_tray.adapters.systems.current import this_system
from probe_tray.ui.place_watch import PlaceWatch
from probe_tray.ui.placement import bring_back, fitting, move_beside
from probe_tray.ui.widgets import has_window_open

W = TypeVar("W", bound=QWidget)
KEPT: Final = 20_000
"""Milliseconds that a closed window is kept for whoever opens it again soon."""


class LazyWindow(Generic[W]):
    """Makes its window, opens it, keeps what it shows up to date, and lets it go once it is closed."""

    def __init__(
        self,
        make: Callable[[], W],
        draw: Callable[[W], None],
        *,
        waits: Callable[[W], bool] = lambda _: False,
        gone: Callable[[], None] = lambda: None,
    ) -> None:
        """``make`` returns a new window that isn't shown yet; ``draw`` puts into it what is known now.

        A closed window that ``waits`` for something is kept until that has come; ``gone`` is called when one goes.
        """
        self._make, self._draw, self._waits, self._gone = make, draw, waits, gone
        self._left: _Bounds | None = None
        """Where the person has left the window that went."""
        self._opened = False
        """Whether a person has seen one, and may have put it somewhere: it can be made before it is shown."""
        self._place: PlaceWatch | None = None
        self.window: W | None = None
        """None until it was first wanted, and again some time after it was closed."""

    @property
    def visible(self) -> W | None:
        """The window while it is on the screen."""
        return self.window if self.window is not None and self.window.isVisible() else None

    def show(self) -> W:
        """Bring the window to the front with what is known now. A new one opens beside the window that asked for it."""
        asker, window = QApplication.activeWindow(), self.made()
        opens, new = not window.isVisible(), not self._opened
        if self._place is not None and opens and not new:
            self._place.stay()
        self._draw(window)
        if new:
            # Later it opens where the person has left it.
            move_beside(window, asker)
        elif opens:
            bring_back(window)
        self._opened = True
        # One that was minimised comes back.
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()
        return window

    def made(self) -> W:
        """The window, shown or not."""
        if self.window is None:
            self.window = self._make()
            if self._left is not None:
                self._left.give(self.window)
            self._place = PlaceWatch(self.window)
            _CloseWatch(self.window, self._let_go)
        return self.window

    def draw(self) -> None:
        """Show what is known now, where anybody sees it."""
        if (window := self.visible) is not None:
            self._draw(window)

    def close(self) -> None:
        """Take the window away for good; the next one is a new one."""
        self._left, self._opened = None, False
        self._remove()

    def _let_go(self) -> bool:
        """Take a closed window away to make another one when it is wanted; False where something still needs it."""
        window = self.window
        if window is None or self._place is None or window.isVisible():
            return True
        # A file is being chosen for it, or a question asked.
        if self._waits(window) or has_window_open(window):
            return False
        self._left = _Bounds.of(window, self._place.corner)
        window.destroyed.connect(_free_soon)
        self._remove()
        return True

    def _remove(self) -> None:
        if self.window is not None:
            # Whatever still holds the window here would hold all that Python has of it, until the next one is made.
            window, self.window, self._place = self.window, None, None
            window.close()
            window.deleteLater()
            self._gone()


def forget_closed() -> None:
    """Take all closed windows away at once: what they showed can still be read by a screen reader."""
    for window in QApplication.topLevelWidgets():
        for watch in window.findChildren(_CloseWatch, options=Qt.FindChildOption.FindDirectChildrenOnly):
            watch.hurry()


class _Bounds(NamedTuple):
    """Where a window is and how large."""

    corner: QPoint
    size: QSize
    state: Qt.WindowState

    @classmethod
    def of(cls, window: QWidget, corner: QPoint) -> "_Bounds":
        state = window.windowState() & ~(Qt.WindowState.WindowMinimized | Qt.WindowState.WindowActive)
        usual = window.normalGeometry() if state else window.geometry()
        return cls(usual.topLeft() if state else corner, usual.size(), state)

    def give(self, window: QWidget) -> None:
        window.move(self.corner)
        window.resize(fitting(window, self.size))
        window.setWindowState(self.state)


class _CloseWatch(QObject):
    """Tells some time after a window was closed."""

    def __init__(self, window: QWidget, closed: Callable[[], bool]) -> None:
        """Ask ``closed`` again as long as it says False."""
        super().__init__(window)
        self._closed = closed
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(KEPT)
        self._timer.timeout.connect(self._look)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice when the window is closed or opened; it gets every event all the same."""
        if event.type() is QEvent.Type.Hide and not event.spontaneous():
            self._timer.start()
        elif event.type() is QEvent.Type.Show:
            self._timer.stop()
        return super().eventFilter(watched, event)

    def hurry(self) -> None:
        """Tell now where the window was closed."""
        if self._timer.isActive():
            self._timer.stop()
            self._look()

    def _look(self) -> None:
        if not self._closed():
            self._timer.start()


def _free_soon() -> None:
    # What is inside a window goes after the window itself.
    QTimer.singleShot(0, _free)


def _free() -> None:
    # A window and what it calls hold each other: Python would find that only much later.
    gc.collect()
    this_system().give_back_memory()
