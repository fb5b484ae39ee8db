"""Where the parts of a card are, in logical pixels. Every measure grows with the system's font."""

import math

import msgspec
from PySide6.QtCore import QRect, QRectF, QSize, Qt

from probe_tray.ui.panel.amount import amount_width
from probe_tray.ui.theme import Theme
from probe_tray.view.view_models import Card

_WRAP = int(Qt.TextFlag.TextWordWrap)
_FAR = 10_000
SIDE = 12
"""The list's margin to the left and right of the cards, in the design's pixels."""


class CardRects(msgspec.Struct, frozen=True, kw_only=True):
    """The rectangles of one card whose top left corner is at 0, 0."""

    card: QRectF
    glyph: QRectF
    title: QRectF
    plan: QRectF | None
    trend: QRectF | None
    """Where the last days are drawn, if there is room."""
    subtitle: QRectF | None
    labels: tuple[QRectF, ...]
    bars: tuple[QRectF, ...]
    percents: tuple[QRectF, ...]
    resets: tuple[QRectF, ...]
    foot: QRectF | None
    strip: QRectF | None
    text: QRectF | None
    buttons: tuple[QRectF, ...]
    """One for each action of the notice."""
    more: QRectF
    """The button that opens the card's menu."""


class CardLayout:
    """Measures cards for one width; ask for a new one when theme or width change."""

    def __init__(self, theme: Theme, width: int) -> None:
        """Measure for cards that are ``width`` wide."""
        self._theme = theme
        self._width = width
        self._known: dict[str, tuple[Card, CardRects]] = {}
        px = theme.px
        self.gap = px(10)
        self.side = px(SIDE)
        self._pad = px(14)
        self._body = math.ceil(theme.metrics().height())
        self._small = math.ceil(theme.metrics(12).height())
        self._title = math.ceil(theme.metrics(13.5, strong=True).height())
        figures = theme.metrics(12, figures=True)
        self._reset = math.ceil(figures.horizontalAdvance("in 22 h 22 m · 14:30")) + px(2)

    @property
    def measured(self) -> int:
        """How many cards were measured so far."""
        return len(self._known)

    def size(self, card: Card) -> QSize:
        """The room of one row of the list, the gap below included."""
        return QSize(self._width, math.ceil(self.places(card).card.height()) + self.gap)

    def places(self, card: Card) -> CardRects:
        """Where everything of ``card`` is."""
        known = self._known.get(card.name)
        if known is not None and known[0] is card:
            return known[1]
        places = self._measure(card)
        self._known[card.name] = (card, places)
        return places

    def _measure(self, card: Card) -> CardRects:
        px, left = self._theme.px, float(self._pad)
        width = float(self._width)
        inner = width - 2 * self._pad
        top = float(px(12))
        glyph = px(30)
        name_left = left + glyph + px(10)
        text_height = self._title + (self._small if card.subtitle else 0)
        row = max(glyph, text_height)
        text_top = top + (row - text_height) / 2
        more = QRectF(width - px(10) - px(28), round(top + (row - px(28)) / 2), px(28), px(28))
        title, plan = self._heading(card, name_left, text_top, more.left() - px(4) - name_left)
        subtitle = None
        if card.subtitle:
            subtitle = QRectF(name_left, text_top + self._title, more.left() - px(4) - name_left, self._small)
        y = top + row
        rows: list[QRectF] = []
        for index, _ in enumerate(card.bars):
            y += px(10) if index == 0 else px(6)
            rows.append(QRectF(left, y, inner, self._body))
            y += self._body
        foot = None
        if card.life or card.checked:
            y += px(9)
            foot = QRectF(left, y, inner, self._small)
            y += self._small
        y += px(11)
        strip, text, buttons = self._strip(card, y, width)
        bottom = y if strip is None else strip.bottom()
        figures = self._theme.metrics(figures=True)
        label = max((figures.horizontalAdvance(b.label) + 1 for b in card.bars), default=0.0)
        amount = math.ceil(amount_width(self._theme, card.bars))
        columns = [self._columns(r, max(px(38), math.ceil(label)), amount) for r in rows]
        return CardRects(
            card=QRectF(0, 0, width, bottom),
            glyph=QRectF(left, top + (row - glyph) / 2, glyph, glyph),
            title=title,
            plan=plan,
            trend=self._trend(card, plan or title, more),
            subtitle=subtitle,
            labels=tuple(c[0] for c in columns),
            bars=tuple(c[1] for c in columns),
            percents=tuple(c[2] for c in columns),
            resets=tuple(c[3] for c in columns),
            foot=foot,
            strip=strip,
            text=text,
            buttons=buttons,
            more=more,
        )

    def _heading(self, card: Card, left: float, top: float, width: float) -> tuple[QRectF, QRectF | None]:
        px = self._theme.px
        if not card.plan:
            return QRectF(left, top, width, self._title), None
        badge = math.ceil(self._theme.metrics(11, figures=True).horizontalAdvance(card.plan)) + px(12)
        words = math.ceil(self._theme.metrics(13.5, strong=True, figures=True).horizontalAdvance(card.title)) + 1
        words = min(words, width - badge - px(10))
        height = min(px(19), self._title)
        place = QRectF(left + words + px(10), round(top + (self._title - height) / 2), badge, height)
        return QRectF(left, top, words, self._title), place

    def _trend(self, card: Card, after: QRectF, more: QRectF) -> QRectF | None:
        px = self._theme.px
        place = QRectF(more.left() - px(6) - px(64), more.center().y() - px(9), px(64), px(18))
        return place if card.trend and place.left() >= after.right() + px(10) else None

    def _columns(self, row: QRectF, label: int, amount: int) -> tuple[QRectF, QRectF, QRectF, QRectF]:
        px = self._theme.px
        gap, height = px(8), px(7)
        reset = QRectF(row.right() - self._reset, row.top(), self._reset, row.height())
        percent = QRectF(reset.left() - gap - amount, row.top(), amount, row.height())
        left = row.left() + label + gap
        middle = round(row.center().y() - height / 2)
        bar = QRectF(left, middle, percent.left() - gap - left, height)
        return QRectF(row.left(), row.top(), label, row.height()), bar, percent, reset

    def _strip(self, card: Card, top: float, width: float) -> tuple[QRectF | None, QRectF | None, tuple[QRectF, ...]]:
        if card.notice is None:
            return None, None, ()
        px = self._theme.px
        metrics = self._theme.metrics(12.5)
        widths = [math.ceil(metrics.horizontalAdvance(a.label)) + px(26) for a in card.notice.actions]
        height = max(px(28), self._body + px(9)) if widths else 0
        room = width - self._pad - px(12)
        beside = room - (sum(widths) + px(10) if widths else 0)
        # Two buttons, or a large font, leave no room beside them; then they stand below the words.
        below = len(widths) > 1 or beside < px(110)
        words = self._wrapped(card.notice.text, room if below else beside)
        inner = words + height + px(8) if below else max(words, height)
        strip = QRectF(0, top, width, inner + px(16))
        text = QRectF(self._pad, top + px(8) + (0 if below else (inner - words) / 2), room if below else beside, words)
        y = round(strip.bottom() - px(8) - height if below else top + px(8) + (inner - height) / 2)
        buttons: list[QRectF] = []
        right = width - px(10)
        for wide in widths:
            buttons.append(QRectF(right - wide, y, wide, height))
            right -= wide + px(8)
        return strip, text, tuple(buttons)

    def _wrapped(self, text: str, width: float) -> float:
        metrics = self._theme.metrics(12.5)
        return math.ceil(metrics.boundingRect(QRect(0, 0, int(width), _FAR).toRectF(), _WRAP, text).height())
