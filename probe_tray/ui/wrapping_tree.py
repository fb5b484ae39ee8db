"""A list of lines with a sentence in their last column, which is broken where it is too long."""

import re

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from probe_tray.ui.line_breaks import breakable
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import elided, list_style
from probe_tray.view.view_models import Tone

_HIGH, _WIDE, _FAR = 3, 2, 10_000
"""The air above and below a cell, and beside it, in pixels of the design."""

_HIGHER = re.compile("[\u2e80-\uffef]")
_CHINESE_SPACE = "\u3000"
"""The font that lends Chinese letters may be higher: with this at its end, which nobody sees, a text in other letters
stands on the line of the Chinese ones beside it."""


class WrappingTree(QTreeWidget):
    """Lines that are told by colour, too, how good what they say is."""

    def __init__(self, theme: Theme, columns: int, place: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignTop) -> None:
        """``place`` is where in its line a short text stands: at the top, or in the middle."""
        super().__init__()
        self._theme = theme
        self._said = columns - 1
        self._alignment = Qt.AlignmentFlag.AlignLeft | place
        self.setColumnCount(columns)
        self.setWordWrap(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        _WrappingDelegate(self, theme, self._said)

    def line(self, parent: QTreeWidgetItem, place: int) -> QTreeWidgetItem:
        """The line at ``place`` below ``parent``, a new one where it is one more than there were."""
        item = parent.child(place)
        if item is None:
            item = QTreeWidgetItem(parent)
            for column in range(self.columnCount()):
                item.setTextAlignment(column, self._alignment)
        return item

    def shorten(self, parent: QTreeWidgetItem, count: int) -> None:
        """Leave only the first ``count`` lines below ``parent``."""
        for _ in range(count, parent.childCount()):
            parent.takeChild(count)

    def write(self, item: QTreeWidgetItem, cells: tuple[str, ...], tone: Tone | None) -> None:
        """Let a line say this; the last of ``cells`` is what the tone is about."""
        for column, text in enumerate(cells):
            if item.text(column) != text:
                item.setText(column, text)
            if 0 < column < self._said:
                item.setForeground(column, QBrush(QColor(self._theme.tokens.secondary)))
        item.setForeground(self._said, QBrush(QColor(self._theme.tokens.ink(tone))))

    def apply_theme(self) -> None:
        """Take the theme's colours and measures."""
        c, px = self._theme.tokens, self._theme.px
        # A head begins where its cells do: a style keeps one pixel more free of text than its frame has.
        beside = px(_WIDE) + self.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, self) + 1
        header = f"""
            QHeaderView::section {{ background: {c.card}; color: {c.secondary}; border: none;
                border-bottom: 1px solid {c.line}; padding: {px(4)}px {beside}px; }}
            QTreeWidget::item {{ padding: {px(_HIGH)}px {px(_WIDE)}px; }}"""
        self.setStyleSheet(list_style("QTreeWidget", self._theme) + header)


class OneLineDelegate(QStyledItemDelegate):
    """Cuts what has no room in a list with one ellipsis. Qt's own may stand between full stops: five dots in a row."""

    def __init__(self, view: QAbstractItemView) -> None:
        """Draw in ``view``, which keeps this object."""
        super().__init__(view)
        self._view = view
        view.setItemDelegate(self)

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """With the text as it is shown."""
        super().initStyleOption(option, index)
        _cut(option, self._view)


def _room(option: QStyleOptionViewItem, view: QAbstractItemView) -> int:
    """How wide a text may be in its cell."""
    style = view.style()
    beside = 2 * (style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, view) + 1)
    return style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, view).width() - beside


def _cut(option: QStyleOptionViewItem, view: QAbstractItemView) -> None:
    """Shorten the text of a cell to the room that the style has for it; where it is only measured there is no room."""
    room = _room(option, view)
    if not option.rect.isValid() or room <= 0:
        return
    # Where it may have several lines, nothing is cut but a word that fits into none.
    words = option.text.split(" ") if option.features & QStyleOptionViewItem.ViewItemFeature.WrapText else [option.text]
    option.text = " ".join(elided(option.fontMetrics, word, view.textElideMode(), room) for word in words)


class _WrappingDelegate(QStyledItemDelegate):
    """Measures lines whose sentences are broken; Qt's own measures them as if they never were."""

    def __init__(self, tree: QTreeWidget, theme: Theme, column: int) -> None:
        """Break the sentences in ``column`` of ``tree``, which keeps this object."""
        super().__init__(tree)
        self._tree = tree
        self._theme = theme
        self._column = column
        tree.setItemDelegate(self)
        tree.header().sectionResized.connect(tree.scheduleDelayedItemsLayout)

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """With the places where a line of a sentence may end."""
        super().initStyleOption(option, index)
        if index.column() == self._column:
            option.text = breakable(option.text)
        else:
            _cut(option, self._tree)
        if any(_HIGHER.search(self._said(index, column)) for column in range(self._tree.columnCount())):
            option.text += _CHINESE_SPACE

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The size of one cell in its column's present width."""
        space, shown = 2 * self._theme.px(_HIGH) + 2, QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        shown.rect = QRect(0, 0, self._tree.columnWidth(index.column()), _FAR)
        room = QRect(0, 0, max(_room(shown, self._tree), 1), _FAR)
        broken = Qt.TextFlag.TextWordWrap if index.column() == self._column else Qt.TextFlag.TextSingleLine
        said = self._said(index, index.column())
        said = breakable(said) if index.column() == self._column else said
        height = option.fontMetrics.boundingRect(room, int(broken), said).height()
        return QSize(super().sizeHint(option, index).width(), max(height, option.fontMetrics.height()) + space)

    @staticmethod
    def _said(index: QModelIndex | QPersistentModelIndex, column: int) -> str:
        cell: object = index.sibling(index.row(), column).data(Qt.ItemDataRole.DisplayRole)
        return str(cell or "")
