"""The table of an import: one line for each login that was found, with a box where it can be taken."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from probe_tray.core.transfer.state import RowId
from probe_tray.ui.theme import Theme
from probe_tray.view.transfer.import_view import ImportLine
from probe_tray.view.view_models import Tone


class WrappingDelegate(QStyledItemDelegate):
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


_NAME, _KIND, _ENDS, _PLACE, _SAID = range(5)
_MOST = 0.66
_WIDTHS = ((_NAME, 204), (_KIND, 100), (_ENDS, 76), (_PLACE, 116))


class ImportTable(QTreeWidget):
    """Lines that are changed in place."""

    def __init__(self, theme: Theme, tick: Callable[[RowId, bool], None]) -> None:
        """``tick`` hears of the boxes that a person ticks and unticks."""
        super().__init__()
        self._theme = theme
        self._tick = tick
        self._lines: tuple[ImportLine, ...] = ()
        self._blank = QIcon()
        self.setColumnCount(5)
        self.setRootIsDecorated(False)
        self.setWordWrap(True)
        self.setAllColumnsShowFocus(True)
        WrappingDelegate(self, theme, _SAID)
        self.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        # What is dropped is for the window.
        self.setAcceptDrops(False)
        header = self.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.itemChanged.connect(self._changed)

    def show_lines(self, lines: tuple[ImportLine, ...]) -> None:
        """Show these, in place of those that were shown."""
        before, self._lines = self._lines, lines
        # What is written here is no click of a person.
        self.blockSignals(True)
        for _ in range(len(lines), self.topLevelItemCount()):
            self.takeTopLevelItem(len(lines))
        for place, line in enumerate(lines):
            if place >= len(before) or before[place] != line:
                self._write(self.topLevelItem(place) or _item(self), line)
        self.blockSignals(False)
        self.viewport().update()

    def dress(self) -> None:
        """Take the theme's colours and measures."""
        # As wide as a box, so that names stand below each other.
        box = self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth)
        blank = QPixmap(box, box)
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)
        self.setIconSize(QSize(box, box))
        self._share_width()
        lines, self._lines = self._lines, ()
        self.show_lines(lines)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        # What happens is what counts: in a narrow window the other columns give way.
        wanted = [self._theme.px(width) for _, width in _WIDTHS]
        share = min(1.0, self.viewport().width() * _MOST / sum(wanted))
        for (column, _), width in zip(_WIDTHS, wanted, strict=True):
            self.header().resizeSection(column, round(width * share))

    def _write(self, item: QTreeWidgetItem, line: ImportLine) -> None:
        for column, text in enumerate((line.name, line.kind, line.ends, line.place, line.said)):
            if item.text(column) != text:
                item.setText(column, text)
            item.setToolTip(column, line.tip)
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        item.setFlags(usual | Qt.ItemFlag.ItemIsUserCheckable if line.tickable else usual)
        # A line that cannot be chosen has no box that looks as if it could.
        ticked = Qt.CheckState.Checked if line.ticked else Qt.CheckState.Unchecked
        item.setData(_NAME, Qt.ItemDataRole.CheckStateRole, ticked if line.tickable else None)
        item.setIcon(_NAME, QIcon() if line.tickable else self._blank)
        item.setData(_NAME, Qt.ItemDataRole.AccessibleDescriptionRole, line.tip)
        colours = self._theme.tokens
        ink = {
            Tone.CALM: colours.good,
            Tone.WARNING: colours.warning_text,
            Tone.CRITICAL: colours.critical_text,
            None: colours.secondary,
        }[line.tone]
        item.setForeground(_SAID, QBrush(QColor(ink)))
        for column in (_KIND, _ENDS, _PLACE):
            item.setForeground(column, QBrush(QColor(colours.secondary)))

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        place = self.indexOfTopLevelItem(item)
        if column == _NAME and place < len(self._lines):
            self._tick(self._lines[place].id, item.checkState(_NAME) is Qt.CheckState.Checked)


def _item(tree: QTreeWidget) -> QTreeWidgetItem:
    item = QTreeWidgetItem(tree)
    for column in range(5):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return item
