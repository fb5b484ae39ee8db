"""The frame that lines below each other have together: that of a card."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from probe_tray.ui.panel.card_painter import RADIUS
from probe_tray.ui.theme import Theme


class LineFrame:
    """Draws each line's part of it; lines that stand alike have the same."""

    def __init__(self, theme: Theme, area: QRectF) -> None:
        """Around lines that have this ``area``."""
        self._theme, self._area = theme, area
        self._made: dict[tuple[bool, bool], tuple[QPainterPath, QPainterPath]] = {}

    def paint(self, painter: QPainter, *, is_first: bool, is_last: bool) -> None:
        """Draw the part of a line with others above and below it, or none."""
        place = is_first, is_last
        if (paths := self._made.get(place)) is None:
            paths = self._made[place] = self._paths(is_first=is_first, is_last=is_last)
        outside, edge = paths
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self._area)
        painter.fillPath(outside, QColor(self._theme.tokens.window))
        painter.strokePath(edge, QPen(QColor(self._theme.tokens.line), 1.0))

    def _paths(self, *, is_first: bool, is_last: bool) -> tuple[QPainterPath, QPainterPath]:
        radius = self._theme.px(RADIUS)
        # Where the table goes on, its rounded end lies beyond what is drawn here.
        reach = 2 * radius
        area = self._area.adjusted(0.5, 0.5 if is_first else -reach, -0.5, -0.5 if is_last else reach)
        inside, whole = QPainterPath(), QPainterPath()
        inside.addRoundedRect(area, radius, radius)
        whole.addRect(self._area)
        return whole - inside, inside
