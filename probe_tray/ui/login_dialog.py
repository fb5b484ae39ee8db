"""The small window of a login: what is waited for, and the ways out. It never blocks anything else."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from probe_tray.core.identity import AccountKey
from probe_tray.ui.icon import IconPainter, card_ink
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.models import IconLook, LoginView

_WAITING, _FAILED = IconLook(weekly=25), IconLook(badge=True)
_PICTURE, _WIDTH = 32, 400


class LoginActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    open_again: Callable[[], None]
    copy_address: Callable[[], None]
    log_in_again: Callable[[AccountKey | None], None]
    cancel: Callable[[], None]


class LoginDialog(QDialog):
    """Shown while there is something to say of a login; closing it cancels."""

    def __init__(self, theme: Theme, icons: IconPainter, actions: LoginActions) -> None:
        """Make the window; it shows itself when there is something to show."""
        super().__init__(None, Qt.WindowType.Window)
        self.setModal(False)
        self.setObjectName("login")
        self._theme = theme
        self._icons = icons
        self._actions = actions
        self._model: LoginView | None = None
        self._picture = QLabel()
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._open, self._copy, self._again, self._cancel = (QPushButton(self) for _ in range(4))
        self._open.clicked.connect(actions.open_again)
        self._copy.clicked.connect(actions.copy_address)
        self._again.clicked.connect(self._log_in_again)
        self._cancel.clicked.connect(self.reject)
        for button in (self._open, self._copy, self._again, self._cancel):
            button.setAutoDefault(False)
        self._arrange()
        theme.changed.connect(self._dress)
        self._dress()

    def show_model(self, model: LoginView | None) -> None:
        """Show this, or nothing any more."""
        before, self._model = self._model, model
        if model is None:
            self.hide()
            return
        self.setWindowTitle(model.window_title)
        self._title.setText(model.title)
        self._text.setText(model.text)
        for button, text in (
            (self._open, model.open_again),
            (self._copy, model.copy_address),
            (self._again, model.log_in_again),
            (self._cancel, model.cancel),
        ):
            button.setText(text)
            button.setVisible(bool(text))
        self._again.setDefault(bool(model.log_in_again))
        self._draw()
        if before is None or before.failed != model.failed or before.title != model.title:
            self._fit()
        if before is None:
            self.show()
            self.raise_()
            # Only a shown window has the sizes that its style gives it.
            self._fit()

    def reject(self) -> None:
        """Cancel what runs, put away what failed: for Esc, the button and the window's own cross."""
        model, self._model = self._model, None
        super().reject()
        if model is not None:
            self._actions.cancel()

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the system's font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._dress()

    def _arrange(self) -> None:
        px = self._theme.px
        text = QVBoxLayout()
        text.setSpacing(px(4))
        text.addWidget(self._title)
        text.addWidget(self._text)
        text.addSpacing(px(10))
        buttons = QHBoxLayout()
        buttons.setSpacing(px(8))
        for button in (self._open, self._copy):
            buttons.addWidget(button)
        buttons.addStretch(1)
        text.addLayout(buttons)
        top = QHBoxLayout()
        top.setSpacing(px(14))
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(text, 1)
        bottom = QHBoxLayout()
        bottom.setSpacing(px(8))
        bottom.addStretch(1)
        bottom.addWidget(self._again)
        bottom.addWidget(self._cancel)
        self._whole = whole = QVBoxLayout(self)
        whole.setContentsMargins(px(20), px(20), px(16), px(14))
        whole.setSpacing(px(14))
        whole.addLayout(top, 1)
        whole.addLayout(bottom)

    def _dress(self) -> None:
        theme = self._theme
        theme.dress(self)
        self._title.setFont(theme.font(15, strong=True))
        self._text.setFont(theme.font(12.5, figures=True))
        self._text.setStyleSheet(f"color: {theme.tokens.secondary}")
        self._draw()
        self._fit()

    def _draw(self) -> None:
        look = _FAILED if self._model is not None and self._model.failed else _WAITING
        size = self._theme.px(_PICTURE)
        self._picture.setPixmap(self._icons.pixmap(look, card_ink(self._theme.tokens), size, self.devicePixelRatioF()))

    def _fit(self) -> None:
        width = self._theme.px(_WIDTH)
        layout = self._whole
        self.setFixedSize(QSize(width, max(layout.heightForWidth(width), layout.minimumSize().height())))

    def _log_in_again(self) -> None:
        if self._model is not None:
            self._actions.log_in_again(self._model.account)
