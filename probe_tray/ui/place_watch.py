"""Where a window stands with its frame, so that it opens there again."""

from typing import Final, cast

from PySide6.QtCore import QEvent, QMargins, QObject, QPoint
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QWidget

_TELLING: Final = frozenset({QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.WindowActivate, QEvent.Type.Hide})


class PlaceWatch(QObject):
    """Follows a window.

    WORKAROUND Qt 6.12 on X11: a window that was closed opens again by its inside, which moves it by the width of its
    frame, and ``pos()`` may know no frame, if it was asked before the window manager had drawn one.
    """

    def __init__(self, window: QWidget) -> None:
        """Follow ``window`` from now on."""
        super().__init__(window)
        self._window = window
        self._corner: QPoint | None = None
        window.installEventFilter(self)

    @property
    def corner(self) -> QPoint:
        """Where the frame's top left corner is, or was when the window was closed."""
        return self._window.pos() if self._corner is None else self._corner

    def stay(self) -> None:
        """Have the closed window open where it was."""
        self._window.move(self.corner)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note where the window is; it gets every event all the same."""
        # Not by an attribute: a window that nobody keeps is taken apart by Python first, and still hears events then.
        if isinstance(watched, QWidget) and watched is self.parent() and event.type() in _TELLING:
            self._note(watched)
        return super().eventFilter(watched, event)

    def _note(self, window: QWidget) -> None:
        handle = cast("QWindow | None", window.windowHandle())
        frame = QMargins() if handle is None else handle.frameMargins()
        # A closed window has no frame any more.
        if not frame.isNull():
            self._corner = window.geometry().topLeft() - QPoint(frame.left(), frame.top())
