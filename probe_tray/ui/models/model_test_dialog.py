"""The window of a test of models: how far it is, and what each model of each account answered."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import Qt

from probe_tray.ui.accessibility import describe
from probe_tray.ui.theme import Theme
from probe_tray.ui.tree_dialog import TreeDialog
from probe_tray.ui.widgets import say
from probe_tray.view.models.model_test import ModelTestView, TriedAccount

_WIDTH, _HEIGHT = 680, 480
_MODEL, _LATENCY, _SAID = range(3)
_OPENED = 4
"""So many accounts show their models from the start; more are opened by hand."""


class ModelTestActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    stop: Callable[[], None]
    again: Callable[[], None]


class ModelTestDialog(TreeDialog):
    """Shows a run."""

    def __init__(self, theme: Theme, actions: ModelTestActions) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(theme, "model-test", columns=3)
        # Which of two long names it is, its end tells as well as its beginning.
        self._tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._stop, self._again, self._close = map(self.button, (actions.stop, actions.again, self.close))
        self.lay_out((), (self._stop, self._again), self._close)
        self.apply_theme()
        self.open_at(_WIDTH, _HEIGHT)

    def show_model(self, model: ModelTestView) -> None:
        """Show this, in place of what was shown."""
        self.setWindowTitle(model.window_title)
        self.head(model.title, model.text)
        self.show_progress(model.done, max(model.total, 1), busy=bool(model.stop))
        self._tree.setHeaderLabels(model.columns)
        self._fit_columns()
        for button, text in ((self._stop, model.stop), (self._again, model.again), (self._close, model.close)):
            say(button, text)
        self._fill(model.accounts)
        self._tree.setAccessibleName(model.title)
        describe(self, f"{model.title}. {model.text}")

    def _fill(self, accounts: tuple[TriedAccount, ...]) -> None:
        root = self._tree.invisibleRootItem()
        self._tree.shorten(root, len(accounts))
        for number, account in enumerate(accounts):
            item = self._tree.line(root, number)
            if item.text(_MODEL) != account.name:
                item.setFont(_MODEL, self._theme.font(strong=True))
                item.setToolTip(_MODEL, account.name)
                item.setExpanded(len(accounts) <= _OPENED)
            self._tree.write(item, (account.name, "", account.said), account.tone)
            self._tree.shorten(item, len(account.rows))
            for place, row in enumerate(account.rows):
                line = self._tree.line(item, place)
                self._tree.write(line, (row.model, row.latency, row.said), row.tone)
                line.setToolTip(_SAID, row.told or row.said)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        self._fit_columns()

    def _fit_columns(self) -> None:
        header = self._tree.header()
        for column, least in ((_MODEL, 200), (_LATENCY, 90)):
            header.resizeSection(column, max(self._theme.px(least), header.sectionSizeHint(column)))
