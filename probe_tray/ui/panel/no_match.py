"""What stands in place of the cards where the search finds none."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import ink, words


class NoMatchPage(QWidget):
    """Says that no account matches, with the button that shows all of them again."""

    def __init__(self, theme: Theme, clear: Callable[[], object]) -> None:
        """Call ``clear`` when the button is pressed."""
        super().__init__()
        self._theme = theme
        self._text, self.button = words(wrap=True), QPushButton(self)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.button.clicked.connect(clear)
        self._column = column = QVBoxLayout(self)
        column.addWidget(self._text)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def show_words(self, text: str, button: str) -> None:
        """Say this."""
        self._text.setText(text)
        self.button.setText(button)

    def apply_theme(self) -> None:
        """Take the theme's colours and sizes."""
        px = self._theme.px
        ink(self._text, self._theme.tokens.secondary)
        self.button.setFont(self._theme.font(12.5))
        self._column.setContentsMargins(px(24), px(24), px(24), px(24))
        self._column.setSpacing(px(12))
