"""Digits made of straight strokes on whole pixels: at 16 px no font is as easily read, or the same everywhere."""

from typing import final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

_SEGMENTS = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "gfabcd",
}
"""a is the top, then clockwise to f; g is the middle."""
_GRID = 16
_TALL, _BAR = 11, 3
_FULL, _THREE = 100, 3


@final
class Digits:
    """A number of up to three digits over a bar, on a square of ``size`` pixels."""

    def __init__(self, painter: QPainter, size: int) -> None:
        """Paint with ``painter``, which stands at the square's corner."""
        self._painter = painter
        self._size = size
        self._stroke = max(1, round(size * 2 / _GRID))
        self._tall = round(size * _TALL / _GRID)
        painter.setPen(Qt.PenStyle.NoPen)

    def write(self, number: str, colour: QColor) -> None:
        """The number, as wide as the square lets it be."""
        self._painter.setBrush(colour)
        # A One is a stroke and leaves its room to the others.
        narrow = number.count("1")
        wide = len(number) - narrow
        gap = max(1, round(self._size * (2 if len(number) < _THREE else 1) / _GRID))
        room = self._size - gap * (len(number) - 1) - narrow * self._stroke
        width = min(room // wide if wide else 0, round(self._size * 7 / _GRID))
        whole = wide * width + narrow * self._stroke + gap * (len(number) - 1)
        left = (self._size - whole) // 2
        for digit in number:
            across = self._stroke if digit == "1" else width
            self._digit(digit, left, across)
            left += across + gap

    def bar(self, percent: int, colour: QColor, track: QColor, *, dot: bool) -> None:
        """How much of a window is used; shorter where a ``dot`` stands beside it."""
        height = max(2, round(self._size * _BAR / _GRID))
        width = self._size - (self._dot_size() + max(1, self._size // _GRID) if dot else 0)
        top = self._size - height
        self._painter.setBrush(track)
        self._painter.drawRect(QRectF(0, top, width, height))
        self._painter.setBrush(colour)
        used = max(round(width * percent / _FULL), 1 if percent else 0)
        self._painter.drawRect(QRectF(0, top, used, height))

    def dot(self, colour: QColor) -> None:
        """Something needs the person."""
        size = self._dot_size()
        self._painter.setBrush(colour)
        self._painter.drawEllipse(QRectF(self._size - size, self._size - size, size, size))

    def _dot_size(self) -> int:
        # Just below the digits.
        return self._size - self._tall

    def _digit(self, digit: str, left: int, width: int) -> None:
        s, tall = self._stroke, self._tall
        half = (tall - s) // 2
        right = left + width - s
        places = {
            "a": QRectF(left, 0, width, s),
            "b": QRectF(right, 0, s, half + s),
            "c": QRectF(right, half, s, tall - half),
            "d": QRectF(left, tall - s, width, s),
            "e": QRectF(left, half, s, tall - half),
            "f": QRectF(left, 0, s, half + s),
            "g": QRectF(left, half, width, s),
        }
        strokes = QPainterPath()
        # One shape: where strokes cross, a dimmed icon would else be darker.
        strokes.setFillRule(Qt.FillRule.WindingFill)
        for segment in _SEGMENTS[digit]:
            strokes.addRect(places[segment])
        self._painter.drawPath(strokes)
