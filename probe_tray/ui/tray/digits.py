"""A number in the system's own typeface, over a bar: at 16 px too every digit is as high as the place allows."""

from typing import NamedTuple, final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPainter, QPainterPath, QPixmap, QTransform

_GRID = 16
_TALL, _BAR = 11, 3
_FULL = 100
_OUTLINE = 100
"""The size in pixels at which the outlines are taken, so large that no hinting for small sizes bends them."""


class NumberOutline(NamedTuple):
    """A number as the system's typeface has it."""

    path: QPainterPath
    box: QRectF
    zero: QRectF
    """Around a zero in the place of the number."""


@final
class Digits:
    """A number of up to three digits over a bar, on a square of ``size`` pixels."""

    def __init__(self, painter: QPainter, size: int) -> None:
        """Paint with ``painter``, which stands at the square's corner."""
        self._painter = painter
        self._size = size
        self._tall = round(size * _TALL / _GRID)
        painter.setPen(Qt.PenStyle.NoPen)

    def write(self, number: NumberOutline, colour: QColor) -> None:
        """The number, as high as the place; narrowed where it is wider than the square."""
        box, zero = number.box, number.zero
        if box.isEmpty() or zero.isEmpty():
            # A system without any font draws nothing.
            return
        upright = self._tall / zero.height()
        across = min(upright, self._size / box.width())
        left = (self._size - box.width() * across) / 2
        place = QTransform(across, 0, 0, upright, left - box.left() * across, -zero.top() * upright)
        # At the corner of a picture: elsewhere Qt rounds some points of an outline to another 64th of a pixel.
        alone = QPixmap(self._size, self._size)
        alone.fill(Qt.GlobalColor.transparent)
        painter = QPainter(alone)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPath(place.map(number.path))
        painter.end()
        self._painter.drawPixmap(0, 0, alone)

    def bar(self, percent: int, colour: QColor, *, dot: bool) -> None:
        """How much of a window is used or left; shorter where a ``dot`` stands beside it."""
        height = max(2, round(self._size * _BAR / _GRID))
        width = self._size - (self._dot_size() + max(1, self._size // _GRID) if dot else 0)
        filled = max(round(width * percent / _FULL), 1 if percent else 0)
        self._painter.setBrush(colour)
        self._painter.drawRect(QRectF(0, self._size - height, filled, height))

    def dot(self, colour: QColor) -> None:
        """Something needs the person."""
        size = self._dot_size()
        self._painter.setBrush(colour)
        self._painter.drawEllipse(QRectF(self._size - size, self._size - size, size, size))

    def pause(self, colour: QColor) -> None:
        """No notification comes."""
        size = self._dot_size() - 1
        draw_pause(self._painter, QRectF(self._size - size, self._size - size, size, size), colour)

    def _dot_size(self) -> int:
        # Just below the digits.
        return self._size - self._tall


def draw_pause(painter: QPainter, place: QRectF, colour: QColor) -> None:
    """Two upright bars that fill ``place``, on whole pixels."""
    width, high = max(1, round(place.width() * 0.32)), round(place.height())
    left, top = round(place.left()), round(place.top())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    for x in (left, left + round(place.width()) - width):
        painter.drawRect(QRectF(x, top, width, high))


def outline(number: str) -> NumberOutline:
    """The number as it is now: another typeface may be chosen at any time."""
    path = _path(number)
    return NumberOutline(path, path.boundingRect(), _path("0").boundingRect())


def _path(number: str) -> QPainterPath:
    font = QFont(QGuiApplication.font())
    font.setPixelSize(_OUTLINE)
    font.setWeight(QFont.Weight.Bold)
    path = QPainterPath()
    path.addText(0, 0, font, number)
    return path
