"""A sentence above the cards, which stays until it was read."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from probe_tray.ui.accessibility import walk
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import closes_first, have, words
from probe_tray.view.view_models import ActionKind, CardAction, Notice, Tone


class Banner(QFrame):
    """Shown while there is a notice."""

    def __init__(self, theme: Theme, act: Callable[[CardAction], None], parent: QWidget | None = None) -> None:
        """Begin hidden."""
        super().__init__(parent)
        self.setObjectName("banner")
        self._theme = theme
        self._act = act
        self._notice: Notice | None = None
        self._text = words(self, wrap=True)
        self._button, self._other = QPushButton(self), QPushButton(self)
        self._button.clicked.connect(self._press)
        self._other.clicked.connect(self._press_other)
        px = theme.px
        self._row = row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        row.setContentsMargins(px(14), px(8), px(10), px(8))
        row.setSpacing(px(10))
        row.addWidget(self._text, 1)
        self._buttons = buttons = QHBoxLayout()
        buttons.setSpacing(px(8))
        buttons.addStretch(1)
        for button in (self._other, self._button):
            buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(buttons)
        self.setVisible(False)

    @property
    def stops(self) -> tuple[QPushButton, QPushButton]:
        """What the keyboard reaches."""
        return (self._button, self._other)

    def show_model(self, notice: Notice | None) -> None:
        """Show this, or nothing."""
        if notice == self._notice:
            return
        self._notice = notice
        self.setVisible(notice is not None)
        # A hidden one says nothing: a screen reader finds it, also once names are hidden.
        text, actions = ("", (None, None)) if notice is None else (notice.text, (notice.action, notice.other))
        self._text.setText(text)
        self.setAccessibleName(text)
        for button, action in zip((self._button, self._other), actions, strict=True):
            button.setText(action.label if action else "")
            button.setAccessibleDescription(text)
            button.setDefault(action is not None and action.primary)
            button.setVisible(action is not None)
        if notice is not None:
            self._place_other(notice.other)
            # Two buttons leave no room beside them.
            below = notice.other is not None
            self._row.setDirection(QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight)
            self.apply_theme()

    def _place_other(self, other: CardAction | None) -> None:
        """The best button is the last one; one that only closes stands where it does in the system's dialogs."""
        closes = other is not None and other.kind is ActionKind.CLOSE_CODEX_USE
        last = closes and not closes_first(self)
        self._buttons.removeWidget(self._other)
        self._buttons.insertWidget(2 if last else 1, self._other, 0, Qt.AlignmentFlag.AlignVCenter)

    def apply_theme(self) -> None:
        """Take the theme's colours and sizes."""
        theme, colours = self._theme, self._theme.tokens
        tone = Tone.CALM if self._notice is None else self._notice.tone
        back = {Tone.CALM: colours.strip_calm, Tone.WARNING: colours.strip, Tone.CRITICAL: colours.strip_critical}[tone]
        self.setStyleSheet(
            f"QFrame#banner {{ background: {back}; border: 1px solid {colours.line}; border-radius: {theme.px(10)}px }}"
        )
        for part in (self._text, self._button, self._other):
            part.setFont(theme.font(12.5))

    def _press_other(self) -> None:
        if self._notice is not None and self._notice.other is not None:
            self._act(self._notice.other)

    def _press(self) -> None:
        if self._notice is not None and self._notice.action is not None:
            self._act(self._notice.action)


class BannerPlace(QWidget):
    """Where a banner stands, with air around it. It is made for the first notice: at most openings there is none."""

    def __init__(
        self,
        theme: Theme,
        act: Callable[[CardAction], None],
        edges: tuple[int, int, int, int],
        before: QWidget,
        parent: QWidget,
    ) -> None:
        """Begin hidden, ``edges`` pixels of the design around the banner. The keyboard comes there from ``before``."""
        super().__init__(parent)
        self._theme, self._act, self._before = theme, act, before
        self._banner: Banner | None = None
        self._around = QVBoxLayout(self)
        self._around.setContentsMargins(*map(theme.px, edges))
        self.setVisible(False)

    def show_model(self, notice: Notice | None) -> None:
        """Show this, or nothing."""
        if self._banner is None and notice is not None:
            self._banner = Banner(self._theme, self._act, self)
            self._around.addWidget(self._banner)
            walk(self._before, *self._banner.stops)
        if self._banner is not None:
            self._banner.show_model(notice)
        have(self, shown=notice is not None)

    def apply_theme(self) -> None:
        """Take the theme's colours and sizes."""
        if self._banner is not None:
            self._banner.apply_theme()
