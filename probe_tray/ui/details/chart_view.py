"""The chart of the details: use over time, and what it was at the moment that a person points at."""

import math

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.view.details.chart import Chart, ReadOut, Tick

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_PAGE = 12
"""Moments that Page Up and Page Down skip."""


class ChartView(QWidget):
    """Use over time."""

    def __init__(self, theme: Theme) -> None:
        """Begin without lines."""
        super().__init__()
        self._theme = theme
        self._chart: Chart | None = None
        self._pointed: int | None = None
        """The moment under the mouse."""
        self._chosen: int | None = None
        """The one that the keyboard has chosen, which is read where the mouse points at none."""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_chart(self, chart: Chart) -> None:
        """Show this; whoever reads a moment goes on reading it."""
        if chart == self._chart:
            return
        pointed, chosen = self._read_out(self._pointed), self._read_out(self._chosen)
        self._chart = chart
        self.setAccessibleName(chart.spoken)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if chart.read_outs else Qt.FocusPolicy.NoFocus)
        self._pointed = None if pointed is None else self._nearest(pointed.at)
        self._chosen = None if chosen is None else self._nearest(chosen.at)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the moment under the mouse."""
        self._pointed = self._nearest(event.position().x() / max(self.width(), 1))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Read what the keyboard has chosen, or nothing."""
        super().leaveEvent(event)
        self._pointed = None
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Read nothing any more."""
        super().focusOutEvent(event)
        self._pointed = self._chosen = None
        self.setAccessibleDescription("")
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Read the neighbouring moments with the arrows, distant ones with Page Up and Page Down, Home and End."""
        last = len(self._chart.read_outs) - 1 if self._chart is not None else -1
        read = self._read
        now = last if read is None else read
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -_PAGE, Qt.Key.Key_PageDown: _PAGE}
        wanted = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}.get(key, now + steps.get(key, 0))
        if last < 0 or key not in {*steps, Qt.Key.Key_Home, Qt.Key.Key_End}:
            super().keyPressEvent(event)
            return
        # The first key tells where one is: at the newest moment.
        self._pointed, self._chosen = None, now if read is None and key in steps else min(max(wanted, 0), last)
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the lines, the days below them and what the lines are."""
        return QSize(self._theme.px(400), self._theme.px(150) + 2 * self._words())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chart."""
        if self._chart is None:
            return
        theme, colours, found = self._theme, self._theme.tokens, self._chart
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(0.5, theme.px(4) + 0.5, self.width() - 1, self.height() - 2 * self._words() - theme.px(8))
        painter.setFont(theme.font(12, figures=True))
        self._frame(painter, area, found)
        if found.empty:
            self._say(painter, area, found.empty)
        if found.begins is not None:
            self._beginning(painter, area, found.begins)
        ink = (colours.accent, colours.faint, colours.line)
        # The one that matters most is drawn last, over the others.
        for line, colour, first in reversed(
            [(x, c, i == 0) for i, (x, c) in enumerate(zip(found.lines, ink, strict=False))]
        ):
            for run in line.runs:
                points = [QPointF(area.left() + x * area.width(), area.bottom() - y * area.height()) for x, y in run]
                if first:
                    self._below(painter, points, area, colour)
                width = theme.px(2) if first else 1.4
                painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPolyline(QPolygonF(points)) if len(points) > 1 else painter.drawPoint(points[0])
        self._legend(painter, found, ink)
        reading = self._read_out(self._read)
        if reading is not None:
            self._reading(painter, area, reading)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), theme.px(2)))
            painter.drawRect(area)
        painter.end()

    @property
    def _read(self) -> int | None:
        return self._chosen if self._pointed is None else self._pointed

    def _read_out(self, number: int | None) -> ReadOut | None:
        return None if self._chart is None or number is None else self._chart.read_outs[number]

    def _nearest(self, at: float) -> int | None:
        """The number of the moment next to ``at``, 0 to 1; None where there are none."""
        moments = () if self._chart is None else self._chart.read_outs
        return min(range(len(moments)), key=lambda number: abs(moments[number].at - at), default=None)

    def _tell(self) -> None:
        reading = self._read_out(self._chosen)
        if reading is not None:
            self.setAccessibleDescription(reading.text)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, reading.text))

    def _beginning(self, painter: QPainter, area: QRectF, begins: Tick) -> None:
        free = area.adjusted(0, 0, -(1 - begins.at) * area.width(), 0)
        if painter.fontMetrics().horizontalAdvance(begins.text) + self._theme.px(16) < free.width():
            self._say(painter, free, begins.text)

    def _say(self, painter: QPainter, area: QRectF, text: str) -> None:
        """Write words in the middle of ``area``; the lines of the grid stop beside them."""
        edge, middle = self._theme.px(6), int(Qt.AlignmentFlag.AlignCenter)
        words = QFontMetricsF(painter.font()).boundingRect(area, middle, text)
        painter.fillRect(words.adjusted(-edge, 0, edge, 0), self.palette().window())
        painter.setPen(QColor(self._theme.tokens.secondary))
        painter.drawText(area, middle, text)

    def _reading(self, painter: QPainter, area: QRectF, reading: ReadOut) -> None:
        theme, colours = self._theme, self._theme.tokens
        x = area.left() + reading.at * area.width()
        painter.setPen(QPen(QColor(colours.secondary), 1.0))
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        painter.setPen(QPen(QColor(colours.window), 1.5))
        painter.setBrush(QColor(colours.text))
        for height in reading.heights:
            painter.drawEllipse(QPointF(x, area.bottom() - height * area.height()), theme.px(4), theme.px(4))
        edge, wraps = theme.px(16), int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        room = QRectF(0, 0, self.width() - 1 - edge, area.height())
        words = QFontMetricsF(painter.font()).boundingRect(room, wraps, reading.text)
        width, height = math.ceil(words.width()) + 1 + edge, math.ceil(words.height()) + theme.px(4)
        left = min(max(x - width / 2, area.left()), area.right() - width)
        box = QRectF(left, area.top(), width, height)
        painter.setPen(QPen(QColor(colours.line), 1.0))
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(box, theme.px(5), theme.px(5))
        painter.setPen(QColor(colours.text))
        painter.drawText(box.adjusted(edge / 2, 0, -edge / 2, 0), wraps, reading.text)

    def _frame(self, painter: QPainter, area: QRectF, found: Chart) -> None:
        theme, colours = self._theme, self._theme.tokens
        painter.setPen(QPen(QColor(colours.line), 1.0))
        for part in (0.0, 0.5, 1.0):
            y = area.bottom() - part * area.height()
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
        painter.setPen(QPen(QColor(colours.warning), 1.0, Qt.PenStyle.DashLine))
        for level in found.levels:
            y = area.bottom() - level.at * area.height()
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
        painter.setPen(QColor(colours.secondary))
        painter.drawText(QRectF(area.left() + theme.px(4), area.top(), theme.px(60), self._words()), _LEFT, "100%")
        free = area.left()
        for tick in found.ticks:
            room = painter.fontMetrics().horizontalAdvance(tick.text)
            left = min(area.left() + tick.at * area.width(), area.right() - room)
            if left >= free:
                painter.drawText(QRectF(left, area.bottom() + theme.px(2), room + 1, self._words()), _LEFT, tick.text)
                free = left + room + theme.px(10)

    def _below(self, painter: QPainter, points: list[QPointF], area: QRectF, colour: str) -> None:
        path = QPainterPath(QPointF(points[0].x(), area.bottom()))
        for point in points:
            path.lineTo(point)
        path.lineTo(QPointF(points[-1].x(), area.bottom()))
        faint = QColor(colour)
        faint.setAlphaF(0.12)
        painter.fillPath(path, faint)

    def _legend(self, painter: QPainter, found: Chart, ink: tuple[str, ...]) -> None:
        theme = self._theme
        x, y = 0.0, self.height() - self._words()
        for line, colour in zip(found.lines, ink, strict=False):
            painter.setPen(QPen(QColor(colour), theme.px(3)))
            painter.drawLine(QLineF(x + 1, y + self._words() / 2, x + theme.px(14), y + self._words() / 2))
            room = painter.fontMetrics().horizontalAdvance(line.label)
            painter.setPen(QColor(theme.tokens.secondary))
            painter.drawText(QRectF(x + theme.px(20), y, room + 1, self._words()), _LEFT, line.label)
            x += theme.px(20) + room + theme.px(18)
        if found.levels:
            painter.setPen(QPen(QColor(theme.tokens.warning), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(x + 1, y + self._words() / 2, x + theme.px(14), y + self._words() / 2))
            painter.setPen(QColor(theme.tokens.secondary))
            said = " · ".join(level.text for level in found.levels)
            painter.drawText(QRectF(x + theme.px(20), y, self.width() - x, self._words()), _LEFT, said)

    def _words(self) -> int:
        return math.ceil(self._theme.metrics(12).height()) + self._theme.px(3)
