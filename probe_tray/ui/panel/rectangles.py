"""Rectangles in one colour."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter


def fill(painter: QPainter, area: QRectF, colour: QColor | str) -> None:
    """Fill ``area`` with ``colour``; afterwards the painter has no pen, and a brush of that colour.

    WORKAROUND PySide 6.11 (https://doc.qt.io/qtforpython-6/PySide6/QtGui/QPainter.html): ``fillRect`` takes gradients
    too, so at its first call PySide makes all of their classes, with one enum of 169 members. The panel would open
    later for it.
    """
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRect(area)
