"""Words beside each other stand on one line, whatever the size of their letters and the font that they come from."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from probe_tray.ui.theme import Theme


def baseline(theme: Theme, row: QRectF, size: float = 13) -> float:
    """How far down the letters of a row stand whose largest ones have this ``size`` of the design.

    Qt would put each text into the middle by itself: smaller letters, and those that another font lends, such as
    Chinese ones, would stand a pixel or two away from the others.
    """
    metrics = theme.metrics(size)
    return round(row.center().y() + (metrics.ascent() - metrics.descent()) / 2)


def draw_beside(painter: QPainter, area: QRectF, y: float, text: str, *, right: bool = False) -> None:
    """Draw ``text`` in one line that stands on ``y``, at the left or the right edge of ``area``."""
    left = area.right() - QFontMetricsF(painter.font()).horizontalAdvance(text) if right else area.left()
    painter.drawText(QPointF(left, y), text)
