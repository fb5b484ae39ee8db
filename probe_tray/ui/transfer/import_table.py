"""The table of an import: one line for each login that was found, with a box where it can be taken."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QStyle, QTreeWidget, QTreeWidgetItem

from probe_tray.core.transfer.state import RowId
from probe_tray.ui.theme import Theme
from probe_tray.ui.wrapping_tree import WrappingTree
from probe_tray.view.transfer.import_view import ImportLine

_NAME, _KIND, _ENDS, _PLACE = range(4)
_MOST = 0.66
_WIDTHS = ((_NAME, 204), (_KIND, 100), (_ENDS, 76), (_PLACE, 116))


class ImportTable(WrappingTree):
    """Lines that are changed in place."""

    def __init__(self, theme: Theme, tick: Callable[[RowId, bool], None]) -> None:
        """``tick`` hears of the boxes that a person ticks and unticks."""
        super().__init__(theme, columns=5, place=Qt.AlignmentFlag.AlignVCenter)
        self._tick = tick
        self._lines: tuple[ImportLine, ...] = ()
        self._blank = QIcon()
        self.setRootIsDecorated(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        # What is dropped is for the window.
        self.setAcceptDrops(False)
        self.itemChanged.connect(self._changed)

    def show_lines(self, lines: tuple[ImportLine, ...]) -> None:
        """Show these, in place of those that were shown."""
        before, self._lines = self._lines, lines
        # What is written here is no click of a person.
        self.blockSignals(True)
        root = self.invisibleRootItem()
        self.shorten(root, len(lines))
        for place, line in enumerate(lines):
            if place >= len(before) or before[place] != line:
                self._write(self.line(root, place), line)
        self.blockSignals(False)
        self.viewport().update()

    def apply_theme(self) -> None:
        """Take the theme's colours and measures."""
        super().apply_theme()
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
        self.write(item, (line.name, line.kind, line.ends, line.place, line.said), line.tone)
        for column in range(self.columnCount()):
            item.setToolTip(column, line.tip)
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        item.setFlags(usual | Qt.ItemFlag.ItemIsUserCheckable if line.tickable else usual)
        # A line that cannot be chosen has no box that looks as if it could.
        ticked = Qt.CheckState.Checked if line.ticked else Qt.CheckState.Unchecked
        item.setData(_NAME, Qt.ItemDataRole.CheckStateRole, ticked if line.tickable else None)
        item.setIcon(_NAME, QIcon() if line.tickable else self._blank)
        item.setData(_NAME, Qt.ItemDataRole.AccessibleDescriptionRole, line.tip)

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        place = self.indexOfTopLevelItem(item)
        if column == _NAME and place < len(self._lines):
            self._tick(self._lines[place].id, item.checkState(_NAME) is Qt.CheckState.Checked)
