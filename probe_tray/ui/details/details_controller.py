"""Keeps the details' window on its account, and asks for its past when that has grown."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import ShowDetails
from probe_tray.core.quota.history import Span
from probe_tray.core.state import AppState
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.details.details import DetailsView
from probe_tray.view.view_models import CardAction

if TYPE_CHECKING:
    from probe_tray.ui.details.details_window import DetailsWindow

Words = Callable[[AppState, AccountKey, Span], DetailsView | None]
"""Puts an account into words, now and here."""
Menu = Callable[[AccountKey, QWidget, QPoint], None]


class DetailsController:
    """Shows one account in full, in a window that is made when it is first wanted."""

    def __init__(self, engine: EngineProtocol, theme: Theme, icons: IconPainter, words: Words) -> None:
        """Show accounts of ``engine``."""
        self._engine, self._theme, self._icons, self._words = engine, theme, icons, words
        self._key: AccountKey | None = None
        self._span = Span.WEEK
        self._asked: tuple[AccountKey, Span, datetime | None] | None = None
        self.window: DetailsWindow | None = None

    def show(self, key: AccountKey, act: Callable[[CardAction], None], menu: Menu) -> None:
        """Open the window at an account."""
        if self.window is None:
            from probe_tray.ui.details.details_window import DetailsActions, DetailsWindow

            actions = DetailsActions(act=act, menu=menu, span=self._choose)
            self.window = DetailsWindow(self._theme, self._icons, actions)
        self._key = key
        self._fill(self.window, key)
        self.window.present()

    def draw(self) -> None:
        """Show what is known now; an account that is gone closes the window."""
        if self.window is not None and self._key is not None and self.window.isVisible():
            self._fill(self.window, self._key)

    def close(self) -> None:
        """Take the window away for good."""
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None

    def _fill(self, window: "DetailsWindow", key: AccountKey) -> None:
        model = self._words(self._engine.state, key, self._span)
        if model is None:
            window.close()
            return
        window.show_model(model)
        self._ask(key)

    def _choose(self, span: Span) -> None:
        self._span = span
        self.draw()

    def _ask(self, key: AccountKey) -> None:
        account = self._engine.state.account(key)
        newest = None if account is None or account.snapshot is None else account.snapshot.taken_at
        wanted = (key, self._span, newest)
        if wanted != self._asked:
            self._asked = wanted
            self._engine.send(ShowDetails(key, self._span))
