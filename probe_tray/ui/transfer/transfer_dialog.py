"""What the windows have in common that take logins in and give them out."""

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import TaskDialog
from probe_tray.ui.widgets import SCROLL_FRAME, height, leave_room, scrolling, words


class TransferDialog(TaskDialog):
    """Choices above, which scroll where the screen is low; below what must be seen: warnings, progress, buttons."""

    def __init__(self, theme: Theme, name: str, closed: Callable[[], None]) -> None:
        """``closed`` is called once the window is gone. A subclass makes its parts and calls :meth:`lay_out`."""
        super().__init__(theme, name)
        self._closed = closed
        self._warning = words(wrap=True)
        self._page, self._lower, self._whole = QWidget(), QVBoxLayout(), QVBoxLayout(self)

    def lay_out(self, spacing: int, shrinks: QWidget, least: int) -> tuple[QVBoxLayout, QVBoxLayout]:
        """The columns above and below, to be filled; ``shrinks`` gives way down to ``least`` of the design's pixels."""
        px = self._theme.px
        page, whole = self._page, self._whole
        upper, lower = QVBoxLayout(page), self._lower
        upper.setContentsMargins(px(20), px(18), px(20), 0)
        lower.setContentsMargins(px(20), 0, px(20), px(14))
        whole.setContentsMargins(0, 0, 0, 0)
        for part in (upper, lower, whole):
            part.setSpacing(px(spacing))
        upper.addWidget(self._title)
        whole.addWidget(scrolling(page, shrinks, px(least)), 1)
        whole.addLayout(lower)
        return upper, lower

    def open_low(self, width: int) -> None:
        """Be as wide as that, of the design's pixels, and only as high as what is shown."""
        px = self._theme.px
        wide = fitting(self, QSize(px(width), 1)).width()
        needed = height(self._page, wide) + SCROLL_FRAME + self._whole.spacing() + self._lower.sizeHint().height()
        self.resize(fitting(self, QSize(wide, needed)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for what is said."""
        super().resizeEvent(event)
        leave_room(self)

    def reject(self) -> None:
        """Close, and tell that the window is gone: for Esc, the button and the window's own cross."""
        super().reject()
        self._closed()
