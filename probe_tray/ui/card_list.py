"""The list of cards: scrolls smoothly, and works by keyboard as by mouse."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPoint, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QStyleOptionViewItem

from probe_tray.ui.card_delegate import CardDelegate
from probe_tray.ui.card_model import CARD_ROLE
from probe_tray.ui.icon import IconPainter
from probe_tray.ui.theme import Theme
from probe_tray.view.models import Action, Card

_BY_KEYBOARD = frozenset({Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason})
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space})


class CardActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the cards ask for."""

    act: Callable[[Action], None]
    """Do what a button says."""
    menu: Callable[[Card, QPoint], None]
    """Show what can be done with a card, at a place on the screen."""


class CardList(QListView):
    """Cards of a model.

    Return or Space presses the button of the card that the keyboard is on; the menu key opens its menu.
    """

    def __init__(self, model: QAbstractItemModel, theme: Theme, icons: IconPainter, actions: CardActions) -> None:
        """Show ``model``."""
        super().__init__()
        self._actions = actions
        self._cards = CardDelegate(self, theme, icons, actions.act, self._open_menu)
        self._theme = theme
        self.setModel(model)
        self.setItemDelegate(self._cards)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self._measure_again)

    def go_to(self, index: QModelIndex) -> None:
        """Put the keyboard on a card and bring it into view."""
        self.setCurrentIndex(index)
        self.scrollTo(index, QListView.ScrollHint.EnsureVisible)

    def sizeHint(self) -> QSize:
        """As high as all cards together."""
        model = self.model()
        heights = (self._height(model.index(row, 0)) for row in range(model.rowCount()))
        return QSize(self._theme.px(384), sum(heights) + self._theme.px(2))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the card's button, or move."""
        self._cards.by_keyboard = True
        found: object = self.currentIndex().data(CARD_ROLE)
        if Qt.Key(event.key()) in _ENTER and isinstance(found, Card):
            if found.notice is not None and found.notice.action is not None:
                self._actions.act(found.notice.action)
            event.accept()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the card under the mouse, or of the one that the keyboard is on."""
        asked_by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if asked_by_key else self.indexAt(event.pos())
        found: object = index.data(CARD_ROLE)
        if not isinstance(found, Card):
            return
        at = event.pos()
        if asked_by_key:
            self.scrollTo(index)
            option = QStyleOptionViewItem()
            option.rect = self.visualRect(index)
            at = self._cards.below_more(option, found)
        self._open_menu(found, at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is once somebody came here with it."""
        super().focusInEvent(event)
        if event.reason() in _BY_KEYBOARD:
            self._cards.by_keyboard = True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click needs no mark of the keyboard's place."""
        self._cards.by_keyboard = False
        super().mousePressEvent(event)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        """Notice the mouse leaving."""
        if event.type() is QEvent.Type.Leave:
            self._cards.leave()
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap the sentences anew when the width changes."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.scheduleDelayedItemsLayout()

    def _open_menu(self, card: Card, at: QPoint) -> None:
        self._actions.menu(card, self.viewport().mapToGlobal(at))

    def _height(self, index: QModelIndex) -> int:
        return self.sizeHintForIndex(index).height()

    def _measure_again(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()
