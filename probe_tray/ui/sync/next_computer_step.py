"""The part of the page that sets up sync in which the code for the next computer is shown."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.setup_code import in_groups
from probe_tray.ui.sync.qr_picture import QrPicture
from probe_tray.ui.sync.setup_steps import SetupStep, push_button
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import say, side_by_side
from probe_tray.view.sync.setup_view import NextComputerView


class NextComputerStep(SetupStep):
    """Shows the code for the next computer, as a picture and as text, once a person asks for it."""

    fetched = Signal(object)
    """The code is wanted by the function that is given with it, which takes a ``Secret``."""

    def __init__(self, theme: Theme, copy: Callable[[Secret], None]) -> None:
        """Show nothing yet; ``copy`` puts the code into the clipboard for a while."""
        super().__init__(theme)
        self._model: NextComputerView | None = None
        self._put = copy
        self._copied = False
        self.picture = QrPicture(theme)
        # No sentence, whose last words would stay together.
        self.written = QLabel()
        self.written.setTextFormat(Qt.TextFormat.PlainText)
        self.written.setWordWrap(True)
        self.written.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.written.hide()
        self._said = self.note()
        self.show_code, self.copy = push_button(), push_button()
        self.show_code.clicked.connect(self._toggle)
        self.copy.clicked.connect(lambda: self.fetched.emit(self._hand_out))
        self.rows.addLayout(side_by_side(theme, self.show_code, self.copy, None))
        self.rows.addWidget(self._said)
        beside = QVBoxLayout()
        beside.addWidget(self.written)
        beside.addStretch(1)
        shown = QHBoxLayout()
        shown.setSpacing(theme.px(14))
        shown.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        shown.addLayout(beside, 1)
        self.rows.addLayout(shown)

    @property
    def is_shown(self) -> bool:
        """Whether the code can be seen."""
        return not self.picture.isHidden()

    def show_model(self, model: NextComputerView, *, complete: bool) -> None:
        """Show this; ``complete``: there is all that the code needs."""
        self._model = model
        self.head(model.heading, model.text)
        self.copy.setText(model.copy)
        self.picture.setAccessibleName(model.picture)
        self.written.setAccessibleDescription(model.written)
        for button in (self.show_code, self.copy):
            button.setEnabled(complete)
        self._name()

    def start(self) -> None:
        """Show nothing any more, and hold nothing."""
        self._copied = False
        self.picture.forget()
        self.written.setText("")
        self.written.hide()
        self._name()

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        self.written.setFont(self._theme.fixed_font(13))

    def _toggle(self) -> None:
        if self.is_shown:
            self.start()
        else:
            self.fetched.emit(self._reveal)

    def _reveal(self, code: Secret) -> None:
        self.picture.show_code(code)
        self.written.setText(in_groups(code).reveal())
        self.written.show()
        self._name()

    def _hand_out(self, code: Secret) -> None:
        self._put(code)
        self._copied = True
        self._name()

    def _name(self) -> None:
        if self._model is not None:
            self.show_code.setText(self._model.hide if self.is_shown else self._model.show)
            say(self._said, self._model.copied if self._copied else "")
