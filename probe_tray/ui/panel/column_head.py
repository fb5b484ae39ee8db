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

    def __init__(self, theme: Theme, lines: CardList) -> None:
        """Begin without names."""
        super().__init__()
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
        for area, text, align in (
            (columns.title, account, _LEFT),
            (columns.bars[0], short, _LEFT),
            (columns.bars[1], long, _LEFT),
            (columns.brief, reset, _RIGHT),
        ):
            place = QRectF(side + area.left(), 0, area.width() + theme.px(4), self.height())
            if align == _RIGHT:
                place.setWidth(area.width())
            painter.drawText(place, align, text)
        painter.end()
