"""One page of the settings: its title, and its cards below each other."""

from collections.abc import Callable, Iterator

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from probe_tray.ui.settings.setting_card import SettingCard, SettingRow, align_controls
from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import have, words


class PagePart(msgspec.Struct, frozen=True):
    """Something on a page that a search may find, also before the page is made."""

    make: Callable[[], QWidget]
    matches: Callable[[str], bool]
    shown: Callable[[], bool]
    """Whether it is there while nothing is searched for."""

    def is_found(self, text: str) -> bool:
        """Whether it is there while ``text`` is searched for."""
        return self.shown() and self.matches(text)


class PageContent(msgspec.Struct, frozen=True):
    """What is on a page."""

    title: str
    cards: tuple[tuple[PagePart, ...], ...]
    below: tuple[PagePart, ...]
    """What stands below the cards."""

    @property
    def parts(self) -> Iterator[PagePart]:
        """All of it, from top to bottom."""
        yield from (part for card in self.cards for part in card)
        yield from self.below

    def is_found(self, text: str) -> bool:
        """Whether a search for ``text`` finds anything of it."""
        return any(part.is_found(text) for part in self.parts)


class SettingsPage(QScrollArea):
    """Scrolls; the keyboard brings its controls into view."""

    def __init__(self, theme: Theme, content: PageContent, parent: QWidget) -> None:
        """Make all that is on the page, in its place in ``parent``: what comes there later is styled once more."""
        super().__init__(parent)
        # As large as a window is that was not laid out yet: a control that was narrow once stays so.
        self.resize(640, 480)
        self._theme, self._content = theme, content
        self._page = page = QWidget(self.viewport())
        self._title = words(page)
        self._title.setText(content.title)
        self._cards = [SettingCard(theme, page, (part.make() for part in card)) for card in content.cards]
        below = [part.make() for part in content.below]
        self._widgets = [widget for card in self._cards for widget in card.rows] + below
        self._column = column = QVBoxLayout(page)
        self.verticalScrollBar().rangeChanged.connect(self._keep_edges)
        self._keep_edges(0, 0)
        column.setSpacing(theme.px(14))
        for widget in (self._title, *self._cards, *below):
            column.addWidget(widget)
        column.addStretch(1)
        for button in page.findChildren(QPushButton):
            button.setAutoDefault(False)
        # As wide as there is room for: it never scrolls sideways.
        page.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)

    def settle(self) -> None:
        """Lay out what is there: as late as it can be, for with other letters it is all laid out anew."""
        self.setWidget(self._page)
        for widget in (self._page, self.viewport()):
            widget.setAutoFillBackground(False)

    def _keep_edges(self, _least: int, most: int) -> None:
        px, bar = self._theme.px, self.verticalScrollBar().sizeHint().width()
        # The bar takes its room from the margin: the cards of all pages end at one edge.
        self._column.setContentsMargins(px(24), px(20), px(24) - bar if most else px(24), px(20))

    def search(self, text: str) -> None:
        """Show what ``text`` finds here, everything where it is empty."""
        for part, widget in zip(self._content.parts, self._widgets, strict=True):
            have(widget, shown=part.is_found(text))
        for card in self._cards:
            card.arrange()

    def first(self) -> QWidget | None:
        """The first part that is shown."""
        return next((widget for widget in self._widgets if not widget.isHidden()), None)

    def apply_theme(self) -> None:
        """Take the colours and sizes of the theme as it is now."""
        self._theme.adopt(self)
        self._title.setFont(self._theme.font(17, strong=True))
        rows = self.findChildren(SettingRow)
        for part in (*self._cards, *rows):
            part.apply_theme()
        align_controls(rows)
