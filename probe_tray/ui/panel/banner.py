"""A sentence above the cards, which stays until it was read."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words
from probe_tray.view.view_models import CardAction, Notice, Tone


class Banner(QFrame):
    """Shown while there is a notice."""

    def __init__(self, theme: Theme, act: Callable[[CardAction], None]) -> None:
        """Begin hidden."""
        super().__init__()
        self.setObjectName("banner")
        self._theme = theme
        self._act = act
        self._notice: Notice | None = None
        self._text = words(wrap=True)
        self._button = QPushButton(self)
        self._button.clicked.connect(self._press)
        px = theme.px
        row = QHBoxLayout(self)
        row.setContentsMargins(px(14), px(8), px(10), px(8))
        row.setSpacing(px(10))
        row.addWidget(self._text, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setVisible(False)

    @property
    def stops(self) -> tuple[QPushButton]:
        """What the keyboard reaches."""
        return (self._button,)

    def show_model(self, notice: Notice | None) -> None:
        """Show this, or nothing."""
        if notice == self._notice:
            return
        self._notice = notice
        self.setVisible(notice is not None)
        if notice is not None:
            self._text.setText(notice.text)
            self.setAccessibleName(notice.text)
            self._button.setText(notice.action.label if notice.action else "")
            self._button.setAccessibleDescription(notice.text)
            self._button.setVisible(notice.action is not None)
            self.apply_theme()

    def apply_theme(self) -> None:
        """Take the theme's colours and sizes."""
        theme, colours = self._theme, self._theme.tokens
        tone = Tone.CALM if self._notice is None else self._notice.tone
        back = {Tone.CALM: colours.strip_calm, Tone.WARNING: colours.strip, Tone.CRITICAL: colours.strip_critical}[tone]
        self.setStyleSheet(
            f"QFrame#banner {{ background: {back}; border: 1px solid {colours.line}; border-radius: {theme.px(10)}px }}"
        )
        for part in (self._text, self._button):
            part.setFont(theme.font(12.5))

    def _press(self) -> None:
        if self._notice is not None and self._notice.action is not None:
            self._act(self._notice.action)
