"""The field for the address that a browser ended at."""

from collections.abc import Callable
from typing import final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from probe_tray.core.account.secret import Secret
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.view_models import PasteField


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

    def dress(self) -> None:
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
