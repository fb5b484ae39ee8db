"""The look of a card."""

import enum
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from probe_tray.ui.baseline import baseline, draw_beside
from probe_tray.ui.glyphs import Glyph, draw
from probe_tray.ui.line_breaks import breakable_in
from probe_tray.ui.panel.amount import paint_amount
from probe_tray.ui.panel.card_layout import CardRects
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.widgets import elided
from probe_tray.view.view_models import Bar, Card, CardAction, Notice, Tone

_FULL = 100
RADIUS = 10
"""Of a card's corners, in pixels of the design."""
_DIM = 0.5
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WRAP = int(Qt.TextFlag.TextWordWrap)
_CENTRE = Qt.AlignmentFlag.AlignCenter
MORE = -1
"""The number of the button that opens the card's menu; those of the notice count from 0."""


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


class ButtonState(enum.Enum):
    """What the mouse does to a button of a card."""

    PLAIN = "plain"
    HOVERED = "hovered"
    PRESSED = "pressed"


def paint_bar(painter: QPainter, theme: Theme, bar: Bar, area: QRectF) -> None:
    """Draw a bar and the mark where an even pace would stand."""
    colours, half = theme.tokens, area.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.track))
    painter.drawRoundedRect(area, half, half)
    fill = {Tone.CALM: colours.accent, Tone.WARNING: colours.warning, Tone.CRITICAL: colours.critical}[bar.tone]
    if bar.faded is not None and bar.faded > bar.filled:
        faint = QColor(fill)
        faint.setAlphaF(0.28)
        painter.setBrush(faint)
        width = max(area.width() * bar.faded / _FULL, area.height())
        painter.drawRoundedRect(QRectF(area.left(), area.top(), width, area.height()), half, half)
    if bar.filled:
        # At least as wide as it is high, so that a little use keeps its round shape.
        width = max(area.width() * bar.filled / _FULL, area.height())
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(QRectF(area.left(), area.top(), width, area.height()), half, half)
    if bar.pace is not None:
        colour = QColor(colours.text)
        colour.setAlphaF(0.55)
        reach, width = theme.px(3), theme.px(2)
        at = round(area.left() + (area.width() - width) * bar.pace / _FULL)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(at, area.top() - reach, width, area.height() + 2 * reach), 1, 1)


class CardPainter:
    """Paints a card whose places were measured, at 0, 0."""

    def __init__(self, theme: Theme, icons: IconPainter) -> None:
        """Paint in ``theme``'s colours."""
        self._theme = theme
        self._icons = icons

    def paint(
        self, painter: QPainter, card: Card, places: CardRects, button: Callable[[int], ButtonState], *, focused: bool
    ) -> None:
        """Paint everything of ``card``; ``button`` tells the state of each of its buttons."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.tokens
        shape = places.card.adjusted(0.5, 0.5, -0.5, -0.5)
        radius = self._theme.px(RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.card))
        painter.drawRoundedRect(shape, radius, radius)
        if card.notice is not None and places.strip is not None:
            self._notice(painter, card.notice, places, button)
        edge = QPen(QColor(colours.accent), 2.0) if focused else QPen(QColor(colours.line), 1.0)
        painter.setPen(edge)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(shape.adjusted(0.5, 0.5, -0.5, -0.5) if focused else shape, radius, radius)
        self._heading(painter, card, places)
        self._more(painter, places.more, button(MORE))
        for index, bar in enumerate(card.bars):
            self._bar(painter, bar, places, index, dimmed=card.dimmed)
        self._foot(painter, card, places)

    def _heading(self, painter: QPainter, card: Card, places: CardRects) -> None:
        colours, theme = self._theme.tokens, self._theme
        ratio = painter.device().devicePixelRatio()
        picture = self._icons.pixmap(card.look, card_ink(colours), round(places.glyph.width()), ratio)
        painter.drawPixmap(places.glyph.topLeft(), picture)
        if places.trend is not None:
            painter.setOpacity(_DIM if card.dimmed else 1.0)
            paint_trend(painter, theme, card.trend, places.trend)
            painter.setOpacity(1.0)
        painter.setPen(QColor(colours.text))
        bold = theme.font(13.5, strong=True, figures=True)
        self._name(painter, places.title, card.title, bold, Qt.TextElideMode.ElideMiddle)
        if places.subtitle is not None:
            self._line(painter, places.subtitle, card.subtitle)
        if places.plan is not None:
            painter.setPen(QPen(QColor(colours.line), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(places.plan.adjusted(0.5, 0.5, -0.5, -0.5), theme.px(5), theme.px(5))
            painter.setPen(QColor(colours.secondary))
            inside = places.plan.adjusted(theme.px(6), 0, 0, 0)
            self._name(painter, inside, card.plan, theme.font(11), Qt.TextElideMode.ElideRight)

    def _bar(self, painter: QPainter, bar: Bar, places: CardRects, index: int, *, dimmed: bool) -> None:
        colours = self._theme.tokens
        area = places.bars[index]
        self._beside(painter, places.labels[index], bar.label, 13)
        painter.save()
        if dimmed:
            painter.setOpacity(_DIM)
        paint_bar(painter, self._theme, bar, area)
        painter.restore()
        words = colours.secondary if dimmed else self._ink(bar.tone)
        paint_amount(painter, self._theme, bar, places.percents[index], words)
        self._beside(painter, places.resets[index], places.reset_texts[index], right=True)

    def _foot(self, painter: QPainter, card: Card, places: CardRects) -> None:
        if places.key is not None:
            draw(painter, Glyph.KEY, places.key, QColor(self._theme.tokens.secondary))
        if places.life is not None:
            self._line(painter, places.life, places.life_text)
        if places.checked is not None:
            self._line(painter, places.checked, card.checked, right=True)

    def _more(self, painter: QPainter, area: QRectF, state: ButtonState) -> None:
        colours, theme = self._theme.tokens, self._theme
        if state is not ButtonState.PLAIN:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.line if state is ButtonState.PRESSED else colours.track))
            painter.drawRoundedRect(area, theme.px(8), theme.px(8))
        inset = (area.width() - theme.px(16)) / 2
        draw(painter, Glyph.MORE, area.adjusted(inset, inset, -inset, -inset), QColor(colours.secondary))

    def _notice(
        self, painter: QPainter, notice: Notice, places: CardRects, state: Callable[[int], ButtonState]
    ) -> None:
        if places.strip is None or places.text is None:
            return
        colours, theme = self._theme.tokens, self._theme
        back = {
            Tone.CALM: colours.strip_calm,
            Tone.WARNING: colours.strip,
            Tone.CRITICAL: colours.strip_critical,
        }[notice.tone]
        shape = QPainterPath()
        radius = theme.px(RADIUS)
        shape.addRoundedRect(places.card.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.save()
        painter.setClipRect(places.strip, Qt.ClipOperation.IntersectClip)
        painter.fillPath(shape, QColor(back))
        painter.restore()
        painter.setFont(theme.font(12.5))
        painter.setPen(QColor(colours.text))
        painter.drawText(places.text, int(_LEFT) | _WRAP, self._broken(notice.text, places.text, 12.5))
        for number, (action, area) in enumerate(zip(notice.actions, places.buttons, strict=True)):
            self._button(painter, action, area, state(number))

    def _button(self, painter: QPainter, action: CardAction, area: QRectF, state: ButtonState) -> None:
        colours, theme = self._theme.tokens, self._theme
        back = QColor(colours.accent if action.primary else colours.card)
        if state is ButtonState.HOVERED:
            back = back.lighter(108) if action.primary or self._theme.dark else back.darker(103)
        elif state is ButtonState.PRESSED:
            back = back.darker(112)
        painter.setPen(Qt.PenStyle.NoPen if action.primary else QPen(QColor(colours.line), 1.0))
        painter.setBrush(back)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), theme.px(7), theme.px(7))
        font = theme.font(12.5)
        font.setWeight(font.Weight.Medium)
        painter.setFont(font)
        painter.setPen(QColor(colours.on_accent if action.primary else colours.text))
        painter.drawText(area, _CENTRE, action.label)

    def _name(self, painter: QPainter, area: QRectF, text: str, font: QFont, how: Qt.TextElideMode) -> None:
        """Draw what an account is called, cut where there is no room: its tooltip says it whole."""
        painter.setFont(font)
        painter.drawText(area, _LEFT, elided(painter.fontMetrics(), text, how, int(area.width() + 0.5)))

    def _beside(self, painter: QPainter, area: QRectF, text: str, size: float = 12, *, right: bool = False) -> None:
        """Draw one line of words on the line that the others of its row stand on."""
        painter.setFont(self._theme.font(size, figures=True))
        painter.setPen(QColor(self._theme.tokens.secondary))
        draw_beside(painter, area, baseline(self._theme, area), text, right=right)

    def _line(self, painter: QPainter, area: QRectF, text: str, *, right: bool = False) -> None:
        """Draw words that their place was measured for: nothing of them is ever cut."""
        painter.setFont(self._theme.font(12, figures=True))
        painter.setPen(QColor(self._theme.tokens.secondary))
        painter.drawText(area, int(_RIGHT if right else _LEFT) | _WRAP, self._broken(text, area, 12))

    def _broken(self, text: str, area: QRectF, size: float) -> str:
        """As its place was measured."""
        return breakable_in(text, self._theme.metrics(size, figures=True), int(area.width()))

    def _ink(self, tone: Tone) -> str:
        colours = self._theme.tokens
        return {Tone.CALM: colours.text, Tone.WARNING: colours.warning_text, Tone.CRITICAL: colours.critical_text}[tone]
