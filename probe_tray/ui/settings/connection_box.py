"""Below the proxy's setting: which proxy was found, and a test of the way to the service."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.settings.connection import ConnectionLine, ConnectionView
from probe_tray.view.view_models import Tone


class ConnectionBox(QWidget):
    """Shows a :class:`ConnectionView`; what its button wants done is for others."""

    wanted = Signal()
    """A test is to begin."""
    unwanted = Signal()
    """The test that runs is to end."""
    told = Signal()
    """It says how far a test is, or what it has come to."""

    def __init__(self, theme: Theme) -> None:
        """Show nothing yet."""
        super().__init__()
        self._theme = theme
        self._model: ConnectionView | None = None
        self._proxy, self._advice, self._said = (words(wrap=True) for _ in range(3))
        self._button = QPushButton(self)
        self._button.clicked.connect(self._press)
        self._steps = QWidget()
        self._lines = QGridLayout(self._steps)
        self._lines.setContentsMargins(0, theme.px(4), 0, 0)
        self._lines.setHorizontalSpacing(theme.px(8))
        self._lines.setVerticalSpacing(theme.px(4))
        self._lines.setColumnMinimumWidth(0, theme.px(14))
        self._lines.setColumnStretch(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.px(6))
        whole.addWidget(self._proxy)
        whole.addWidget(self._advice)
        whole.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        whole.addWidget(self._steps)
        whole.addWidget(self._said)

    def show_model(self, model: ConnectionView) -> None:
        """Show this."""
        if model == self._model:
            return
        told = model.steps, model.said
        is_news = any(told) and (self._model is None or told != (self._model.steps, self._model.said))
        self._model = model
        self._button.setText(model.test)
        for label, text in ((self._proxy, model.proxy.text), (self._advice, model.advice), (self._said, model.said)):
            label.setText(text)
            label.setVisible(bool(text))
        while (item := self._lines.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for number, line in enumerate(model.steps):
            self._add(number, line)
        self._steps.setVisible(bool(model.steps))
        self.apply_theme()
        if is_news:
            self.told.emit()

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        for label in (self._proxy, self._advice, self._said):
            label.setFont(self._theme.font(12))
        model = self._model
        if model is None:
            return
        for label, tone in ((self._proxy, model.proxy.tone), (self._advice, None), (self._said, model.tone)):
            label.setStyleSheet(self._ink(tone))
        for number, line in enumerate(model.steps):
            for column in range(2):
                item = self._lines.itemAtPosition(number, column)
                label = None if item is None else item.widget()
                if label is not None:
                    label.setFont(self._theme.font(12))
                    plain = column == 1 and line.tone is Tone.CALM
                    label.setStyleSheet(f"color: {self._theme.tokens.text}" if plain else self._ink(line.tone))

    def _add(self, number: int, line: ConnectionLine) -> None:
        text = words(wrap=True)
        text.setText(line.text)
        if line.sign:
            sign = words()
            sign.setText(line.sign)
            sign.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._lines.addWidget(sign, number, 0, Qt.AlignmentFlag.AlignTop)
        self._lines.addWidget(text, number, 1)

    def _ink(self, tone: Tone | None) -> str:
        return f"color: {self._theme.tokens.ink(tone)}"

    def _press(self) -> None:
        if self._model is not None and self._model.running:
            self.unwanted.emit()
        else:
            self.wanted.emit()
