"""In the settings window: how sync stands, what came of the last one, and the way to its windows."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import say, words
from probe_tray.view.sync.sync_view import SyncBoxView
from probe_tray.view.view_models import Tone


class SyncBox(QWidget):
    """Shows a :class:`SyncBoxView`; what its buttons want done is for others."""

    set_up_wanted = Signal()
    sync_wanted = Signal()
    result_wanted = Signal()
    key_change_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        """Show nothing yet."""
        super().__init__()
        self._theme = theme
        self._tone: Tone | None = None
        self._said, self._advice, self._last = (words(wrap=True) for _ in range(3))
        self.set_up, self.sync_now, self.result = QPushButton(self), QPushButton(self), QPushButton(self)
        self.key_change = QPushButton(self)
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        for button, wanted in (
            (self.key_change, self.key_change_wanted),
            (self.set_up, self.set_up_wanted),
            (self.sync_now, self.sync_wanted),
            (self.result, self.result_wanted),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(wanted)
            row.addWidget(button)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.px(5))
        for label in (self._said, self._advice, self._last):
            whole.addWidget(label)
        whole.addLayout(row)

    def show_model(self, model: SyncBoxView) -> None:
        """Show this."""
        self._tone = model.tone
        for label, text in ((self._said, model.said), (self._advice, model.advice), (self._last, model.last)):
            say(label, text)
        for button, text in (
            (self.key_change, model.key_change),
            (self.set_up, model.set_up),
            (self.sync_now, model.sync_now),
            (self.result, model.result),
        ):
            say(button, text)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        theme, colours = self._theme, self._theme.tokens
        for label in (self._said, self._advice, self._last):
            label.setFont(theme.font(12))
            label.setStyleSheet(f"color: {colours.secondary}")
        if self._tone is Tone.WARNING:
            self._said.setStyleSheet(f"color: {colours.warning_text}")
