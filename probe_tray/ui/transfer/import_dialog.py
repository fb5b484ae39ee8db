"""The window that takes logins out of files: ways to bring them, what was found, and what would happen."""

from collections.abc import Callable
from typing import cast

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QLabel, QStackedWidget, QWidget

from probe_tray.core.transfer.state import RowId
from probe_tray.ui.accessibility import describe
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.import_drop import DropActions, DropWatch
from probe_tray.ui.transfer.import_table import ImportTable
from probe_tray.ui.transfer.transfer_dialog import TransferDialog
from probe_tray.ui.widgets import last_row, leave_room, say, show_box, side_by_side, strip_style, words
from probe_tray.view.transfer.import_view import ImportView
from probe_tray.view.view_models import Tone

_WIDTH, _HEIGHT, _LEAST = 820, 480, 160


class ImportCallbacks(msgspec.Struct, frozen=True, kw_only=True):
    """What the window asks for."""

    choose_files: Callable[[], None]
    choose_folder: Callable[[], None]
    paste: Callable[[], None]
    drop: DropActions
    tick: Callable[[RowId, bool], None]
    tick_all: Callable[[bool], None]
    take: Callable[[], None]
    stop: Callable[[], None]
    again: Callable[[], None]
    closed: Callable[[], None]


class ImportDialog(TransferDialog):
    """Shows what was found; it never takes anything itself."""

    def __init__(self, theme: Theme, actions: ImportCallbacks) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(theme, "import", actions.closed)
        self._actions = actions
        self._shown: ImportView | None = None
        self._trouble = words(wrap=True)
        self._files, self._folder = self.button(actions.choose_files), self.button(actions.choose_folder)
        self._paste = self.button(actions.paste)
        self._everything = QCheckBox(self)
        self._tree = ImportTable(theme, actions.tick)
        self._drop = QLabel(self)
        self._drop.setTextFormat(Qt.TextFormat.PlainText)
        self._drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._middle = QStackedWidget(self)
        for page in (self._drop, self._tree):
            self._middle.addWidget(page)
        # Made after the list, since the keyboard walks through them in that order.
        bottom = (actions.again, actions.stop, self.close, actions.take)
        self._again, self._stop, self._close, self._take = map(self.button, bottom)
        self._hovered = False
        self._arrange()
        self._connect()
        DropWatch(self, msgspec.structs.replace(actions.drop, hover=self._hover))
        self.apply_theme()
        self.open_at(_WIDTH, _HEIGHT)

    def show_model(self, model: ImportView) -> None:
        """Show this, in place of what was shown."""
        if model == self._shown:
            return
        could_take, before = self._shown is not None and self._shown.can_take, self._shown
        self._shown = model
        self.setWindowTitle(model.window_title)
        self.head(model.title, model.text)
        for part, text in (
            (self._trouble, model.trouble),
            (self._warning, model.warning),
            (self._files, model.choose_files),
            (self._folder, model.choose_folder),
            (self._paste, model.paste),
            (self._again, model.again),
            (self._stop, model.stop),
            (self._take, model.take),
            (self._close, model.close),
        ):
            say(part, text)
        self._take.setEnabled(model.can_take)
        self._take.setDefault(model.can_take)
        show_box(self._everything, model.everything, ticked=model.all_ticked)
        self.show_progress(model.done, model.total, busy=model.busy)
        self._drop.setText(model.drop)
        self._tree.setHeaderLabels(model.columns)
        self._tree.setAccessibleName(model.window_title)
        self._tree.setAccessibleDescription(model.text)
        self._tree.show_lines(model.lines)
        self._middle.setCurrentWidget(self._tree if model.lines else self._drop)
        keyboard = cast("QWidget | None", self.focusWidget())
        if model.can_take and not could_take and keyboard in {None, self._files, self._folder, self._paste}:
            # From what has brought them to what was found, where Return takes it.
            self._tree.setFocus(Qt.FocusReason.OtherFocusReason)
        leave_room(self)
        if model.trouble and (before is None or before.trouble != model.trouble):
            self.bring_into_view(self._trouble)
        describe(self, model.text)

    def _tick_all(self) -> None:
        self._actions.tick_all(self._shown is not None and self._shown.all_ticked is not True)

    def _hover(self, over: bool) -> None:  # noqa: FBT001 - a plain callback
        self._hovered = over
        self._style_drop_area()

    def _connect(self) -> None:
        self._everything.clicked.connect(self._tick_all)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self).activated.connect(self._actions.paste)

    def _arrange(self) -> None:
        end = last_row(self._theme, (self._again,), (self._stop, self._take), self._close)
        upper = self.lay_out(10, self._middle, _LEAST, end)
        upper.addWidget(self._text)
        upper.addLayout(side_by_side(self._theme, self._files, self._folder, self._paste, None))
        upper.addWidget(self._everything)
        upper.addWidget(self._middle, 1)
        for part in (self._trouble, self._warning):
            upper.addWidget(part)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        for strip, tone in ((self._warning, Tone.WARNING), (self._trouble, Tone.CRITICAL)):
            strip.setFont(self._theme.font(12))
            strip.setStyleSheet(strip_style(self._theme, tone))
        self._style_drop_area()
        self._tree.apply_theme()

    def _style_drop_area(self) -> None:
        c, px = self._theme.tokens, self._theme.px
        edge, ground = (c.accent, c.strip_calm) if self._hovered else (c.faint, "transparent")
        self._drop.setFont(self._theme.font(14))
        self._drop.setStyleSheet(
            f"color: {c.secondary}; background: {ground}; border: {px(2)}px dashed {edge}; border-radius: {px(12)}px"
        )
