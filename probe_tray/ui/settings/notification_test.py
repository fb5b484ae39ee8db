"""Below the settings of notifications: a test of one, and why none can be seen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.settings.form import Form


class NotificationTest(QWidget):
    """What its buttons want done is for others."""

    wanted = Signal()
    """The person wants to see a notification."""
    system_settings_wanted = Signal()
    """The person wants to let the program show notifications."""

    def __init__(self, theme: Theme, form: Form) -> None:
        """Offer the test, as long as nothing else is said."""
        super().__init__()
        self._theme = theme
        test = QPushButton(form.test, self)
        test.clicked.connect(self.wanted)
        self._problem = words(self, wrap=True)
        self._turn_on = QPushButton(form.turn_on, self)
        self._turn_on.clicked.connect(self.system_settings_wanted)
        self._turn_on.hide()
        self.setFocusProxy(test)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        column.addWidget(test, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._problem)
        column.addWidget(self._turn_on, 0, Qt.AlignmentFlag.AlignLeft)

    def show_problem(self, problem: str) -> None:
        """Say why no notification can be seen, with the way to where that is changed; nothing where they can."""
        self._problem.setText(problem)
        self._turn_on.setVisible(bool(problem))

    def apply_theme(self) -> None:
        """Take the colours of the theme as it is now."""
        self._problem.setStyleSheet(f"color: {self._theme.tokens.warning_text}")
