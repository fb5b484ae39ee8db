"""The line that names the account to go on with, and the button that has the official client do so."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.screen import Panel
from probe_tray.view.view_models import CardAction


class BestLine(QWidget):
    """Stands below the headline, as wide as the panel: beside its buttons an address would have no room."""

    def __init__(self, theme: Theme, act: Callable[[CardAction], None]) -> None:
        """``act`` does what the button says."""
        super().__init__()
        self._theme, self._act = theme, act
        self._action: CardAction | None = None
        self._text, self.button = words(wrap=True), QPushButton(self)
        self.button.clicked.connect(self._press)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.px(10))
        line.addWidget(self._text, 1)
        line.addWidget(self.button)

    def show_model(self, model: Panel) -> None:
        """Show this from now on."""
        self._action = model.use_next
        self._text.setText(model.subline)
        self.button.setText("" if self._action is None else self._action.label)
        self.button.setAccessibleDescription(model.subline)
        self.button.setVisible(self._action is not None)
        self.setVisible(bool(model.subline))

    def apply_theme(self) -> None:
        """Take the theme's colours and fonts as they are now."""
        self._text.setFont(self._theme.font(12, figures=True))
        self._text.setStyleSheet(f"color: {self._theme.tokens.secondary}")
        self.button.setFont(self._theme.font(12.5))

    def _press(self) -> None:
        if self._action is not None:
            self._act(self._action)
