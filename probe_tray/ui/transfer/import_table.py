"""The table of an import: one row for each login that was found, with a box where it can be taken."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPalette, QPixmap, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeWidget, QTreeWidgetItem

from probe_tray.core.transfer.state import RowId
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import elided
from probe_tray.ui.wrapping_tree import WrappingTree
from probe_tray.view.transfer.import_view import ImportLine

_NAME, _ENDS = range(2)
_MOST = 0.66
_WIDTHS = ((_NAME, 360), (_ENDS, 100))
_DETAIL = Qt.ItemDataRole.UserRole
_BOX = 14
"""The inside of a box in pixels of the design, as in the style of controls."""
_BROKEN = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere


_Index = QModelIndex | QPersistentModelIndex


class ImportTable(WrappingTree):
    """Lines that are changed in place."""

    def __init__(self, theme: Theme, tick: Callable[[RowId, bool], None]) -> None:
        """``tick`` hears of the boxes that a person ticks and unticks."""
        super().__init__(theme, columns=3, place=Qt.AlignmentFlag.AlignVCenter)
        self._tick = tick
        self._lines: tuple[ImportLine, ...] = ()
        self._blank = QIcon()
        self.setRootIsDecorated(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        # What is dropped is for the window.
        self.setAcceptDrops(False)
        self.setItemDelegateForColumn(_NAME, _AccountDelegate(self, theme))
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
        # What is above the names begins where they do.
        self.setStyleSheet(f"{self.styleSheet()} QHeaderView::section:first {{ padding-left: {self.beside()}px; }}")
        # As wide as a box, so that names stand below each other.
        box = self.box()
        blank = QPixmap(box, box)
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)
        self.setIconSize(QSize(box, box))
        self._share_width()
        lines, self._lines = self._lines, ()
        self.show_lines(lines)

    def box(self) -> int:
        """The width of a box. The metrics of the style leave out what its style sheet says of a box in a list."""
        style = self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth, None, self)
        return max(style, self._theme.px(_BOX) + 2) if self._theme.flat else style

    def beside(self) -> int:
        """Where names begin: beside the box, whose place is the same in every row."""
        return self.box() + self._theme.px(12)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width."""
        super().resizeEvent(event)
        self._share_width()

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a row, and a thin line below it."""
        super().drawRow(painter, option, index)
        painter.fillRect(QRect(0, option.rect.bottom(), self.viewport().width(), 1), QColor(self._theme.tokens.line))

    def _share_width(self) -> None:
        # What happens is what counts: in a narrow window the other columns give way.
        wanted = [self._theme.px(width) for _, width in _WIDTHS]
        share = min(1.0, self.viewport().width() * _MOST / sum(wanted))
        for (column, _), width in zip(_WIDTHS, wanted, strict=True):
            self.header().resizeSection(column, round(width * share))

    def _write(self, item: QTreeWidgetItem, line: ImportLine) -> None:
        self.write(item, (line.name, line.ends, line.said), line.tone)
        item.setData(_NAME, _DETAIL, line.detail)
        item.setData(_NAME, Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, (line.name, line.detail))))
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


class _AccountDelegate(QStyledItemDelegate):
    """Draws the name of an account, broken where it is long, and below it where the login was found."""

    def __init__(self, table: ImportTable, theme: Theme) -> None:
        """Draw in the first column of ``table``, which keeps this object."""
        super().__init__(table)
        self._table, self._theme = table, theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw the box and the ground as the style does, and the two texts over them."""
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        name, detail = _texts(index)
        style = self._table.style()
        shown.text = ""
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, shown, painter, self._table)
        area = QRect(option.rect)
        area.adjust(self._table.beside(), 0, -self._theme.px(4), 0)
        # In the middle, as the other columns: what happened may be longer than a name.
        area.setTop(area.top() + max((area.height() - self._text_height(shown, index, area.width())) // 2, 0))
        selected = bool(shown.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        ink = shown.palette.color(role)
        painter.save()
        painter.setFont(shown.font)
        painter.setPen(ink)
        painter.drawText(area, _BROKEN, name)
        area.setTop(area.top() + self._height(QFontMetrics(shown.font), name, area.width()))
        painter.setFont(self._theme.font(12))
        painter.setPen(ink if selected else QColor(self._theme.tokens.secondary))
        metrics = QFontMetrics(self._theme.font(12))
        painter.drawText(area, 0, elided(metrics, detail, Qt.TextElideMode.ElideMiddle, area.width()))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Both texts in the column's present width."""
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        high = self._text_height(
            shown, index, self._table.columnWidth(_NAME) - self._table.beside() - self._theme.px(4)
        )
        return QSize(super().sizeHint(option, index).width(), high + self._theme.px(13))

    def _text_height(self, shown: QStyleOptionViewItem, index: _Index, width: int) -> int:
        name, detail = _texts(index)
        low = QFontMetrics(self._theme.font(12)).height() if detail else 0
        return self._height(QFontMetrics(shown.font), name, width) + low

    @staticmethod
    def _height(metrics: QFontMetrics, text: str, width: int) -> int:
        return max(metrics.boundingRect(QRect(0, 0, max(width, 1), 10_000), _BROKEN, text).height(), metrics.height())


def _texts(index: _Index) -> tuple[str, str]:
    return str(index.data(Qt.ItemDataRole.DisplayRole) or ""), str(index.data(_DETAIL) or "")
