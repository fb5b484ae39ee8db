"""What the windows have in common that take logins in and give them out."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import TaskDialog
from probe_tray.ui.widgets import SCROLL_FRAME, foot, height, leave_room, scroll_area, style_foot, words

_SIDE, _TOP = 20, 18


class _TransferPage(QWidget):
    """What scrolls; Qt leaves out of its height what gives way, though that has a least height."""

    def heightForWidth(self, width: int) -> int:
        """The least height at which nothing lies on anything else."""
        layout = self.layout()
        return super().heightForWidth(width) if layout is None else layout.minimumHeightForWidth(width)


class TransferDialog(TaskDialog):
    """A page of choices and what is said of them, which scrolls where the screen is low; below it the buttons."""

    def __init__(self, theme: Theme, name: str, closed: Callable[[], None]) -> None:
        """``closed`` is called once the window is gone. A subclass makes its parts and calls :meth:`lay_out`."""
        super().__init__(theme, name)
        self._closed = closed
        self._warning = words(wrap=True)
        self._page = _TransferPage()
        self._upper, self._whole = QVBoxLayout(self._page), QVBoxLayout(self)

    def lay_out(self, spacing: int, shrinks: QWidget, least: int, end: QHBoxLayout) -> QVBoxLayout:
        """The column of the page, to be filled; ``shrinks`` gives way down to ``least`` of the design's pixels.

        ``end`` has the buttons.
        """
        px = self._theme.px
        self._upper.setSpacing(px(spacing))
        self._upper.addWidget(self._title)
        shrinks.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        shrinks.setMinimumHeight(px(least))
        self._scroll = scroll_area(self._page)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._keep_edges)
        self._foot = foot(self._theme, self._progress, end)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(0)
        self._whole.addWidget(self._scroll, 1)
        self._whole.addWidget(self._foot)
        self._keep_edges(0, 0)
        return self._upper

    def bring_into_view(self, part: QWidget) -> None:
        """Scroll to what is said now, where the page is longer than the window."""
        # Where it stands is known once the page has been laid out with it.
        height(self._page, self._page.width())
        self._page.adjustSize()
        self._scroll.ensureWidgetVisible(part)

    def open_low(self, width: int) -> None:
        """Be as wide as that, of the design's pixels, and only as high as what is shown."""
        wide = fitting(self, QSize(self._theme.px(width), 1)).width()
        needed = height(self._page, wide) + SCROLL_FRAME + self._foot.sizeHint().height()
        self.resize(fitting(self, QSize(wide, needed)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for what is said."""
        super().resizeEvent(event)
        leave_room(self)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        style_foot(self._foot, self._theme)

    def reject(self) -> None:
        """Close, and tell that the window is gone: for Esc, the button and the window's own cross."""
        super().reject()
        self._closed()

    def _keep_edges(self, _least: int, most: int) -> None:
        px, bar = self._theme.px, self._scroll.verticalScrollBar().sizeHint().width()
        side = px(_SIDE) - SCROLL_FRAME // 2
        # The bar takes its room from the margin: nothing of the page moves, and its edges are those of the buttons.
        self._upper.setContentsMargins(side, px(_TOP), side - bar if most else side, px(10))
        # The keyboard may scroll to what no control stands beside.
        self._scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus if most else Qt.FocusPolicy.NoFocus)
