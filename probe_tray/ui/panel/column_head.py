"""The names of the columns above accounts that are shown as lines."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from probe_tray.ui.panel.card_list import CardList
from probe_tray.ui.theme import Theme

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ColumnHead(QWidget):
    """Stands exactly over the columns of ``lines``."""

    def __init__(self, theme: Theme, lines: CardList, parent: QWidget) -> None:
        """Begin without names."""
        super().__init__(parent)
        self._theme = theme
        self._lines = lines
        self._names: tuple[str, ...] = ()

    def show_names(self, names: tuple[str, ...]) -> None:
        """Show these: account, two windows, reset."""
        if names != self._names:
            self._names = names
            self.setAccessibleName(", ".join(names))
            self.update()

    def sizeHint(self) -> QSize:
        """One line of small text."""
        return QSize(1, round(self._theme.metrics(12).height()) + self._theme.px(8))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the names."""
        if not self._names:
            return
        theme = self._theme
        columns, side = self._lines.columns()
        painter = QPainter(self)
        painter.setFont(theme.font(12))
        painter.setPen(QColor(theme.tokens.secondary))
        account, short, long, reset = self._names
        reset_width = theme.metrics(12).horizontalAdvance(reset)
        ends = columns.bars[0].left(), columns.bars[1].left(), columns.brief.right() - reset_width
        # A name may be wider than the bars below it, as long as it leaves the next one alone.
        for area, end, text in zip((columns.title, *columns.bars), ends, (account, short, long), strict=True):
            painter.drawText(QRectF(side + area.left(), 0, end - area.left() - theme.px(4), self.height()), _LEFT, text)
        painter.drawText(QRectF(side + columns.brief.left(), 0, columns.brief.width(), self.height()), _RIGHT, reset)
        painter.end()
