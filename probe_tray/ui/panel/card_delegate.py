"""Draws the cards and minds their buttons: one painter for any number of accounts."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from probe_tray.ui.panel.card_face import CardFace, Face
from probe_tray.ui.panel.card_layout import SIDE, CardLayout
from probe_tray.ui.panel.card_model import ABOUT_ROLE, CardModel
from probe_tray.ui.panel.card_painter import MORE, RADIUS, ButtonState, CardPainter
from probe_tray.ui.panel.line_face import LineFace
from probe_tray.ui.panel.line_frame import LineFrame
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.view_models import Card, CardAction

_TINT = 0.18
_Index = QModelIndex | QPersistentModelIndex
_Spot = tuple[str, int]
"""A card's name and the number of one of its buttons."""


class CardDelegate(QStyledItemDelegate):
    """Paints cards of the list and calls ``act`` for a click on a card's button, ``more`` for one on its menu's."""

    def __init__(
        self,
        view: QListView,
        rows: CardModel,
        theme: Theme,
        icons: IconPainter,
        act: Callable[[CardAction], None],
        more: Callable[[Card, QPoint], object],
    ) -> None:
        """Draw ``rows``. ``more`` gets the card and where its menu opens, in the coordinates of ``view``'s viewport."""
        super().__init__(view)
        self._view, self._rows = view, rows
        self._theme = theme
        self._icons = icons
        self._painter = CardPainter(theme, icons)
        self._act = act
        self._more = more
        self._side = 0
        self._width = 0
        self._card_face: CardFace | None = None
        self._line_face: LineFace | None = None
        self._line_frame: LineFrame | None = None
        self._hovered: _Spot | None = None
        self._pressed: _Spot | None = None
        self.by_keyboard = False
        """Whether the keyboard is in use, so that its place is marked."""
        self.briefs: tuple[str, ...] = ()
        """What may stand at the end of a line, at its longest."""
        self.lit = ""
        """The name of the card that is marked because something has just become of it."""
        theme.changed.connect(self.forget)

    @property
    def measured(self) -> int:
        """How many cards were measured at the width that they have now."""
        return 0 if self._card_face is None else self._card_face.measured

    @property
    def over_button(self) -> bool:
        """Whether the mouse is on a button of a card."""
        return self._hovered is not None

    def forget(self) -> None:
        """Measure everything anew: the font or the width changed."""
        self._width = 0
        self._card_face = self._line_face = self._line_frame = None

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """The room of one card."""
        if self._rows.is_line(row := index.row()):
            # All are alike: a thousand cards would be put into words to learn nothing.
            return self.line_size(row)
        found: object = index.data(ABOUT_ROLE)
        return self._face(index.row()).size(found) if isinstance(found, Card) else QSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one card."""
        row = index.row()
        card = self._rows.card(row)
        if card is None:
            return
        is_line = self._rows.is_line(row)
        face = self._face(row)
        painter.save()
        painter.translate(self._corner(option))
        focused = self.by_keyboard and bool(option.state & QStyle.StateFlag.State_HasFocus)
        face.paint(painter, card, lambda number: self._state(card, number), focused=focused)
        if card.name == self.lit:
            self._light(painter, face.area(card))
        if is_line:
            self._frame(painter, row, face.area(card))
        painter.restore()
        size = self.line_size(row) if is_line else face.size(card)
        if size.height() != option.rect.height():
            # Words that changed with the time may need another line.
            self._view.scheduleDelayedItemsLayout()

    def line_size(self, row: int) -> QSize:
        """The room of a line."""
        # Rows are asked for from the first one on: what was measured then holds for the others.
        face = self.line_face() if row == 0 or self._line_face is None else self._line_face
        return face.size_of_all if self._rows.is_line(row + 1) else face.size_of_last

    @property
    def lines_height(self) -> int:
        """The room of all lines together."""
        count = len(self._rows.line_rows)
        if not count:
            return 0
        face = self.line_face()
        return (count - 1) * face.size_of_all.height() + face.size_of_last.height()

    def lines_ahead(self, height: int) -> int:
        """How many lines beyond ``height`` pixels of them may be made ready."""
        return self.line_face().lines_ahead(height)

    def make_ready(self, row: int) -> bool:
        """Draw a line before it comes into sight; whether there is one."""
        card = self._rows.card(row) if self._rows.is_line(row) else None
        if card is not None:
            self.line_face().make_ready(card, self._view.viewport().devicePixelRatio())
        return card is not None

    def _frame(self, painter: QPainter, row: int, area: QRectF) -> None:
        if self._line_frame is None:
            self._line_frame = LineFrame(self._theme, area)
        first, last = (not self._rows.is_line(row + step) for step in (-1, 1))
        self._line_frame.paint(painter, is_first=first, is_last=last)

    def _light(self, painter: QPainter, area: QRectF) -> None:
        """Tint a card. It must not look like the frame that shows where the keyboard is."""
        colour = QColor(self._theme.tokens.accent)
        colour.setAlphaF(_TINT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(area, self._theme.px(RADIUS), self._theme.px(RADIUS))

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """Follow the mouse over a card's button."""
        card = self._rows.card(index.row())
        if card is None or not isinstance(event, QMouseEvent):
            return super().editorEvent(event, model, option, index)
        buttons, corner = self._face(index.row()).buttons(card), self._corner(option)
        number = _button_at(buttons, event.position() - corner)
        left = event.button() is Qt.MouseButton.LeftButton
        before = (self._hovered, self._pressed)
        self._hovered = None if number is None else (card.name, number)
        if event.type() is QEvent.Type.MouseButtonPress and left:
            self._pressed = self._hovered
        clicked = False
        if event.type() is QEvent.Type.MouseButtonRelease and left:
            # As with any button: whoever lets go elsewhere does not mean it.
            clicked = self._hovered is not None and self._pressed == self._hovered
            self._pressed = None
        if before != (self._hovered, self._pressed):
            self._view.viewport().update()
        if clicked and number is not None:
            self._click(card, number, (corner + buttons[MORE].bottomLeft()).toPoint())
        return number is not None

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: _Index) -> QWidget:
        """The field in which an account gets another name."""
        field = QLineEdit(parent)
        field.setFont(self._theme.font())
        return field

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """Begin with the name it has."""
        card = self._rows.card(index.row())
        if not isinstance(editor, QLineEdit) or card is None:
            return
        # Qt asks again at each change of the model: names may have been hidden, but what is being typed stays.
        editor.setAccessibleName(card.title)
        if not editor.isModified():
            editor.setText(card.title)
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Hand the name on; what comes of it is drawn like any change."""
        card = self._rows.card(index.row())
        if isinstance(editor, QLineEdit) and card is not None and editor.text() != card.title:
            model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        """Over the name."""
        card = self._rows.card(index.row())
        if card is None:
            return
        area = self._face(index.row()).name(card).translated(self._corner(option))
        height = editor.sizeHint().height()
        top = round(area.center().y() - height / 2)
        editor.setGeometry(round(area.left()) - self._theme.px(4), top, round(area.width()), height)

    def leave(self) -> None:
        """The mouse is no longer over the list."""
        if self._hovered is not None:
            self._hovered = None
            self._view.viewport().update()

    def below_more(self, option: QStyleOptionViewItem, index: QModelIndex, card: Card) -> QPoint:
        """Where the menu of a card opens, in the viewport's coordinates."""
        return (self._corner(option) + self._face(index.row()).buttons(card)[MORE].bottomLeft()).toPoint()

    def line_face(self) -> LineFace:
        """How lines are drawn now."""
        self._measure()
        if self._line_face is None:
            self._line_face = LineFace(self._theme, self._icons, self._width, self.briefs)
        return self._line_face

    def _click(self, card: Card, number: int, below: QPoint) -> None:
        if number == MORE:
            self._more(card, below)
        elif card.notice is not None:
            self._act(card.notice.actions[number])

    def _state(self, card: Card, number: int) -> ButtonState:
        spot = (card.name, number)
        if self._hovered != spot:
            return ButtonState.PLAIN
        return ButtonState.PRESSED if self._pressed == spot else ButtonState.HOVERED

    def _face(self, row: int) -> Face:
        if self._rows.is_line(row):
            return self.line_face()
        self._measure()
        if self._card_face is None:
            self._card_face = CardFace(CardLayout(self._theme, self._width), self._painter)
        return self._card_face

    def _measure(self) -> None:
        side = self._theme.px(SIDE)
        # A slim scroll bar lies in the margin, so that the cards keep their width when it comes.
        width = min(self._view.width() - 2 * side, self._view.viewport().width() - side - 2)
        if width != self._width:
            self._width, self._side = width, side
            self._card_face = self._line_face = self._line_frame = None

    def _corner(self, option: QStyleOptionViewItem) -> QPointF:
        return QPointF(option.rect.left() + self._side, option.rect.top())


def _button_at(buttons: Mapping[int, QRectF], at: QPointF) -> int | None:
    return next((number for number, area in buttons.items() if area.contains(at)), None)
