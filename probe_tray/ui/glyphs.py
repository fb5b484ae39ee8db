"""The few line drawings on buttons and cards, in the colour they are asked for."""

import enum
import math
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QWidget

_GRID = 16.0
RATIOS: Final = (1, 2, 3)
"""Of screens that there are."""


class Glyph(enum.Enum):
    """Which drawing."""

    REFRESH = "refresh"
    GEAR = "gear"
    KEY = "key"
    SEARCH = "search"
    MORE = "more"
    ARRANGE = "arrange"
    PIN = "pin"
    EYE = "eye"
    EYE_SHUT = "eye shut"


def draw(painter: QPainter, glyph: Glyph, area: QRectF, colour: QColor) -> None:
    """Draw ``glyph`` into ``area``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.topLeft())
    painter.scale(area.width() / _GRID, area.height() / _GRID)
    painter.setPen(QPen(colour, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    match glyph:
        case Glyph.REFRESH:
            painter.drawArc(QRectF(3, 3, 10, 10), 45 * 16, 315 * 16)
            painter.drawPolyline([QPointF(12.6, 2.0), QPointF(12.6, 4.9), QPointF(9.7, 4.9)])
        case Glyph.GEAR:
            painter.drawEllipse(QPointF(8, 8), 2.2, 2.2)
            for turn in range(8):
                painter.save()
                painter.translate(8, 8)
                painter.rotate(45 * turn)
                painter.drawLine(QLineF(0, -6.2, 0, -4.5))
                painter.restore()
        case Glyph.KEY:
            painter.drawEllipse(QPointF(5, 11), 2.6, 2.6)
            painter.drawLine(QLineF(7, 9, 13, 3))
            painter.drawLine(QLineF(10.5, 5.5, 12.5, 7.5))
        case Glyph.SEARCH:
            painter.drawEllipse(QPointF(7, 7), 4.5, 4.5)
            painter.drawLine(QLineF(10.5, 10.5, 14, 14))
        case Glyph.ARRANGE:
            for y, right in ((4.0, 13.0), (8.0, 10.5), (12.0, 8.0)):
                painter.drawLine(QLineF(3, y, right, y))
        case Glyph.PIN:
            _pin(painter)
        case Glyph.EYE | Glyph.EYE_SHUT:
            _eye(painter, shut=glyph is Glyph.EYE_SHUT)
        case Glyph.MORE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            for x in (3.5, 8.0, 12.5):
                painter.drawEllipse(QPointF(x, 8), 1.3, 1.3)
    painter.restore()


def _pin(painter: QPainter) -> None:
    painter.drawPolyline([QPointF(5.5, 2.5), QPointF(10.5, 2.5)])
    painter.drawPolyline([QPointF(6.3, 2.5), QPointF(6.3, 6.5), QPointF(4.5, 9.3), QPointF(11.5, 9.3)])
    painter.drawPolyline([QPointF(9.7, 2.5), QPointF(9.7, 6.5), QPointF(11.5, 9.3)])
    painter.drawLine(QLineF(8, 9.3, 8, 13.5))


def _eye(painter: QPainter, *, shut: bool) -> None:
    lids = QPainterPath(QPointF(1.5, 8))
    lids.quadTo(QPointF(8, 0.6), QPointF(14.5, 8))
    lids.quadTo(QPointF(8, 15.4), QPointF(1.5, 8))
    painter.drawPath(lids)
    painter.drawEllipse(QPointF(8, 8), 2.1, 2.1)
    if shut:
        painter.drawLine(QLineF(2.6, 13.4, 13.4, 2.6))


def sharp_ratio(window: QWidget) -> int:
    """For which of :data:`RATIOS` an icon is sharp on the screen that ``window`` is on."""
    return min(math.ceil(window.devicePixelRatioF()), RATIOS[-1])


def glyph_icon(glyph: Glyph, colour: QColor, size: int, ratios: Iterable[int] = RATIOS) -> QIcon:
    """The drawing as an icon, sharp on screens of these pixel ratios."""
    icon = QIcon()
    for ratio in ratios:
        picture = QPixmap(size * ratio, size * ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        draw(painter, glyph, QRectF(0, 0, size * ratio, size * ratio), colour)
        painter.end()
        picture.setDevicePixelRatio(ratio)
        icon.addPixmap(picture)
    return icon
