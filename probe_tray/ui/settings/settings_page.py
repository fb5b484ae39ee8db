"""One page of the settings: its title, and its cards below each other."""

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from probe_tray.ui.settings.setting_card import SettingCard
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import words


class SearchedPart(msgspec.Struct, frozen=True):
    """Something on a page that a search may find."""

    widget: QWidget
    matches: Callable[[str], bool]
    shown: Callable[[], bool]
    """Whether it is there while nothing is searched for."""


class SettingsPage(QScrollArea):
    """Scrolls; the keyboard brings its controls into view."""

    def __init__(
        self, theme: Theme, title: str, cards: Sequence[Sequence[SearchedPart]], below: Sequence[SearchedPart]
    ) -> None:
        """Show ``cards`` of rows, and what stands ``below`` them."""
        super().__init__()
        self.title = title
        self._theme = theme
        self._parts = [part for card in cards for part in card] + list(below)
        self._cards = [SettingCard(theme, [part.widget for part in card]) for card in cards]
        self._title = words()
        self._title.setText(title)
        page = QWidget()
        self._column = column = QVBoxLayout(page)
        self.verticalScrollBar().rangeChanged.connect(self._keep_edges)
        self._keep_edges(0, 0)
        column.setSpacing(theme.px(14))
        for widget in (self._title, *self._cards):
            column.addWidget(widget)
        for part in below:
            button = isinstance(part.widget, QPushButton)
            column.addWidget(part.widget, 0, Qt.AlignmentFlag.AlignLeft if button else Qt.AlignmentFlag(0))
        column.addStretch(1)
        # As wide as there is room for: it never scrolls sideways.
        page.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for widget in (page, self.viewport()):
            widget.setAutoFillBackground(False)

    def _keep_edges(self, _least: int, most: int) -> None:
        px, bar = self._theme.px, self.verticalScrollBar().sizeHint().width()
        # The bar takes its room from the margin: the cards of all pages end at one edge.
        self._column.setContentsMargins(px(24), px(20), px(24) - bar if most else px(24), px(20))

    def search(self, text: str) -> bool:
        """Show what ``text`` finds here, everything where it is empty; whether that is anything."""
        found = [part.shown() and part.matches(text) for part in self._parts]
        for part, shown in zip(self._parts, found, strict=True):
            part.widget.setVisible(shown)
        for card in self._cards:
            card.arrange()
        return any(found)

    def first(self) -> QWidget | None:
        """The first part that is shown."""
        return next((part.widget for part in self._parts if not part.widget.isHidden()), None)

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        self._title.setFont(self._theme.font(17, strong=True))
        for card in self._cards:
            card.apply_theme()
