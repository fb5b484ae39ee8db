"""The small window of a login: what is waited for, and the ways out. It never blocks anything else."""

from collections.abc import Callable
from itertools import pairwise
from typing import final

import msgspec
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.state import Way
from probe_tray.ui.accessibility import describe
from probe_tray.ui.placement import free_area, inside
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import ThemedDialog
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.widgets import ConfirmingButton, last_row, say, words
from probe_tray.view.view_models import IconLook, LoginView, PasteField


@final
class PasteRow(QWidget):
    """Takes what is pasted, hands it on, and keeps nothing of it."""

    def __init__(self, theme: Theme, send: Callable[[Secret], None]) -> None:
        """Hand what was pasted to ``send``."""
        super().__init__()
        self._theme = theme
        self._send = send
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._field = QLineEdit()
        self._button = QPushButton(self)
        self._problem = words(wrap=True)
        self._label.setBuddy(self._field)
        # Keyboards on a screen learn what is typed, unless they are asked not to.
        hints = Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        self._field.setInputMethodHints(hints | Qt.InputMethodHint.ImhNoAutoUppercase)
        self._field.returnPressed.connect(self._hand_over)
        self._button.clicked.connect(self._hand_over)
        self._button.setAutoDefault(False)
        self._arrange()

    @property
    def stops(self) -> tuple[QWidget, QWidget]:
        """What the keyboard reaches, in this order."""
        return self._field, self._button

    def show_model(self, model: PasteField) -> None:
        """Show what it is for, and what was wrong with the last address."""
        self._label.setText(model.label)
        self._field.setAccessibleName(model.label)
        self._field.setAccessibleDescription(model.problem)
        self._button.setText(model.button)
        changed = self._problem.text() != model.problem
        self._problem.setText(model.problem)
        self._problem.setVisible(bool(model.problem))
        if changed and model.problem:
            QAccessible.updateAccessibility(QAccessibleEvent(self._problem, QAccessible.Event.Alert))

    def begin(self) -> None:
        """Let the person type or paste at once."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Keep nothing of what was pasted, in the field or among what can be undone."""
        self._field.setText("")

    def apply_theme(self) -> None:
        """Take the theme's colours and fonts."""
        theme = self._theme
        for label in (self._label, self._problem):
            label.setFont(theme.font(12.5))
        self._label.setStyleSheet(f"color: {theme.tokens.secondary}")
        self._problem.setStyleSheet(f"color: {theme.tokens.warning_text}")

    def _hand_over(self) -> None:
        text = Secret(self._field.text())
        self.forget()
        self.begin()
        if text.reveal().strip():
            self._send(text)

    def _arrange(self) -> None:
        px = self._theme.px
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addWidget(self._field, 1)
        row.addWidget(self._button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, px(2), 0, px(6))
        whole.setSpacing(px(4))
        whole.addWidget(self._label)
        whole.addLayout(row)
        whole.addWidget(self._problem)


_WAITING, _FAILED = IconLook(weekly=25), IconLook(badge=True)
_PICTURE, _WIDTH, _MARGIN = 32, 400, 20


class LoginActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    open_again: Callable[[], None]
    copy_address: Callable[[], None]
    copy_text: Callable[[str], None]
    log_in: Callable[[AccountKey | None, Way], None]
    paste: Callable[[Secret], None]
    settings: Callable[[], None]
    cancel: Callable[[], None]


class LoginDialog(ThemedDialog):
    """Shown while there is something to say of a login; closing it cancels."""

    def __init__(self, theme: Theme, icons: IconPainter, actions: LoginActions) -> None:
        """Make the window. Whoever has something to say in it opens it."""
        super().__init__(theme, "login")
        self._icons = icons
        self._actions = actions
        self._model: LoginView | None = None
        self._pastes = self._opened = False
        self._confirming = ConfirmingButton(self)
        self._picture = QLabel()
        self._title, self._text, self._other = words(wrap=True), words(wrap=True), words(wrap=True)
        self._code, self._page = _to_be_copied(), _to_be_copied()
        self._line, self._foot = QFrame(), QFrame()
        self._open = self.button(self._open_page)
        self._copy_code = self.button(self._hand_out_code)
        self._copy = self.button(self._hand_out_address)
        self._use_browser = self.button(lambda: self._log_in(Way.BROWSER))
        self._use_code = self.button(lambda: self._log_in(Way.CODE))
        self._paste = self.button(self._ask_for_address)
        self._row = PasteRow(theme, actions.paste)
        self._settings = self.button(actions.settings)
        self._again = self.button(lambda: self._log_in(None))
        self._cancel = self.button(self.reject)
        self._arrange()
        self._place_field(first=False)
        self.apply_theme()

    def show_model(self, model: LoginView | None) -> None:
        """Say this once it is open; with nothing to say any more it closes."""
        before, self._model = self._model, model
        if model is None:
            self._stop_pasting()
            self.hide()
            return
        self.setWindowTitle(model.window_title)
        for label, text in (
            (self._title, model.title),
            (self._text, model.text),
            (self._code, model.code),
            (self._page, model.page),
            (self._other, model.other_ways),
        ):
            say(label, text)
        self._line.setVisible(bool(model.other_ways))
        other_stage = before is None or _stage(before) != _stage(model)
        if before is None or other_stage or before.code != model.code:
            # Not with each drawing: one follows the other, and what was copied still stands there.
            self._confirming.end()
        for button, text in self._labels(model):
            self._confirming.label(button, text)
        describe(self, model.text)
        self._again.setDefault(bool(model.log_in_again))
        self._show_field(model)
        self._draw()
        self._fit()
        if other_stage:
            self._focus(model)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the sizes that the style gives a shown window, where it opens again on the screen."""
        super().showEvent(event)
        opened_before, self._opened = self._opened, True
        self._fit(stay=opened_before)

    def reject(self) -> None:
        """Cancel what runs, put away what failed: for Esc, the button and the window's own cross."""
        model, self._model = self._model, None
        self._stop_pasting()
        super().reject()
        if model is not None:
            self._actions.cancel()

    def _labels(self, model: LoginView) -> tuple[tuple[QPushButton, str], ...]:
        return (
            (self._open, model.open_again),
            (self._copy_code, model.copy_code),
            (self._copy, model.copy_address),
            (self._use_browser, model.use_browser),
            (self._use_code, model.use_code),
            (self._paste, model.paste),
            (self._settings, model.settings),
            (self._again, model.log_in_again),
            (self._cancel, model.cancel),
        )

    def _show_field(self, model: LoginView) -> None:
        if model.field is None:
            self._stop_pasting()
            return
        self._pastes = self._pastes or model.field.at_once
        self._row.show_model(model.field)
        self._place_field(first=model.field.at_once)
        self._row.setVisible(self._pastes)
        self._paste.setVisible(bool(model.paste) and not self._pastes)

    def _focus(self, model: LoginView) -> None:
        # Left to Qt, the keyboard would stay on Cancel, the only button while the browser opens.
        if self._pastes:
            self._row.begin()
        elif model.failed:
            self._again.setFocus()
        else:
            (self._open if model.open_again else self._cancel).setFocus()

    def _place_field(self, *, first: bool) -> None:
        """The main thing stands ``first``, before the other ways; asked for as one of them, it opens below them."""
        self._column.removeWidget(self._row)
        self._column.insertWidget(self._column.indexOf(self._line) if first else -1, self._row)
        others = (self._use_browser, self._use_code, self._paste)
        middle = (*self._row.stops, *others) if first else (*others, *self._row.stops)
        stops = (self._page, self._code, self._open, self._copy_code, self._copy, *middle, self._settings)
        for one, next_one in pairwise((*stops, self._again, self._cancel)):
            self.setTabOrder(one, next_one)

    def _stop_pasting(self) -> None:
        self._pastes = False
        self._row.forget()
        self._row.hide()

    def _arrange(self) -> None:
        px = self._theme.px
        self._column = text = QVBoxLayout()
        text.setSpacing(px(5))
        for label in (self._title, self._text, self._page, self._code):
            text.addWidget(label)
        text.addSpacing(px(8))
        text.addLayout(self._side_by_side(self._open, self._copy_code, self._copy))
        text.addSpacing(px(8))
        text.addWidget(self._line)
        text.addWidget(self._other)
        text.addLayout(self._side_by_side(self._use_browser, self._use_code, self._paste))
        top = QHBoxLayout()
        top.setContentsMargins(px(_MARGIN), px(_MARGIN), px(_MARGIN), 0)
        top.setSpacing(px(14))
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(text, 1)
        bottom = last_row(self._theme, (), (self._settings, self._again), self._cancel)
        bottom.setContentsMargins(px(_MARGIN), 0, px(16), px(10))
        self._whole = whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(px(10))
        whole.addLayout(top, 1)
        whole.addWidget(self._foot)
        whole.addLayout(bottom)

    def _side_by_side(self, *buttons: QPushButton) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._theme.px(8))
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        return row

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme = self._theme
        self._title.setFont(theme.font(15, strong=True))
        self._code.setFont(theme.fixed_font(22, strong=True))
        for label in (self._text, self._page, self._other):
            label.setFont(theme.font(12.5, figures=True))
        for label in (self._text, self._other):
            label.setStyleSheet(f"color: {theme.tokens.secondary}")
        for line in (self._line, self._foot):
            line.setFixedHeight(1)
            line.setStyleSheet(f"background: {theme.tokens.line}; border: none")
        self._row.apply_theme()
        self._draw()
        self._fit()

    def _draw(self) -> None:
        look = _FAILED if self._model is not None and self._model.failed else _WAITING
        size = self._theme.px(_PICTURE)
        self._picture.setPixmap(self._icons.pixmap(look, card_ink(self._theme.tokens), size, self.devicePixelRatioF()))

    def _fit(self, *, stay: bool = False) -> None:
        layout = self._whole
        # What was shown or hidden just now counts only in layouts that were told to look again, down to the innermost.
        layout.invalidate()
        layout.activate()
        smallest = layout.minimumSize()
        width = max(self._theme.px(_WIDTH), smallest.width())
        size = QSize(width, max(layout.heightForWidth(width), smallest.height()))
        edges = self.frameSize() - self.size()
        stay = stay or (self.isVisible() and size != self.size())
        self.setFixedSize(size)
        if stay:
            self.move(inside(QRect(self.pos(), size + edges), free_area(self.screen())))

    def _ask_for_address(self) -> None:
        if self._model is None or self._model.field is None:
            # Nothing waits that could take an address: a login that does is begun.
            self._log_in(Way.PASTE)
            return
        self._pastes = True
        self._show_field(self._model)
        self._fit()
        self._row.begin()

    def _open_page(self) -> None:
        if self._model is not None and self._model.code:
            # The page asks for it first.
            self._hand_out_code()
        self._actions.open_again()

    def _hand_out_code(self) -> None:
        if self._model is not None:
            self._actions.copy_text(self._model.code)
            self._confirming.confirm(self._copy_code, self._model.copied)

    def _hand_out_address(self) -> None:
        self._actions.copy_address()
        if self._model is not None:
            self._confirming.confirm(self._copy, self._model.copied)

    def _log_in(self, way: Way | None) -> None:
        """Begin a login for the same account; None: by the same way as before."""
        if self._model is not None:
            self._actions.log_in(self._model.account, way or self._model.way)


def _stage(model: LoginView) -> tuple[Way, bool, str]:
    """What is the same as long as the same is asked of the person."""
    return model.way, model.failed, model.open_again


def _to_be_copied() -> QLabel:
    label = words(wrap=True)
    flags = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    label.setTextInteractionFlags(flags)
    return label
