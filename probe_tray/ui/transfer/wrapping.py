"""Lines of a tree that are as high as their sentences need."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTreeWidget

from probe_tray.ui.theme import Theme


class Wrapping(QStyledItemDelegate):
    """Measures lines whose sentences are broken; Qt's own measures them as if they never were."""

    def __init__(self, tree: QTreeWidget, theme: Theme, column: int) -> None:
        """Break the sentences in ``column`` of ``tree``, which keeps this object."""
        super().__init__(tree)
        self._tree = tree
        self._theme = theme
        self._column = column
        tree.setItemDelegate(self)
        tree.header().sectionResized.connect(tree.scheduleDelayedItemsLayout)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The size of one cell in its column's present width."""
        space, margin = self._theme.px(6), self._theme.px(8)
        room = QRect(0, 0, max(self._tree.columnWidth(index.column()) - margin, 1), 10_000)
        broken = Qt.TextFlag.TextWordWrap if index.column() == self._column else Qt.TextFlag.TextSingleLine
        said = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        height = option.fontMetrics.boundingRect(room, int(broken), said).height()
        return QSize(super().sizeHint(option, index).width(), max(height, option.fontMetrics.height()) + space)
