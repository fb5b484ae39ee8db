"""What stands in the middle of the panel: the cards, or what is said in their place."""

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QWidget

from probe_tray.ui.accessibility import walk
from probe_tray.ui.panel.card_list import CardCallbacks, CardList
from probe_tray.ui.panel.card_model import CardModel
from probe_tray.ui.panel.no_match import NoMatchPage
from probe_tray.ui.panel.welcome import WelcomePage
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.screen import Panel


class PanelPages(QStackedWidget):
    """Shows one of the pages. Those beside the cards are made when they are first shown: few people ever see them."""

    def __init__(
        self,
        theme: Theme,
        icons: IconPainter,
        actions: CardCallbacks,
        cards: CardModel,
        clear: Callable[[], object],
        parent: QWidget,
    ) -> None:
        """Begin with ``cards``. ``clear`` ends a search that found nothing."""
        super().__init__(parent)
        self._theme, self._icons, self._act, self._clear = theme, icons, actions.act, clear
        self.cards = CardList(cards, theme, icons, actions, self)
        self._no_match: NoMatchPage | None = None
        self._welcome: WelcomePage | None = None
        # Else the highest page would set the least height of all of them.
        self.setMinimumHeight(1)
        self.addWidget(self.cards)

    def show_model(self, model: Panel, *, found: bool) -> None:
        """Show the page for it. ``found``: the search, if there is one, leaves something to show."""
        if model.welcome is not None:
            if self._welcome is None:
                self._welcome = WelcomePage(self._theme, self._icons, self._act)
                self._add(self._welcome)
            self._welcome.show_model(model.welcome)
            self.setCurrentWidget(self._welcome)
        elif not found:
            page = self._no_match or self._make_no_match()
            page.show_words(model.nothing_found, model.clear_search)
            self.setCurrentWidget(page)
        else:
            self.setCurrentWidget(self.cards)

    def enter(self) -> None:
        """Take the keyboard from the search field."""
        if self._no_match is not None and self.currentWidget() is self._no_match:
            self._no_match.button.setFocus()
        else:
            self.cards.enter()

    def take_focus(self) -> None:
        """Have the keyboard where somebody begins."""
        page = self.currentWidget()
        if self._no_match is not None and page is self._no_match:
            page = self._no_match.button
        if page is not None:
            page.setFocus()

    def apply_theme(self) -> None:
        """Take the theme's colours and sizes, once the window has them."""
        if self._no_match is not None:
            self._no_match.apply_theme()
        for page in (self._no_match, self._welcome):
            if page is not None:
                page.setPalette(self.palette())

    def _make_no_match(self) -> NoMatchPage:
        page = self._no_match = NoMatchPage(self._theme, self._clear)
        page.apply_theme()
        self._add(page)
        walk(self.cards, page.button)
        return page

    def _add(self, page: QWidget) -> None:
        self.addWidget(page)
        # Qt gives a widget no colours of a window that has had its style sheet before.
        page.setPalette(self.palette())
