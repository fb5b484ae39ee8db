"""How an account looks in the list: as a card, or as one line among many."""

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter

from probe_tray.ui.panel.card_layout import CardLayout
from probe_tray.ui.panel.card_painter import MORE, ButtonState, CardPainter
from probe_tray.view.view_models import Card

States = Callable[[int], ButtonState]
"""The state of each of a card's buttons, by number."""


class Face(Protocol):
    """One way to draw a card whose top left corner is at 0, 0."""

    def size(self, card: Card) -> QSize:
        """The room of its row."""
        ...

    def area(self, card: Card) -> QRectF:
        """What of its row it covers."""
        ...

    def buttons(self, card: Card) -> Mapping[int, QRectF]:
        """Its buttons by number: those of the notice count from 0, the menu's is ``MORE``."""
        ...

    def name(self, card: Card) -> QRectF:
        """Where its name stands, as far as it may reach."""
        ...

    def paint(self, painter: QPainter, card: Card, states: States, *, focused: bool) -> None:
        """Draw it."""
        ...


class CardFace:
    """An account as a card."""

    def __init__(self, layout: CardLayout, painter: CardPainter) -> None:
        """Draw with ``painter`` what ``layout`` has measured."""
        self._layout = layout
        self._painter = painter

    @property
    def measured(self) -> int:
        """How many cards were measured so far."""
        return self._layout.measured

    def size(self, card: Card) -> QSize:
        """The room of its row."""
        return self._layout.size(card)

    def area(self, card: Card) -> QRectF:
        """Without the gap to the next card."""
        return self._layout.places(card).card

    def buttons(self, card: Card) -> Mapping[int, QRectF]:
        """Its buttons by number."""
        places = self._layout.places(card)
        return {MORE: places.more, **dict(enumerate(places.buttons))}

    def name(self, card: Card) -> QRectF:
        """Where its name stands."""
        places = self._layout.places(card)
        area = QRectF(places.title)
        area.setRight(places.more.left())
        return area

    def paint(self, painter: QPainter, card: Card, states: States, *, focused: bool) -> None:
        """Draw it."""
        self._painter.paint(painter, card, self._layout.places(card), states, focused=focused)
