"""A window that is made when it is first wanted."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QApplication, QWidget

from probe_tray.ui.placement import move_beside

W = TypeVar("W", bound=QWidget)


class LazyWindow(Generic[W]):
    """Makes its window, opens it, keeps what it shows up to date, and forgets it."""

    def __init__(self, make: Callable[[], W], draw: Callable[[W], None]) -> None:
        """``make`` returns a new window that isn't shown yet; ``draw`` puts into it what is known now."""
        self._make, self._draw = make, draw
        self.window: W | None = None
        """None until it was first wanted, and again once it was closed for good."""

    @property
    def visible(self) -> W | None:
        """The window while it is on the screen."""
        return self.window if self.window is not None and self.window.isVisible() else None

    def show(self) -> W:
        """Bring the window to the front with what is known now. A new one opens beside the window that asked for it."""
        asker, new = QApplication.activeWindow(), self.window is None
        window = self.made()
        if not new and not window.isVisible():
            # Qt on X11 opens a window again by its inside: it would move by the width of its frame each time.
            window.move(window.pos())
        self._draw(window)
        if new:
            # Later it opens where the person has left it.
            move_beside(window, asker)
        window.show()
        window.raise_()
        window.activateWindow()
        return window

    def made(self) -> W:
        """The window, shown or not."""
        if self.window is None:
            self.window = self._make()
        return self.window

    def draw(self) -> None:
        """Show what is known now, where anybody sees it."""
        if (window := self.visible) is not None:
            self._draw(window)

    def close(self) -> None:
        """Take the window away for good; the next one is a new one."""
        if self.window is not None:
            window, self.window = self.window, None
            window.close()
            window.deleteLater()
