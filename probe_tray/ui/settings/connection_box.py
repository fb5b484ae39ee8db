"""Below the proxy's setting: which proxy was found, and a test of the way to the service."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.settings.connection import ConnectionView
from probe_tray.view.view_models import Tone


class ConnectionBox(QWidget):
    """Shows a :class:`ConnectionView`; what its button wants done is for others."""

    wanted = Signal()
    """A test is to begin."""
    unwanted = Signal()
    """The test that runs is to end."""

    def __init__(self, theme: Theme) -> None:
        """Show nothing yet."""
        super().__init__()
        self._theme = theme
        self._tone: Tone | None = None
        self._running = False
        self._proxy, self._steps, self._said, self._advice = (words(wrap=True) for _ in range(4))
        self._button = QPushButton(self)
        self._button.setAutoDefault(False)
        self._button.clicked.connect(self._press)
        row = QHBoxLayout()
        row.addWidget(self._button)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, theme.px(10))
        whole.setSpacing(theme.px(5))
        whole.addWidget(self._proxy)
        whole.addLayout(row)
        for label in (self._steps, self._said, self._advice):
            whole.addWidget(label)

    def show_model(self, model: ConnectionView) -> None:
        """Show this."""
        self._running, self._tone = model.running, model.tone
        self._button.setText(model.test)
        for label, text in (
            (self._proxy, model.proxy),
            (self._steps, model.steps),
            (self._said, model.said),
            (self._advice, model.advice),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self.dress()

    def dress(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        theme, colours = self._theme, self._theme.tokens
        ink = {Tone.CRITICAL: colours.critical_text, Tone.WARNING: colours.warning_text, Tone.CALM: colours.good}
        for label in (self._proxy, self._steps, self._said, self._advice):
            label.setFont(theme.font(12))
            label.setStyleSheet(f"color: {colours.secondary}")
        self._said.setStyleSheet(f"color: {colours.secondary if self._tone is None else ink[self._tone]}")

    def _press(self) -> None:
        if self._running:
            self.unwanted.emit()
        else:
            self.wanted.emit()
