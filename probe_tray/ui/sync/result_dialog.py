"""The window of a sync: how far it is, and what became of each account."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from probe_tray.ui.accessibility import describe
from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.import_table import WrappingDelegate
from probe_tray.ui.widgets import words
from probe_tray.view.sync.sync_view import SyncResultView, SyncRow
from probe_tray.view.view_models import Tone

_WIDTH, _HEIGHT = 640, 460
_WHO, _SAID = range(2)


class SyncResultActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    again: Callable[[], None]
    overwrite: Callable[[SyncRow], None]
    overwrite_all: Callable[[], None]
    """Both ask first."""


class SyncResultDialog(QDialog):
    """Shows a sync; closing it changes nothing about that."""

    def __init__(self, theme: Theme, actions: SyncResultActions) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(None, Qt.WindowType.Window)
        self.setModal(False)
        self.setObjectName("sync-result")
        self._theme = theme
        self._actions = actions
        self._model: SyncResultView | None = None
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._progress = QProgressBar(self)
        self._progress.setTextVisible(False)
        self.tree = QTreeWidget(self)
        self.tree.setColumnCount(2)
        self.tree.setWordWrap(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.header().setSectionsMovable(False)
        self.tree.header().setStretchLastSection(True)
        WrappingDelegate(self.tree, theme, _SAID)
        self.tree.itemSelectionChanged.connect(self._selected)
        self.overwrite, self.again, self._close = (QPushButton(self) for _ in range(3))
        self.overwrite.clicked.connect(self._ask)
        self.again.clicked.connect(actions.again)
        self._close.clicked.connect(self.close)
        for button in (self.overwrite, self.again, self._close):
            button.setAutoDefault(False)
        self._arrange()
        theme.changed.connect(self._dress)
        self._dress()
        self.resize(fitting(self, QSize(theme.px(_WIDTH), theme.px(_HEIGHT))))

    def show_model(self, model: SyncResultView) -> None:
        """Show this, in place of what was shown."""
        same = self._model is not None and self._model.rows == model.rows
        self._model = model
        self.setWindowTitle(model.window_title)
        self._title.setText(model.title)
        self._text.setText(model.text)
        self._progress.setRange(0, model.total)
        self._progress.setValue(model.done)
        self._progress.setVisible(model.running)
        self._progress.setAccessibleName(model.title)
        self.tree.setHeaderLabels(model.columns)
        self.tree.setAccessibleName(model.window_title)
        self.tree.setVisible(bool(model.rows))
        self.overwrite.setText(model.overwrite_all or model.overwrite)
        self.overwrite.setVisible(bool(model.overwrite_all) or any(row.overwritable for row in model.rows))
        self.again.setText(model.again)
        self.again.setVisible(bool(model.again))
        self._close.setText(model.close)
        if not same:
            self._fill(model.rows)
        self._ink()
        self._selected()
        describe(self, model.text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width between the columns."""
        super().resizeEvent(event)
        self._share()

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._dress()

    def _fill(self, rows: tuple[SyncRow, ...]) -> None:
        self.tree.clear()
        for row in rows:
            item = QTreeWidgetItem(self.tree, [row.who, f"{row.said} {row.advice}".strip()])
            item.setToolTip(_WHO, row.who)
            for column in (_WHO, _SAID):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        first = self.tree.topLevelItem(0)
        if first is not None:
            self.tree.setCurrentItem(first)

    def _ink(self) -> None:
        colours = self._theme.tokens
        ink = {
            Tone.CALM: colours.good,
            Tone.WARNING: colours.warning_text,
            Tone.CRITICAL: colours.critical_text,
            None: colours.secondary,
        }
        model = self._model
        for place, row in enumerate(() if model is None else model.rows):
            item = self.tree.topLevelItem(place)
            if item is not None:
                item.setForeground(_SAID, QBrush(QColor(ink[row.tone])))
        tone = None if model is None else model.tone
        self._title.setStyleSheet("" if tone is not Tone.CRITICAL else f"color: {ink[tone]}")
        self._text.setStyleSheet(f"color: {colours.secondary}")

    def _chosen(self) -> SyncRow | None:
        item = self.tree.currentItem()
        place = -1 if item is None else self.tree.indexOfTopLevelItem(item)
        return self._model.rows[place] if self._model is not None and place >= 0 else None

    def _selected(self) -> None:
        row = self._chosen()
        everything = self._model is not None and bool(self._model.overwrite_all)
        self.overwrite.setEnabled(everything or (row is not None and row.overwritable))

    def _ask(self) -> None:
        row = self._chosen()
        if row is not None:
            self._actions.overwrite(row)
        else:
            self._actions.overwrite_all()

    def _arrange(self) -> None:
        px = self._theme.px
        buttons = QHBoxLayout()
        buttons.setSpacing(px(8))
        buttons.addWidget(self.overwrite)
        buttons.addStretch(1)
        for button in (self.again, self._close):
            buttons.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(px(20), px(18), px(20), px(14))
        whole.setSpacing(px(10))
        for part in (self._title, self._text, self._progress):
            whole.addWidget(part)
        whole.addWidget(self.tree, 100)
        whole.addStretch(1)
        whole.addLayout(buttons)

    def _dress(self) -> None:
        theme, c, px = self._theme, self._theme.tokens, self._theme.px
        theme.dress(self)
        self.setStyleSheet(
            self.styleSheet()
            + f"""
            QProgressBar {{ background: {c.track}; border: none; border-radius: {px(3)}px; max-height: {px(6)}px; }}
            QProgressBar::chunk {{ background: {c.accent}; border-radius: {px(3)}px; }}
            QTreeWidget {{ background: {c.card}; border: 1px solid {c.line}; border-radius: {px(8)}px;
                padding: {px(4)}px; }}
            QHeaderView::section {{ background: {c.card}; color: {c.secondary}; border: none; padding: {px(4)}px; }}
            """
        )
        self._title.setFont(theme.font(15, strong=True))
        self._text.setFont(theme.font(12.5))
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._share()
        self._ink()

    def _share(self) -> None:
        """Leave most of a narrow window to the sentences."""
        self.tree.header().resizeSection(_WHO, min(self._theme.px(190), self.width() * 3 // 10))
