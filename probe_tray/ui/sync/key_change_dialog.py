"""The window in which the key of the shared table is changed."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from probe_tray.core.account.secret import Secret
from probe_tray.ui.accessibility import describe
from probe_tray.ui.sync.next_computer_step import NextComputerStep
from probe_tray.ui.sync.setup_steps import push_button
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import TaskDialog
from probe_tray.ui.widgets import foot, last_row, say, scroll_area, side_by_side, style_foot, words
from probe_tray.view.sync.key_change_view import KeyChangeView

_WIDTH, _HEIGHT = 600, 660
_SHORT = 210
"""Its height while there is no code in it."""


class KeyChangeActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    copy_secret: Callable[[Secret], None]
    begin: Callable[[], None]
    end: Callable[[], None]
    """Asks first. Likewise ``replace``."""
    replace: Callable[[], None]
    check: Callable[[], None]


class KeyChangeDialog(TaskDialog):
    """Shows how far a change of the key is; closing it changes nothing about that."""

    key_fetched = Signal(object)
    """The new key is wanted by the function that is given with it, which takes a ``Secret``."""

    def __init__(self, theme: Theme, actions: KeyChangeActions) -> None:
        """Make the window; fill it with :meth:`show_model`."""
        super().__init__(theme, "key-change")
        self._actions = actions
        self._model: KeyChangeView | None = None
        self._copied = False
        self.code = NextComputerStep(theme, actions.copy_secret)
        self.code.hide()
        self._said, self._advice = words(wrap=True), words(wrap=True)
        self._computers_title, self._computers = words(wrap=True), words(wrap=True)
        self._note, self._key_copied = words(wrap=True), words(wrap=True)
        self._copy_key, self._check = push_button(), push_button()
        self._replace, self._begin, self._end, self._close = (QPushButton(self) for _ in range(4))
        for button in (self._replace, self._begin, self._end, self._close):
            button.setAutoDefault(False)
        self._copy_key.clicked.connect(lambda: self.key_fetched.emit(self._hand_out))
        self._check.clicked.connect(actions.check)
        self._replace.clicked.connect(actions.replace)
        self._begin.clicked.connect(actions.begin)
        self._end.clicked.connect(actions.end)
        self._close.clicked.connect(self.close)
        self._arrange()
        self.apply_theme()
        self.open_at(_WIDTH, _SHORT)

    def show_model(self, model: KeyChangeView) -> None:
        """Show this, in place of what was shown."""
        self._model = model
        self.setWindowTitle(model.window_title)
        self.head(model.title, model.text)
        self.show_progress(0, 0, busy=model.busy)
        if self.code.isHidden() and model.code is not None and self.height() < self._theme.px(_HEIGHT):
            self.open_at(_WIDTH, _HEIGHT)
        self.code.setVisible(model.code is not None)
        if model.code is not None:
            self.code.show_model(model.code, complete=True)
        else:
            self.code.start()
        for label, text in (
            (self._said, model.said),
            (self._advice, model.advice),
            (self._computers_title, model.computers_title),
            (self._computers, model.computers),
            (self._note, model.computers_note),
            (self._key_copied, model.key_copied if self._copied and model.copy_key else ""),
            (self._copy_key, model.copy_key),
            (self._check, model.check),
            (self._replace, model.replace),
            (self._begin, model.begin),
            (self._end, model.end),
            (self._close, model.close),
        ):
            say(label, text)
        describe(self, model.text)

    def hideEvent(self, event: QHideEvent) -> None:
        """Show and hold no code any more."""
        super().hideEvent(event)
        if not event.spontaneous():
            self._copied = False
            self.code.start()
            # Whoever opens it next begins at its top.
            self._scroll.verticalScrollBar().setValue(0)

    def _hand_out(self, key: Secret) -> None:
        self._actions.copy_secret(key)
        self._copied = True
        if self._model is not None:
            say(self._key_copied, self._model.key_copied)

    def _arrange(self) -> None:
        px = self._theme.px
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(px(20), px(18), px(20), px(8))
        rows.setSpacing(px(8))
        for part in (self._title, self._text, self._progress, self._said, self._advice):
            rows.addWidget(part)
        rows.addSpacing(px(6))
        rows.addWidget(self.code)
        for part in (self._computers_title, self._computers, self._note):
            rows.addWidget(part)
        rows.addLayout(side_by_side(self._theme, self._check, self._copy_key, None))
        rows.addWidget(self._key_copied)
        rows.addStretch(1)
        self._foot = foot(self._theme, last_row(self._theme, (self._replace,), (self._begin, self._end), self._close))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self._scroll = scroll_area(page)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._foot)
        # The window opens with the keyboard on a button, not on the page that it may scroll.
        self.setTabOrder(self._close, self._scroll)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme, colours = self._theme, self._theme.tokens
        self.code.apply_theme()
        style_foot(self._foot, theme)
        self._computers_title.setFont(theme.font(14, strong=True))
        self._computers.setFont(theme.font(12.5))
        for label in (self._said, self._advice, self._note, self._key_copied):
            label.setFont(theme.font(12))
            label.setStyleSheet(f"color: {colours.secondary}")
        self._said.setStyleSheet(f"color: {colours.critical_text}")
