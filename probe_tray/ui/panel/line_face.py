"""An account as one line of a table, for those who have many."""

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping

import msgspec
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPen, QPixmap

from probe_tray.core.account.condition import Condition
from probe_tray.ui.baseline import baseline, draw_beside
from probe_tray.ui.glyphs import Glyph, draw
from probe_tray.ui.panel.card_face import States
from probe_tray.ui.panel.card_layout import GAP
from probe_tray.ui.panel.card_painter import MORE, ButtonState, paint_bar
from probe_tray.ui.panel.rectangles import fill
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.widgets import elided
from probe_tray.view.view_models import Bar, Card

_DIM = 0.5
_MIDDLE = Qt.TextElideMode.ElideMiddle
_LEAST_NAME = 1 / 3
"""Of the room, what a name that is cut keeps beside a long note of what tells it apart."""
_MOST_KEPT = 80
"""Pictures of lines: more than a screen is high."""
_HELPED = frozenset({Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING, Condition.UNUSABLE, Condition.BLOCKED})
"""Where the last column is the button that helps."""


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Left edges and widths of the columns, from the line's left edge."""

    glyph: QRectF
    title: QRectF
    bars: tuple[QRectF, QRectF]
    brief: QRectF
    more: QRectF


class LineFace:
    """Draws lines of one width; every line is as high as the others.

    Whoever has one makes another when the theme changes: colours and fonts are asked for once, not by each line.
    """

    def __init__(self, theme: Theme, icons: IconPainter, width: int, briefs: Iterable[str]) -> None:
        """Measure for lines that are ``width`` wide and end with no wider words than ``briefs``."""
        self._theme = theme
        self._icons = icons
        self._kept: OrderedDict[str, tuple[Card, QPixmap]] = OrderedDict()
        self._empty: QPixmap | None = None
        """A line without its account."""
        self._colours, self._fonts = _LineColours(theme), _LineFonts(theme)
        px = theme.px
        height = max(px(34), math.ceil(theme.metrics().height()) + px(14))
        self.size_of_all = QSize(width, height)
        self._whole = QRectF(0, 0, width, height)
        # What comes below a table is as far from it as cards are from each other.
        self.size_of_last = self.size_of_all + QSize(0, px(GAP))
        glyph, bar = px(22), px(66)
        more = QRectF(width - px(26), (height - px(26)) / 2, px(26), px(26))
        measured = theme.metrics(12, figures=True, strong=True)
        # As wide as the widest that can come, so that the columns of all lines stay below each other.
        room = math.ceil(max((measured.horizontalAdvance(words) for words in briefs), default=0)) + px(2)
        brief = QRectF(more.left() - room - px(2), 0, room, height)
        second = QRectF(brief.left() - px(8) - bar, (height - px(7)) / 2, bar, px(7))
        first = second.translated(-bar - px(10), 0)
        left = px(8) + glyph + px(9)
        self.columns = Columns(
            glyph=QRectF(px(8), (height - glyph) / 2, glyph, glyph),
            title=QRectF(left, 0, first.left() - px(10) - left, height),
            bars=(first, second),
            brief=brief,
            more=more,
        )
        self._gap, self._dots = px(6), (more.width() - px(14)) / 2
        self._baseline = baseline(theme, self._whole)

    def size(self, card: Card) -> QSize:
        """The room of its row."""
        del card
        return self.size_of_all

    def area(self, card: Card) -> QRectF:
        """All of its row."""
        del card
        return QRectF(self._whole)

    def buttons(self, card: Card) -> Mapping[int, QRectF]:
        """Its buttons by number."""
        found = {MORE: self.columns.more}
        if card.condition in _HELPED and card.notice is not None and card.notice.action is not None:
            found[0] = self.columns.brief
        return found

    def name(self, card: Card) -> QRectF:
        """Where its name stands."""
        del card
        return self.columns.title

    def paint(self, painter: QPainter, card: Card, states: States, *, focused: bool) -> None:
        """Draw it.

        A line that nobody points at is drawn once and then copied, since scrolling draws all lines in sight each time.
        """
        ratio = painter.device().devicePixelRatio()
        plain = not focused and all(states(number) is ButtonState.PLAIN for number in (MORE, 0))
        # Between two pixels a copy would be blurred.
        if plain and ratio == round(ratio):
            painter.drawPixmap(QPointF(0, 0), self._copy(card, ratio))
        else:
            self._draw(painter, card, states, focused=focused)

    def lines_ahead(self, height: int) -> int:
        """How many lines can be made ready besides those that fill ``height`` pixels: at most as many again."""
        seen = height // self.size_of_all.height() + 2
        return max(0, min(seen, _MOST_KEPT - seen))

    def make_ready(self, card: Card, ratio: float) -> None:
        """Draw a line that will be painted soon, for a screen of that pixel ratio."""
        if ratio == round(ratio):
            self._copy(card, ratio)

    def _copy(self, card: Card, ratio: float) -> QPixmap:
        found = self._kept.get(card.name)
        # Cards are frozen: the same object looks the same. Another screen may have another ratio.
        if found is not None and found[0] is card and found[1].devicePixelRatio() == ratio:
            self._kept.move_to_end(card.name)
            return found[1]
        picture = QPixmap(self._empty_line(ratio))
        painter = QPainter(picture)
        self._account(painter, card, ButtonState.PLAIN)
        painter.end()
        self._kept[card.name] = card, picture
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return picture

    def _empty_line(self, ratio: float) -> QPixmap:
        if self._empty is None or self._empty.devicePixelRatio() != ratio:
            self._empty = QPixmap(self.size_of_all * ratio)
            self._empty.setDevicePixelRatio(ratio)
            painter = QPainter(self._empty)
            self._ground(painter, ButtonState.PLAIN)
            painter.end()
        return self._empty

    def _draw(self, painter: QPainter, card: Card, states: States, *, focused: bool) -> None:
        self._ground(painter, states(MORE))
        self._account(painter, card, states(0))
        if focused:
            painter.setPen(QPen(self._colours.accent, 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = self._theme.px(8)
            # Inside the rounded corners that the first and the last line of a table have.
            painter.drawRoundedRect(self._whole.adjusted(2, 2, -2, -3), radius, radius)

    def _ground(self, painter: QPainter, more: ButtonState) -> None:
        """Draw what all lines have."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, theme, columns, whole = self._colours, self._theme, self.columns, self._whole
        fill(painter, whole, colours.ground)
        painter.setPen(colours.below)
        painter.drawLine(QLineF(0, whole.bottom() - 0.5, whole.right(), whole.bottom() - 0.5))
        if more is not ButtonState.PLAIN:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.track)
            painter.drawRoundedRect(columns.more, theme.px(7), theme.px(7))
        inset = self._dots
        draw(painter, Glyph.MORE, columns.more.adjusted(inset, inset, -inset, -inset), colours.secondary)

    def _account(self, painter: QPainter, card: Card, helping: ButtonState) -> None:
        """Draw what a line says of its account."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, theme, columns = self._colours, self._theme, self.columns
        ratio = painter.device().devicePixelRatio()
        picture = self._icons.pixmap(card.look, colours.icon, round(columns.glyph.width()), ratio)
        painter.drawPixmap(columns.glyph.topLeft(), picture)
        self._name(painter, card)
        by_column = _two(card.bars)
        for area, bar in zip(columns.bars, by_column, strict=True):
            if bar is not None:
                painter.setOpacity(_DIM if card.dimmed else 1.0)
                paint_bar(painter, theme, bar, area)
                painter.setOpacity(1.0)
        self._brief(painter, card, helping)

    def _name(self, painter: QPainter, card: Card) -> None:
        colours, fonts, area, y = self._colours, self._fonts, self.columns.title, self._baseline
        painter.setFont(fonts.name)
        painter.setPen(colours.text)
        marked = math.ceil(QFontMetricsF(fonts.small).horizontalAdvance(card.mark)) + self._gap if card.mark else 0
        title = _label(card, fonts.of_name, int(area.width()) - marked)
        draw_beside(painter, area, y, title)
        rest = area.adjusted(fonts.of_name.horizontalAdvance(title) + self._gap, 0, 0, 0)
        painter.setFont(fonts.small)
        if card.mark:
            painter.setPen(colours.accent)
            draw_beside(painter, rest, y, card.mark)
            rest = rest.adjusted(marked, 0, 0, 0)
        # The plan only where the name leaves room for all of it: half a plan would be another plan.
        if card.plan_beside and fonts.of_small.horizontalAdvance(card.plan_beside) <= rest.width():
            painter.setPen(colours.secondary)
            draw_beside(painter, rest, y, card.plan_beside)

    def _brief(self, painter: QPainter, card: Card, state: ButtonState) -> None:
        helps = 0 in self.buttons(card)
        font = self._fonts.helping if helps else self._fonts.brief
        if helps and state is not ButtonState.PLAIN:
            font = QFont(font)
            font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(self._colours.accent if helps else self._colours.secondary)
        draw_beside(painter, self.columns.brief, self._baseline, card.brief, right=True)


class _LineColours:
    """The colours of a line."""

    def __init__(self, theme: Theme) -> None:
        colours = theme.tokens
        self.icon = card_ink(colours)
        self.ground, self.track = QColor(colours.card), QColor(colours.track)
        self.text, self.secondary, self.accent = map(QColor, (colours.text, colours.secondary, colours.accent))
        self.below = QPen(QColor(colours.line), 1.0)


class _LineFonts:
    """The letters of a line, and the measures of those that are cut."""

    def __init__(self, theme: Theme) -> None:
        self.name, self.small = theme.font(figures=True), theme.font(12)
        self.of_name, self.of_small = QFontMetrics(self.name), QFontMetrics(self.small)
        self.brief, self.helping = theme.font(12, figures=True), theme.font(12, figures=True, strong=True)


def _label(card: Card, metrics: QFontMetrics, room: int) -> str:
    """Its label cut to ``room``: the name first, and what tells it from another account last."""
    note = card.label.removeprefix(card.title)
    least = round(room * _LEAST_NAME) if note else room
    called = elided(metrics, card.title, _MIDDLE, max(room - metrics.horizontalAdvance(note), least))
    return called + elided(metrics, note, _MIDDLE, room - metrics.horizontalAdvance(called))


def _two(bars: tuple[Bar, ...]) -> tuple[Bar | None, Bar | None]:
    """The bars under the two columns: the shortest window and the fullest of the others."""
    match bars:
        case ():
            return None, None
        case (only,):
            return (only, None) if only.is_short else (None, only)
        case _:
            return bars[0], max(bars[1:], key=lambda bar: bar.percent)
