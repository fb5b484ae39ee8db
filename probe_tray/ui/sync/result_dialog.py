"""The window of a sync: how far it is, and what became of each account."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent

from probe_tray.ui.accessibility import describe
from probe_tray.ui.placement import fitting
from probe_tray.ui.theme import Theme
from probe_tray.ui.tree_dialog import TreeDialog
from probe_tray.ui.widgets import say
from probe_tray.view.sync.sync_view import SyncResultView, SyncRow

_WIDTH, _HEIGHT = 640, 460
_SHORT = 170
"""Its height while it has no list."""
_WHO = 0


class SyncResultActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    again: Callable[[], None]
    overwrite: Callable[[SyncRow], None]
    overwrite_all: Callable[[], None]
    withdraw: Callable[[SyncRow], None]
    allow_open: Callable[[], None]
    """All but the first ask first."""


class SyncResultDialog(TreeDialog):
    """Shows a sync."""

    def __init__(self, theme: Theme, actions: SyncResultActions) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(theme, "sync-result", columns=2)
        self._actions = actions
        self._model: SyncResultView | None = None
        self._left = ("", 0)
        """The row that was chosen last, and its place."""
        self._grown_to: QSize | None = None
        """The size that it was given for a list."""
        self._tree.setRootIsDecorated(False)
        self._tree.hide()
        self._tree.itemSelectionChanged.connect(self._selected)
        self._offered, self._again, self._close = map(self.button, (self._ask, actions.again, self.close))
        self.lay_out((self._offered,), (self._again,), self._close)
        self.apply_theme()
        self.open_at(_WIDTH, _SHORT)

    def show_model(self, model: SyncResultView) -> None:
        """Show this, in place of what was shown."""
        same = self._model is not None and self._model.rows == model.rows
        if (chosen := self._place()) is not None and self._model is not None:
            self._left = self._model.rows[chosen].row_id, chosen
        self._model = model
        self.setWindowTitle(model.window_title)
        self.head(model.title, model.text)
        self.show_progress(model.done, model.total, busy=model.running)
        self._tree.setHeaderLabels(model.columns)
        self._tree.setAccessibleName(model.window_title)
        if self._tree.isHidden() and model.rows and self.height() < self._theme.px(_HEIGHT):
            px = self._theme.px
            self.resize(fitting(self, QSize(max(self.width(), px(_WIDTH)), px(_HEIGHT))))
            self._grown_to = self.size()
        elif self._grown_to == self.size() and not model.rows and not model.running:
            # While it runs the list may come back at once: nothing jumps then. Nor does a size that a person chose.
            self.open_at(_WIDTH, _SHORT)
            self._grown_to = None
        self._tree.setVisible(bool(model.rows))
        say(self._again, model.again)
        self._close.setText(model.close)
        if not same:
            self._tree.clear()
        self._fill()
        if not same:
            self._choose_again()
        self._selected()
        describe(self, model.text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width between the columns."""
        super().resizeEvent(event)
        self._share()

    def _fill(self) -> None:
        model, root = self._model, self._tree.invisibleRootItem()
        for place, row in enumerate(() if model is None else model.rows):
            line = self._tree.line(root, place)
            self._tree.write(line, (row.who, row.told), row.tone)
            line.setToolTip(_WHO, row.who)

    def _place(self) -> int | None:
        """The place of the chosen row."""
        item, rows = self._tree.currentItem(), () if self._model is None else self._model.rows
        place = -1 if item is None else self._tree.indexOfTopLevelItem(item)
        # Qt speaks of a line that is being taken away, too.
        return place if 0 <= place < len(rows) else None

    def _chosen(self) -> SyncRow | None:
        place = self._place()
        return None if place is None or self._model is None else self._model.rows[place]

    def _choose_again(self) -> None:
        """Choose the row that was chosen, else the one that has its place: the person goes on from there."""
        row_id, place = self._left
        rows = () if self._model is None else self._model.rows
        again = next((now for now, row in enumerate(rows) if row_id and row.row_id == row_id), None)
        item = self._tree.topLevelItem(min(place, len(rows) - 1) if again is None else again)
        if item is not None:
            self._tree.setCurrentItem(item)

    def _selected(self) -> None:
        if (model := self._model) is None:
            return
        row = self._chosen()
        overwrites = any(one.overwritable for one in model.rows)
        removes = any(one.removable is not None for one in model.rows)
        of_all = model.overwrite_all or model.allow_open
        if of_all:
            say(self._offered, of_all)
        elif (row is not None and row.removable is not None) or not overwrites:
            say(self._offered, model.withdraw if removes else "")
        else:
            say(self._offered, model.overwrite)
        chosen = row is not None and (row.overwritable or row.removable is not None)
        self._offered.setEnabled(bool(of_all) or chosen)

    def _ask(self) -> None:
        row = self._chosen()
        if self._model is not None and self._model.allow_open:
            self._actions.allow_open()
        elif row is None:
            self._actions.overwrite_all()
        elif row.removable is not None:
            self._actions.withdraw(row)
        else:
            self._actions.overwrite(row)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        self._share()
        self._fill()

    def _share(self) -> None:
        """Leave most of a narrow window to the sentences."""
        self._tree.header().resizeSection(_WHO, min(self._theme.px(190), self.width() * 3 // 10))
