"""The list of cards: scrolls smoothly, and works by keyboard as by mouse."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from math import inf

import msgspec
from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QListView, QMenu, QStyleOptionViewItem, QWidget

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.panel.card_delegate import CardDelegate
from probe_tray.ui.panel.card_layout import SIDE
from probe_tray.ui.panel.card_model import CARD_ROLE, CardModel
from probe_tray.ui.panel.line_face import Columns
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.ui.widgets import enter_menu
from probe_tray.view.view_models import ActionKind, Card, CardAction

_BY_KEYBOARD = frozenset({Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason})
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_MANY, _MOST = 200, 0.9
_LIT = 2_000
"""Milliseconds for which a card is marked that something has become of."""
_BATCH, _HIGH = 40, 10_000
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space})


class CardCallbacks(msgspec.Struct, frozen=True, kw_only=True):
    """What the cards ask for."""

    act: Callable[[CardAction], None]
    """Do what a button says."""
    menu: Callable[[Card, QPoint], QMenu | None]
    """Show what can be done with a card, at a place on the screen; None where that is nothing."""


class CardList(QListView):
    """Cards of a model.

    Return or Space presses the button of the card that the keyboard is on, or shows all about it as a double click
    does; the menu key opens its menu; F2 gives it a name; Alt with the up and down keys moves it among the others, as
    dragging does.
    """

    def __init__(
        self, model: CardModel, theme: Theme, icons: IconPainter, actions: CardCallbacks, parent: QWidget
    ) -> None:
        """Show ``model``."""
        super().__init__(parent)
        self._actions = actions
        self._cards = CardDelegate(self, model, theme, icons, actions.act, self._open_menu)
        self._theme = theme
        self._rows = model
        # For Qt's own one, of which it has no wrapper yet, PySide would make the classes of all widgets there are.
        self.setViewport(QWidget())
        self.setModel(model)
        self.setItemDelegate(self._cards)
        self._scroll_and_drag()
        model.looked_at_again.connect(self.viewport().update)
        model.layoutChanged.connect(self._tell_soon)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self._measure_again)
        self._brought: tuple[QPersistentModelIndex, int] | None = None
        """The card that was brought into view last, and how far the list was scrolled then."""
        self._scrolled_to = 0
        self._coming: Iterator[int] = iter(())
        """The rows that come into sight next if it is scrolled on."""
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.setInterval(0)
        self._ahead.timeout.connect(self._make_ready)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._lit = QTimer(self)
        self._lit.setSingleShot(True)
        self._lit.setInterval(_LIT)
        self._lit.timeout.connect(self._put_out)

    def _scroll_and_drag(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        # Only what is selected can be dragged; a selection is not drawn.
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setDragDropMode(QListView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.setBatchSize(_BATCH)

    def go_to(self, index: QModelIndex) -> None:
        """Put the keyboard on a card and bring it into view."""
        self.setLayoutMode(QListView.LayoutMode.SinglePass)
        self.doItemsLayout()
        self.setCurrentIndex(index)
        self.scrollTo(index, QListView.ScrollHint.EnsureVisible)
        self._brought = QPersistentModelIndex(index), self.verticalScrollBar().value()

    def keep_in_view(self) -> None:
        """Bring the card that was brought into view there as a whole if it has grown, until somebody scrolls."""
        if self._brought is None:
            return
        index, place = self._brought
        current = self.currentIndex()
        if index.isValid() and index.row() == current.row() and self.verticalScrollBar().value() == place:
            self.executeDelayedItemsLayout()
            card, seen = self.visualRect(current), self.viewport().rect()
            if card.top() < seen.top() or card.bottom() > seen.bottom():
                self.go_to(current)
        else:
            self._brought = None

    def light(self, index: QModelIndex) -> None:
        """Bring a card into view and mark it for two seconds."""
        self.go_to(index)
        card: object = index.data(CARD_ROLE)
        self._cards.lit = card.name if isinstance(card, Card) else ""
        self._lit.start()
        self.viewport().update()

    def _put_out(self) -> None:
        self._cards.lit = ""
        self.viewport().update()

    def enter(self) -> None:
        """Take the keyboard, at the first card where it was on none."""
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self._rows.index(0))
        self.setFocus(Qt.FocusReason.TabFocusReason)

    def open_first(self) -> None:
        """Show everything about the account of the first card."""
        found: object = self._rows.index(0).data(CARD_ROLE)
        if isinstance(found, Card):
            self._open_details(found)

    def visible_keys(self) -> frozenset[AccountKey]:
        """The accounts whose cards can be seen, at least in part."""
        area, rows = self.viewport().rect(), range(self._rows.rowCount())
        found: set[AccountKey] = set()
        # Each question for a place measures: not one for every card above those in sight.
        first = bisect_left(rows, area.top(), key=self._bottom_of)
        for index in map(self._rows.index, rows[first:]):
            place = self.visualRect(index)
            if place.top() > area.bottom() or not place.isValid():
                break
            card: object = index.data(CARD_ROLE) if place.intersects(area) else None
            if isinstance(card, Card) and card.key is not None:
                found.add(card.key)
        return frozenset(found)

    def _bottom_of(self, row: int) -> float:
        place = self.visualRect(self._rows.index(row))
        # Of what was never laid out it is only known that it comes below the rest.
        return place.bottom() if place.isValid() else inf

    def take_width(self, width: int) -> None:
        """Have it before the list is shown: only then would its parts be told of it."""
        for part in (self, self.viewport()):
            part.resize(width, part.height())

    def leave_room(self, briefs: tuple[str, ...]) -> None:
        """Leave room for these words at the end of each line."""
        if briefs != self._cards.briefs:
            self._cards.briefs = briefs
            self._cards.forget()
            self._measure_again()

    def expect(self, rows: int, *, lines: bool) -> None:
        """Get ready for that many rows: very many that were never measured are measured bit by bit.

        Later they are laid out in one go again, which then is quick, and leaves the list where it was scrolled to.
        """
        measured = self._rows.rowCount() if lines else self._cards.measured
        parts = rows > _MANY and measured < rows * _MOST
        mode = QListView.LayoutMode.Batched if parts else QListView.LayoutMode.SinglePass
        if self.layoutMode() is not mode:
            self.setLayoutMode(mode)

    def edit_name(self, index: QModelIndex) -> None:
        """Let the person type another name where it stands."""
        self.go_to(index)
        self.edit(index)

    def sizeHint(self) -> QSize:
        """As high as all cards together, or more than any screen."""
        rows = self._rows
        lines = rows.line_rows
        height = self._theme.px(2) + self._cards.lines_height
        for row in (*range(lines.start), *range(lines.stop, rows.rowCount())):
            if height > _HIGH:
                break
            height += self.sizeHintForIndex(rows.index(row)).height()
        return QSize(self._theme.px(384), height)

    def columns(self) -> tuple[Columns, int]:
        """The columns of lines, and how far from the left they begin."""
        return self._cards.line_face().columns, self._theme.px(SIDE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the card's button, or move."""
        if self.state() is QListView.State.EditingState:
            # Qt lets the Return that ends the edit through: it was meant for the name alone.
            event.accept()
            return
        self._cards.by_keyboard = True
        found: object = self.currentIndex().data(CARD_ROLE)
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            row = self.currentIndex().row()
            self._rows.move_row(row, row + step if step < 0 else row + step + 1)
            event.accept()
            return
        if event.key() == Qt.Key.Key_F10 and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            # Qt knows it as the menu's key on Windows alone, and many keyboards have no other.
            self._open_menu_by_key()
            event.accept()
            return
        if Qt.Key(event.key()) in _ENTER and isinstance(found, Card):
            if found.notice is not None and found.notice.action is not None:
                self._actions.act(found.notice.action)
            else:
                self._open_details(found)
            event.accept()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the card under the mouse, or of the one that the keyboard is on."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._open_menu_by_key()
            return
        found: object = self.indexAt(event.pos()).data(CARD_ROLE)
        if isinstance(found, Card):
            self._open_menu(found, event.pos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is once somebody came here with it."""
        super().focusInEvent(event)
        if event.reason() in _BY_KEYBOARD:
            self._cards.by_keyboard = True
        self._tell_soon()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything about the account."""
        found: object = self.indexAt(event.position().toPoint()).data(CARD_ROLE)
        if isinstance(found, Card) and not self._cards.over_button:
            self._open_details(found)

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

    def _scrolled(self, value: int) -> None:
        """Have what comes next made ready, as much as can be seen at a time."""
        step = 1 if value > self._scrolled_to else -1
        self._scrolled_to = value
        area = self.viewport().rect()
        edge = self.indexAt(area.bottomLeft() if step > 0 else area.topLeft()).row()
        if edge >= 0:
            last = edge + step * self._cards.lines_ahead(area.height())
            self._coming = iter(range(edge + step, last + step, step))
            self._ahead.start()

    def _make_ready(self) -> None:
        # One in a turn, so that whatever a person does comes first.
        row = next(self._coming, None)
        if row is not None and self._cards.make_ready(row):
            self._ahead.start()

    def _open_details(self, card: Card) -> None:
        if card.key is not None:
            self._actions.act(CardAction(kind=ActionKind.DETAILS, label="", key=card.key))

    def _open_menu(self, card: Card, at: QPoint) -> QMenu | None:
        return self._actions.menu(card, self.viewport().mapToGlobal(at))

    def _open_menu_by_key(self) -> None:
        index = self.currentIndex()
        found: object = index.data(CARD_ROLE)
        if not isinstance(found, Card) or QApplication.activePopupWidget() is not None:
            return
        self.scrollTo(index)
        option = QStyleOptionViewItem()
        option.rect = self.visualRect(index)
        menu = self._open_menu(found, self._cards.below_more(option, index, found))
        if menu is not None:
            enter_menu(menu)

    def _tell_soon(self) -> None:
        """Tell a screen reader on which row the keyboard is, once Qt has told it of the list.

        Of the list that got the keyboard Qt doesn't say it, and of one whose cards changed their places it takes all
        rows away that a screen reader knows.
        """
        if self.hasFocus():
            QTimer.singleShot(0, self, self._tell_row)

    def _tell_row(self) -> None:
        if self.hasFocus() and self.currentIndex().isValid():
            # Made with the first row that is told of: it has a screen reader's whole vocabulary.
            from PySide6.QtGui import QAccessible, QAccessibleEvent

            on_row = QAccessibleEvent(self, QAccessible.Event.Focus)
            on_row.setChild(self.currentIndex().row())
            QAccessible.updateAccessibility(on_row)

    def _measure_again(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()
