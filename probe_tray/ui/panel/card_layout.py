"""Where the parts of a card are, in logical pixels. Every measure grows with the system's font."""

import math

import msgspec
from PySide6.QtCore import QRect, QRectF, QSize, Qt

from probe_tray.ui.line_breaks import breakable_in
from probe_tray.ui.panel.amount import amount_width
from probe_tray.ui.theme import Theme
from probe_tray.view.view_models import Bar, Card

_WRAP = int(Qt.TextFlag.TextWordWrap)
_FAR = 10_000
_LEAST_BAR = 44
_NOTICE = 12.5
"""The size of a notice's letters."""
_TWO, _TRIES = 2, 6
SIDE = 12
"""The list's margin to the left and right of the cards, in the design's pixels."""
GAP = 10
"""Between two cards, in pixels of the design."""


class CardRects(msgspec.Struct, frozen=True, kw_only=True):
    """The rectangles of one card whose top left corner is at 0, 0."""

    card: QRectF
    glyph: QRectF
    title: QRectF
    plan: QRectF | None
    trend: QRectF | None
    """Where the last days are drawn, if there is room."""
    subtitle: QRectF | None
    """All its lines."""
    labels: tuple[QRectF, ...]
    bars: tuple[QRectF, ...]
    percents: tuple[QRectF, ...]
    resets: tuple[QRectF, ...]
    reset_texts: tuple[str, ...]
    """What fits there: both ways, or the moment alone."""
    key: QRectF | None
    """The glyph in front of the login's life."""
    life: QRectF | None
    life_text: str
    checked: QRectF | None
    strip: QRectF | None
    text: QRectF | None
    buttons: tuple[QRectF, ...]
    """One for each action of the notice."""
    more: QRectF
    """The button that opens the card's menu."""


class _BarPlaces(msgspec.Struct, frozen=True, kw_only=True):
    labels: tuple[QRectF, ...] = ()
    bars: tuple[QRectF, ...] = ()
    percents: tuple[QRectF, ...] = ()
    resets: tuple[QRectF, ...] = ()
    reset_texts: tuple[str, ...] = ()
    bottom: float


class _FootPlaces(msgspec.Struct, frozen=True, kw_only=True):
    key: QRectF | None = None
    life: QRectF | None = None
    life_text: str = ""
    checked: QRectF | None = None
    bottom: float = 0.0


class CardLayout:
    """Measures cards for one width; ask for a new one when theme or width change."""

    def __init__(self, theme: Theme, width: int) -> None:
        """Measure for cards that are ``width`` wide."""
        self._theme = theme
        self._width = width
        self._known: dict[str, tuple[Card, CardRects]] = {}
        px = theme.px
        self.gap = px(GAP)
        self.side = px(SIDE)
        self._pad = px(14)
        self._body = math.ceil(theme.metrics().height())
        self._small = math.ceil(theme.metrics(12).height())
        self._title = math.ceil(theme.metrics(13.5, strong=True).height())
        self._figures = theme.metrics(12, figures=True)

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
        # Cards are frozen: the same object has the same words and needs no new measure.
        if known is not None and known[0] is card:
            return known[1]
        places = self._measure(card)
        self._known[card.name] = (card, places)
        return places

    def _measure(self, card: Card) -> CardRects:
        px, left = self._theme.px, float(self._pad)
        width = float(self._width)
        inner = width - 2 * self._pad
        top, glyph = float(px(12)), px(30)
        name_left = left + glyph + px(10)
        name_width = width - px(10) - px(28) - px(4) - name_left
        below = self._wrapped(card.subtitle, name_width, 12) if card.subtitle else 0.0
        text_height = self._title + below
        row = max(glyph, text_height)
        text_top = top + (row - text_height) / 2
        first = min(row, self._title + self._small) if below else row
        more = QRectF(width - px(10) - px(28), round(top + (first - px(28)) / 2), px(28), px(28))
        title, plan = self._heading(card, name_left, text_top, name_width)
        rows = self._rows(card.bars, QRectF(left, top + row, inner, 0))
        foot = self._foot(card, QRectF(left, rows.bottom, inner, self._small))
        strip, text, buttons = self._strip(card, foot.bottom + px(11), width)
        return CardRects(
            card=QRectF(0, 0, width, foot.bottom + px(11) if strip is None else strip.bottom()),
            glyph=QRectF(left, top + (first - glyph) / 2, glyph, glyph),
            title=title,
            plan=plan,
            trend=self._trend(card, plan or title, more),
            subtitle=QRectF(name_left, text_top + self._title, name_width, below) if below else None,
            labels=rows.labels,
            bars=rows.bars,
            percents=rows.percents,
            resets=rows.resets,
            reset_texts=rows.reset_texts,
            key=foot.key,
            life=foot.life,
            life_text=foot.life_text,
            checked=foot.checked,
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
        # A plan's name is the service's word and may be of any length.
        badge = min(badge, round(width / 2))
        words = math.ceil(self._theme.metrics(13.5, strong=True, figures=True).horizontalAdvance(card.title)) + 1
        words = min(words, width - badge - px(10))
        height = min(px(19), self._title)
        place = QRectF(left + words + px(10), round(top + (self._title - height) / 2), badge, height)
        return QRectF(left, top, words, self._title), place

    def _trend(self, card: Card, after: QRectF, more: QRectF) -> QRectF | None:
        px = self._theme.px
        place = QRectF(more.left() - px(6) - px(64), more.center().y() - px(9), px(64), px(18))
        return place if card.trend and place.left() >= after.right() + px(10) else None

    def _rows(self, bars: tuple[Bar, ...], below: QRectF) -> _BarPlaces:
        """A row for each window: label, bar, amount and reset side by side, or the bar below where that is too wide."""
        px, inner = self._theme.px, below.width()
        if not bars:
            return _BarPlaces(bottom=below.bottom())
        labels = self._theme.metrics(figures=True)
        # One width for all rows of the card: its bars begin and end below each other.
        label = max(px(38), math.ceil(max(labels.horizontalAdvance(b.label) for b in bars)) + 1)
        amount = math.ceil(amount_width(self._theme, bars))
        # What stays beside the bar, and the least that is still one.
        least = label + amount + 3 * px(8) + px(_LEAST_BAR)
        # The widest that can stand there, so that the columns keep their places while the time passes.
        full = math.ceil(max(self._figures.horizontalAdvance(b.reset_widest) for b in bars)) + px(2)
        short = math.ceil(max(self._figures.horizontalAdvance(b.reset_short) for b in bars)) + px(2)
        reset = full if least + full <= inner else short
        stacked = least + reset > inner
        room = inner - label - px(8) if stacked else reset
        texts = tuple(b.reset if self._figures.horizontalAdvance(b.reset) <= room else b.reset_short for b in bars)
        y, places = below.top(), list[tuple[QRectF, QRectF, QRectF, QRectF]]()
        for number, _ in enumerate(bars):
            y += px(10) if number == 0 else px(6)
            line = QRectF(below.left(), y, inner, self._body)
            y += 2 * self._body if stacked else self._body
            places.append(self._stacked(line, label, amount) if stacked else self._columns(line, label, amount, reset))
        return _BarPlaces(
            labels=tuple(place[0] for place in places),
            bars=tuple(place[1] for place in places),
            percents=tuple(place[2] for place in places),
            resets=tuple(place[3] for place in places),
            reset_texts=texts,
            bottom=y,
        )

    def _columns(self, row: QRectF, label: int, amount: int, room: int) -> tuple[QRectF, QRectF, QRectF, QRectF]:
        gap = self._theme.px(8)
        reset = QRectF(row.right() - room, row.top(), room, row.height())
        percent = QRectF(reset.left() - gap - amount, row.top(), amount, row.height())
        left = row.left() + label + gap
        return QRectF(row.left(), row.top(), label, row.height()), self._bar(row, left, percent), percent, reset

    def _stacked(self, row: QRectF, label: int, amount: int) -> tuple[QRectF, QRectF, QRectF, QRectF]:
        second = row.translated(0, row.height())
        percent = QRectF(second.right() - amount, second.top(), amount, second.height())
        words = QRectF(row.left(), row.top(), label, row.height())
        reset = row.adjusted(label + self._theme.px(8), 0, 0, 0)
        return words, self._bar(second, second.left(), percent), percent, reset

    def _bar(self, row: QRectF, left: float, percent: QRectF) -> QRectF:
        height, gap = self._theme.px(7), self._theme.px(8)
        return QRectF(left, round(row.center().y() - height / 2), percent.left() - gap - left, height)

    def _foot(self, card: Card, line: QRectF) -> _FootPlaces:
        """The login's life at the left and the age of the numbers at the right, or below it where both are too long."""
        px, width = self._theme.px, self._figures.horizontalAdvance
        if not card.life and not card.checked:
            return _FootPlaces(bottom=line.top())
        line = line.translated(0, px(9))
        size = px(13)
        key = QRectF(line.left(), round(line.center().y() - size / 2), size, size) if card.life else None
        left = line.left() + (size + px(6) if card.life else 0)
        age = math.ceil(width(card.checked)) + 1 if card.checked else 0
        room = line.right() - left - (age + px(10) if age else 0)
        life = QRectF(left, line.top(), room, line.height())
        forms = (*card.life_more, card.life, card.life_short)
        text = next((words for words in forms if math.ceil(width(words)) < room), "")
        checked, bottom = line, line.bottom()
        if card.life and not text:
            text = card.life
            life = QRectF(left, line.top(), line.right() - left, self._wrapped(text, line.right() - left, 12))
            checked = line.translated(0, life.height())
            bottom = checked.bottom() if age else life.bottom()
        return _FootPlaces(
            key=key,
            life=life if card.life else None,
            life_text=text,
            checked=QRectF(checked.right() - age, checked.top(), age, checked.height()) if age else None,
            bottom=bottom,
        )

    def _strip(self, card: Card, top: float, width: float) -> tuple[QRectF | None, QRectF | None, tuple[QRectF, ...]]:
        if card.notice is None:
            return None, None, ()
        px = self._theme.px
        metrics = self._theme.metrics(_NOTICE)
        widths = [math.ceil(metrics.horizontalAdvance(a.label)) + px(26) for a in card.notice.actions]
        height = max(px(28), self._body + px(9)) if widths else 0
        room = width - self._pad - px(12)
        beside = room - (sum(widths) + px(10) if widths else 0)
        # Two buttons, or a large font, leave no room beside them; then they stand below the words.
        below = len(widths) > 1 or beside < px(110)
        words = self._wrapped(card.notice.text, room if below else beside, _NOTICE)
        inner = words + height + px(8) if below else max(words, height)
        strip = QRectF(0, top, width, inner + px(16))
        broken = self._balanced(card.notice.text, room if below else beside, words)
        text = QRectF(self._pad, top + px(8) + (0 if below else (inner - words) / 2), broken, words)
        y = round(strip.bottom() - px(8) - height if below else top + px(8) + (inner - height) / 2)
        buttons: list[QRectF] = []
        right = width - px(10)
        for wide in widths:
            buttons.append(QRectF(right - wide, y, wide, height))
            right -= wide + px(8)
        return strip, text, tuple(buttons)

    def _balanced(self, text: str, width: float, height: float) -> float:
        """The least of ``width`` in which a notice of this ``height`` has no more lines: none is much shorter then."""
        metrics = self._theme.metrics(_NOTICE, figures=True)
        lines = round(height / metrics.lineSpacing())
        if lines < _TWO:
            return width
        least = metrics.horizontalAdvance(text) / lines
        steps = (least + step * (width - least) / _TRIES for step in range(1, _TRIES))
        return next((room for room in steps if self._wrapped(text, room, _NOTICE) <= height), width)

    def _wrapped(self, text: str, width: float, size: float) -> float:
        room, metrics = QRect(0, 0, int(width), _FAR).toRectF(), self._theme.metrics(size, figures=True)
        return math.ceil(metrics.boundingRect(room, _WRAP, breakable_in(text, metrics, int(width))).height())
