"""The window of a test of models: how far it is, and what each model of each account answered."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QBrush, QColor
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
from probe_tray.view.models.model_test import ModelTestView, TriedAccount, TriedModel
from probe_tray.view.view_models import Tone

_WIDTH, _HEIGHT = 680, 480
_MODEL, _LATENCY, _SAID = range(3)
_OPENED = 4
"""So many accounts show their models from the start; more are opened by hand."""


class ModelTestActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    stop: Callable[[], None]
    again: Callable[[], None]


class ModelTestDialog(QDialog):
    """Shows a run; closing it changes nothing about that."""

    def __init__(self, theme: Theme, actions: ModelTestActions) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(None, Qt.WindowType.Window)
        self.setModal(False)
        self.setObjectName("model-test")
        self._theme = theme
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._progress = QProgressBar(self)
        self._progress.setTextVisible(False)
        self._tree = QTreeWidget(self)
        self._tree.setColumnCount(3)
        self._tree.setWordWrap(True)
        self._tree.setAllColumnsShowFocus(True)
        WrappingDelegate(self._tree, theme, _SAID)
        self._tree.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.header().setSectionsMovable(False)
        self._tree.header().setStretchLastSection(True)
        self._stop, self._again, self._close = (QPushButton(self) for _ in range(3))
        self._stop.clicked.connect(actions.stop)
        self._again.clicked.connect(actions.again)
        self._close.clicked.connect(self.close)
        for button in (self._stop, self._again, self._close):
            button.setAutoDefault(False)
        self._arrange()
        theme.changed.connect(self._dress)
        self._dress()
        self.resize(fitting(self, QSize(theme.px(_WIDTH), theme.px(_HEIGHT))))

    def show_model(self, model: ModelTestView) -> None:
        """Show this, in place of what was shown."""
        self.setWindowTitle(model.window_title)
        self._title.setText(model.title)
        self._text.setText(model.text)
        self._progress.setRange(0, max(model.total, 1))
        self._progress.setValue(model.done)
        self._progress.setVisible(bool(model.stop))
        self._progress.setAccessibleName(model.title)
        self._tree.setHeaderLabels(model.columns)
        self._tree.setAccessibleName(model.window_title)
        for button, text in ((self._stop, model.stop), (self._again, model.again), (self._close, model.close)):
            button.setText(text)
            button.setVisible(bool(text))
        self._fill(model.accounts)
        self._tree.setAccessibleName(model.title)
        describe(self, f"{model.title}. {model.text}")

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._dress()

    def _fill(self, accounts: tuple[TriedAccount, ...]) -> None:
        root = self._tree.invisibleRootItem()
        _shorten(root, len(accounts))
        for number, account in enumerate(accounts):
            item = _child(root, number)
            if item.text(_MODEL) != account.name:
                item.setFont(_MODEL, self._theme.font(strong=True))
                item.setToolTip(_MODEL, account.name)
                item.setExpanded(len(accounts) <= _OPENED)
            self._write(item, (account.name, "", account.said), "", account.tone)
            _shorten(item, len(account.rows))
            for place, row in enumerate(account.rows):
                self._write(_child(item, place), (row.model, row.latency, row.said), _whole(row), row.tone)

    def _write(self, item: QTreeWidgetItem, cells: tuple[str, str, str], tip: str, tone: Tone | None) -> None:
        for column, text in enumerate(cells):
            if item.text(column) != text:
                item.setText(column, text)
        colours = self._theme.tokens
        ink = {
            Tone.CALM: colours.good,
            Tone.WARNING: colours.warning_text,
            Tone.CRITICAL: colours.critical_text,
            None: colours.secondary,
        }[tone]
        item.setForeground(_SAID, QBrush(QColor(ink)))
        item.setForeground(_LATENCY, QBrush(QColor(colours.secondary)))
        item.setToolTip(_SAID, tip)

    def _arrange(self) -> None:
        px = self._theme.px
        buttons = QHBoxLayout()
        buttons.setSpacing(px(8))
        buttons.addStretch(1)
        for button in (self._stop, self._again, self._close):
            buttons.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(px(20), px(18), px(20), px(14))
        whole.setSpacing(px(10))
        for part in (self._title, self._text, self._progress):
            whole.addWidget(part)
        whole.addWidget(self._tree, 1)
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
            QHeaderView::section {{ background: {c.card}; color: {c.secondary}; border: none;
                padding: {px(4)}px {px(4)}px; }}
            """
        )
        self._title.setFont(theme.font(15, strong=True))
        self._text.setFont(theme.font(12.5))
        self._text.setStyleSheet(f"color: {c.secondary}")
        header = self._tree.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.resizeSection(_MODEL, px(200))
        header.resizeSection(_LATENCY, px(90))


def _child(parent: QTreeWidgetItem, place: int) -> QTreeWidgetItem:
    """The line at ``place``, a new one where it is one more than there were."""
    item = parent.child(place)
    if item is None:
        item = QTreeWidgetItem(parent)
        for column in range(3):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return item


def _shorten(parent: QTreeWidgetItem, count: int) -> None:
    for _ in range(count, parent.childCount()):
        parent.takeChild(count)


def _whole(row: TriedModel) -> str:
    return f"{row.said} {row.advice}".strip()
