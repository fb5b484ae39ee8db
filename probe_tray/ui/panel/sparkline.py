"""The last days of a quota as a small line."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from probe_tray.ui.theme import Theme

_FULL = 100


def paint_trend(painter: QPainter, theme: Theme, percents: Sequence[int | None], area: QRectF) -> None:
    """Draw ``percents`` (0 to 100, the oldest first) over the whole width; nothing where nothing was heard."""
    colour = QColor(theme.tokens.accent)
    painter.save()
    painter.setPen(QPen(QColor(theme.tokens.line), 1.0))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.setPen(QPen(colour, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    for run in _runs(percents, area):
        if len(run) == 1:
            painter.drawPoint(run[0])
        else:
            painter.drawPolyline(QPolygonF(run))
    painter.restore()


def _runs(percents: Sequence[int | None], area: QRectF) -> Iterator[list[QPointF]]:
    """The stretches without a gap."""
    step = area.width() / max(len(percents) - 1, 1)
    run: list[QPointF] = []
    for number, percent in enumerate(percents):
        if percent is not None:
            run.append(QPointF(area.left() + number * step, area.bottom() - area.height() * percent / _FULL))
        elif run:
            yield run
            run = []
    if run:
        yield run
