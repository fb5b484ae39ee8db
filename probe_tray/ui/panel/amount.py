"""An amount such as "42% used": the number strong, its word small beside it."""

from collections.abc import Iterable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from probe_tray.ui.baseline import baseline, draw_beside
from probe_tray.ui.theme import Theme
from probe_tray.view.view_models import Bar

_WORD = 11.5
_WIDEST = "100%"


def amount_width(theme: Theme, bars: Iterable[Bar]) -> float:
    """The width that every amount of ``bars`` has room in, whatever its number becomes."""
    return max((_width(theme, bar, _WIDEST) for bar in bars), default=0.0) + 2


def paint_amount(painter: QPainter, theme: Theme, bar: Bar, area: QRectF, ink: str) -> None:
    """Draw the amount at the right of ``area``, its number in ``ink``."""
    parts = [(text, font, QFontMetricsF(font).horizontalAdvance(text)) for text, font in _parts(theme, bar)]
    left, y = area.right() - sum(width for _, _, width in parts), baseline(theme, area)
    for text, font, width in parts:
        painter.setFont(font)
        painter.setPen(QColor(ink if text == bar.percent_text else theme.tokens.secondary))
        draw_beside(painter, area.adjusted(left - area.left(), 0, 0, 0), y, text)
        left += width


def _width(theme: Theme, bar: Bar, number: str) -> float:
    return sum(
        QFontMetricsF(font).horizontalAdvance(number if text == bar.percent_text else text)
        for text, font in _parts(theme, bar)
    )


def _parts(theme: Theme, bar: Bar) -> list[tuple[str, QFont]]:
    strong, plain = theme.font(strong=True, figures=True), theme.font(_WORD)
    before, number, after = bar.amount.partition(bar.percent_text)
    return [(text, strong if text == number else plain) for text in (before, number, after) if text]
