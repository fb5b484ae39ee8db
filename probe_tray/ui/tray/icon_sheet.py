"""All sizes of an icon on one picture: most of the time of a small picture goes into beginning and ending it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

GRID = 24.0
"""The glyph is measured out on a square of so many parts."""
_SMALL = 14
"""From this size in pixels on a stroke has two of them."""


class IconCell(NamedTuple):
    """The place of one size. Measures snap to whole pixels, so that a ring of 16 px is two pixels thick and sharp."""

    size: int
    x: int
    centre: float
    stroke: int
    radius: float
    """Of the ring, in its middle."""
    disc: float
    """The radius of the disc."""

    @property
    def middle(self) -> QPointF:
        """The point in the middle of the cell."""
        return QPointF(self.centre, self.centre)

    def around(self, radius: float) -> QRectF:
        """The square around a circle in the middle of the cell."""
        return QRectF(self.centre - radius, self.centre - radius, 2 * radius, 2 * radius)


class IconSheet:
    """Has a cell for each of some sizes, and room between them for the edges around what is drawn in others."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Arrange these sizes in pixels."""
        self.sizes = tuple(sizes)
        self._areas: dict[int, QRect] = {}
        """Where the cells are whose pictures get an edge of so many pixels."""
        cells: dict[int, IconCell] = {}
        x = -_edge(min(sizes))
        # In one row, the wider edges last: to fill what is higher than 95 pixels Qt would wake threads.
        for size in sorted(set(sizes)):
            edge = _edge(size)
            x += edge
            cells[size] = _cell(size, x)
            self._areas[edge] = self._areas.get(edge, QRect()).united(QRect(x, 0, size, size))
            self._size = QSize(x + size, size)
            x += size
        self.cells = tuple(cells[size] for size in sizes)

    def blank(self) -> QPixmap:
        """A picture with nothing on it."""
        picture = QPixmap(self._size)
        picture.fill(Qt.GlobalColor.transparent)
        return picture

    def cut(self, picture: QPixmap) -> Iterator[QPixmap]:
        """The picture of each size."""
        return (picture.copy(cell.x, 0, cell.size, cell.size) for cell in self.cells)

    def spread(self, painter: QPainter, shape: QPixmap) -> None:
        """Draw ``shape``, and again one edge away to all sides."""
        for edge, area in self._areas.items():
            for across in (-edge, 0, edge):
                for down in (-edge, 0, edge):
                    painter.drawPixmap(area.translated(across, down).topLeft(), shape, area)


def each_cell(painter: QPainter, cells: Iterable[IconCell]) -> Iterator[IconCell]:
    """The cells one after the other, with ``painter`` at the corner of each; what is drawn beyond one is left out."""
    x = 0
    for cell in cells:
        painter.translate(cell.x - x, 0)
        painter.setClipRect(0, 0, cell.size, cell.size)
        yield cell
        x = cell.x
    painter.translate(-x, 0)
    painter.setClipping(False)


def _edge(size: int) -> int:
    return max(1, int(size / GRID + 0.5))


def _cell(size: int, x: int) -> IconCell:
    centre = size / 2
    part = centre % 1
    stroke = max(2 if size >= _SMALL else 1, round(size * 3 / GRID))
    outer = round(size * 10.7 / GRID - part) + part
    disc = round(size * 4.6 / GRID - part) + part
    return IconCell(size, x, centre, stroke, outer - stroke / 2, disc)
