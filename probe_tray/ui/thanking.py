"""A button that says for a moment that it has done what cannot be seen."""

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QPushButton

_SHOWN = 2_000
"""Milliseconds."""


class Thanking(QObject):
    """Says it on one button of a window at a time."""

    def __init__(self, parent: QObject) -> None:
        """Live as long as ``parent``."""
        super().__init__(parent)
        self._button: QPushButton | None = None
        self._label = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN)
        self._timer.timeout.connect(self.end)

    def thank(self, button: QPushButton, words: str) -> None:
        """Let ``button`` say ``words`` for two seconds, as wide as it is."""
        self.end()
        self._button, self._label = button, button.text()
        button.setMinimumWidth(button.width())
        button.setText(words)
        self._timer.start()

    def end(self) -> None:
        """Let it say again what it does."""
        self._timer.stop()
        button, self._button = self._button, None
        if button is not None:
            button.setText(self._label)
            button.setMinimumWidth(0)
