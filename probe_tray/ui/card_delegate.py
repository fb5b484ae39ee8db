"""Draws the cards and minds their buttons: one painter for any number of accounts."""

from collections.abc import Callable

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from probe_tray.ui.card_layout import SIDE, CardLayout, Places
from probe_tray.ui.card_model import CARD_ROLE
from probe_tray.ui.card_painter import ButtonState, CardPainter
from probe_tray.ui.icon import IconPainter
from probe_tray.ui.theme import Theme
from probe_tray.view.models import Action, Card

_Index = QModelIndex | QPersistentModelIndex


class CardDelegate(QStyledItemDelegate):
    """Paints cards of the list and calls ``act`` for a click on a card's button."""

    def __init__(self, view: QListView, theme: Theme, icons: IconPainter, act: Callable[[Action], None]) -> None:
        """Draw for ``view``."""
        super().__init__(view)
        self._view = view
        self._theme = theme
        self._painter = CardPainter(theme, icons)
        self._act = act
        self._layout = CardLayout(theme, 0)
        self._width = 0
        self._hovered = ""
        self._pressed = ""
        self.by_keyboard = False
        """Whether the keyboard is in use, so that its place is marked."""
        theme.changed.connect(self.forget)

    def forget(self) -> None:
        """Measure everything anew: the font or the width changed."""
        self._width = 0

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """The room of one card."""
        card = _card(index)
        return self._measured().size(card) if card is not None else QSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one card."""
        card = _card(index)
        if card is None:
            return
        layout = self._measured()
        places = layout.places(card)
        painter.save()
        painter.translate(_corner(option, layout))
        focused = self.by_keyboard and bool(option.state & QStyle.StateFlag.State_HasFocus)
        self._painter.paint(painter, card, places, self._button_state(card), focused=focused)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """Follow the mouse over a card's button."""
        card = _card(index)
        if card is None or not isinstance(event, QMouseEvent):
            return super().editorEvent(event, model, option, index)
        layout = self._measured()
        inside = _on_button(layout.places(card), event.position() - _corner(option, layout))
        left = event.button() is Qt.MouseButton.LeftButton
        before = (self._hovered, self._pressed)
        self._hovered = card.name if inside else ""
        if event.type() is QEvent.Type.MouseButtonPress and left:
            self._pressed = self._hovered
        clicked = False
        if event.type() is QEvent.Type.MouseButtonRelease and left:
            clicked = inside and self._pressed == card.name
            self._pressed = ""
        if before != (self._hovered, self._pressed):
            self._view.viewport().update()
        if clicked and card.notice is not None and card.notice.action is not None:
            self._act(card.notice.action)
        return inside

    def leave(self) -> None:
        """The mouse is no longer over the list."""
        if self._hovered:
            self._hovered = ""
            self._view.viewport().update()

    def _button_state(self, card: Card) -> ButtonState:
        if self._pressed == card.name and self._hovered == card.name:
            return ButtonState.PRESSED
        return ButtonState.HOVERED if self._hovered == card.name else ButtonState.PLAIN

    def _measured(self) -> CardLayout:
        side = self._theme.px(SIDE)
        # A slim scroll bar lies in the margin, so that the cards keep their width when it comes.
        width = min(self._view.width() - 2 * side, self._view.viewport().width() - side - 2)
        if width != self._width:
            self._width = width
            self._layout = CardLayout(self._theme, width)
        return self._layout


def _card(index: _Index) -> Card | None:
    found: object = index.data(CARD_ROLE)
    return found if isinstance(found, Card) else None


def _corner(option: QStyleOptionViewItem, layout: CardLayout) -> QPointF:
    area = option.rect
    return QPointF(area.left() + layout.side, area.top())


def _on_button(places: Places, at: QPointF) -> bool:
    return places.button is not None and places.button.contains(at)
