"""The drawn parts of the details besides the chart: bars and the line of a login's life."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from probe_tray.ui.baseline import baseline, draw_beside
from probe_tray.ui.panel.amount import amount_width, paint_amount
from probe_tray.ui.panel.card_painter import paint_bar
from probe_tray.ui.theme import Theme
from probe_tray.view.details.details import LifetimeMark, LoginLifetime
from probe_tray.view.view_models import Bar, Tone

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_DIM = 0.5
_LEAST_BAR = 44


class BarRows(QWidget):
    """All windows, one below the other."""

    def __init__(self, theme: Theme) -> None:
        """Begin without windows."""
        super().__init__()
        self._theme = theme
        self._bars: tuple[Bar, ...] = ()
        self._dimmed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bars(self, bars: tuple[Bar, ...], *, dimmed: bool) -> None:
        """Show these."""
        self._bars, self._dimmed = bars, dimmed
        self.setAccessibleName(". ".join(f"{b.label} {b.amount} {b.reset} {b.outlook}".strip() for b in bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A line for each."""
        return QSize(self._theme.px(400), len(self._bars) * self._line())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bars."""
        theme, colours = self._theme, self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, figures = theme.metrics(), theme.metrics(12, figures=True)
        gap = theme.px(12)
        label = max((metrics.horizontalAdvance(b.label) for b in self._bars), default=0) + 1
        percent = amount_width(theme, self._bars)
        beside = self.width() - label - percent - 3 * gap - theme.px(_LEAST_BAR)
        resets = [bar.reset for bar in self._bars]
        if max(map(figures.horizontalAdvance, resets), default=0) > beside:
            resets = [bar.reset_short for bar in self._bars]
        reset = max(map(figures.horizontalAdvance, resets), default=0) + 1
        left, right = label + gap, self.width() - reset - gap - percent - gap
        for row, bar in enumerate(self._bars):
            top = row * self._line()
            line = QRectF(0, top, self.width(), self._line())
            area = QRectF(left, round(line.center().y() - theme.px(7) / 2), right - left, theme.px(7))
            painter.setOpacity(_DIM if self._dimmed else 1.0)
            paint_bar(painter, theme, bar, area)
            painter.setOpacity(1.0)
            painter.setFont(theme.font())
            painter.setPen(QColor(colours.secondary))
            draw_beside(painter, line, baseline(theme, line), bar.label)
            painter.setFont(theme.font(12, figures=True))
            draw_beside(painter, line, baseline(theme, line), resets[row], right=True)
            ink = {Tone.CALM: colours.text, Tone.WARNING: colours.warning_text, Tone.CRITICAL: colours.critical_text}
            place = QRectF(right + gap, top, percent, line.height())
            paint_amount(painter, theme, bar, place, colours.secondary if self._dimmed else ink[bar.tone])
        painter.end()

    def _line(self) -> int:
        return math.ceil(self._theme.metrics().height()) + self._theme.px(12)


class LifetimeView(QWidget):
    """A login's life as a line: what is gone, today, and when it is renewed."""

    def __init__(self, theme: Theme) -> None:
        """Begin without a life."""
        super().__init__()
        self._theme = theme
        self._life: LoginLifetime | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_life(self, life: LoginLifetime | None) -> None:
        """Show this, or nothing."""
        self._life = life
        self.setVisible(life is not None)
        if life is not None:
            self.setAccessibleName(", ".join(mark.text for mark in life.marks))
            self.update()

    def sizeHint(self) -> QSize:
        """The line, and its words in one line below."""
        return QSize(self._theme.px(400), self._theme.px(20) + math.ceil(self._theme.metrics(12).height()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the line."""
        if self._life is None:
            return
        theme, colours, life = self._theme, self._theme.tokens, self._life
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height, radius = theme.px(7), theme.px(6)
        line = QRectF(0, radius + 1 - height / 2, self.width(), height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.track))
        painter.drawRoundedRect(line, height / 2, height / 2)
        if life.renews_from is not None:
            faint = QColor(colours.warning)
            faint.setAlphaF(0.55)
            painter.setBrush(faint)
            painter.drawRoundedRect(line.adjusted(life.renews_from * line.width(), 0, 0, 0), height / 2, height / 2)
        today = radius + 1 + life.today * (line.width() - 2 * radius - 2)
        painter.setBrush(QColor(colours.accent))
        painter.drawRoundedRect(QRectF(0, line.top(), today, height), height / 2, height / 2)
        painter.setPen(QPen(QColor(colours.accent), theme.px(2)))
        painter.setBrush(QColor(colours.window))
        painter.drawEllipse(QPointF(today, line.center().y()), radius - 1, radius - 1)
        painter.setFont(theme.font(12, figures=True))
        painter.setPen(QColor(colours.secondary))
        self._words(painter, life.marks, line.bottom() + theme.px(4))
        painter.end()

    def _words(self, painter: QPainter, marks: tuple[LifetimeMark, ...], top: float) -> None:
        """The first at the left, the last at the right, one between them where it fits."""
        metrics = painter.fontMetrics()
        rooms = [metrics.horizontalAdvance(mark.text) + 1 for mark in marks]
        first, last, gap = rooms[0], self.width() - rooms[-1], self._theme.px(8)
        for mark, room in zip(marks, rooms, strict=True):
            middle = min(max(mark.at * self.width() - room / 2, first + gap), last - gap - room)
            left = {0.0: 0.0, 1.0: float(last)}.get(mark.at, middle)
            if mark.at in {0.0, 1.0} or middle >= first + gap:
                painter.drawText(QRectF(left, top, room, metrics.height()), _LEFT, mark.text)
