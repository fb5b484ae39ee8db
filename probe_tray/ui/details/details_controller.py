"""Keeps the details' window on its account, and asks for its past when that has grown."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import ShowDetails
from probe_tray.core.quota.history import Span
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import CardAction

if TYPE_CHECKING:
    from probe_tray.ui.details.details_window import DetailsWindow

Menu = Callable[[AccountKey, QWidget, QPoint], QMenu | None]


class DetailsController:
    """Shows one account in full."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        icons: IconPainter,
        translator: Translator,
        now: Callable[[], Now],
        act: Callable[[CardAction], None],
        menu: Menu,
    ) -> None:
        """Show accounts of ``engine``; ``act`` does what a button says, ``menu`` opens an account's menu."""
        self._engine, self._theme, self._icons = engine, theme, icons
        self._translator, self._now = translator, now
        self._act, self._menu = act, menu
        self._key: AccountKey | None = None
        self._span = Span.WEEK
        self._asked: tuple[AccountKey, Span, datetime | None] | None = None
        self._window = LazyWindow(self._make, self._fill)

    @property
    def is_open(self) -> bool:
        """Whether the window is on the screen."""
        return self._window.visible is not None

    def show(self, key: AccountKey) -> None:
        """Open the window at an account, if it is there: it may have gone since it was shown elsewhere."""
        if self._engine.state.account(key) is not None:
            self._key = key
            self._window.show()

    def draw(self) -> None:
        """Show what is known now; an account that is gone closes the window."""
        self._window.draw()

    def close(self) -> None:
        """Take the window away for good."""
        self._window.close()

    def _make(self) -> "DetailsWindow":
        from probe_tray.ui.details.details_window import DetailsActions, DetailsWindow

        return DetailsWindow(
            self._theme, self._icons, DetailsActions(act=self._act, menu=self._menu, span=self._choose)
        )

    def _fill(self, window: "DetailsWindow") -> None:
        from probe_tray.view.details.details import details

        key, now = self._key, self._now()
        model = None if key is None else details(self._engine.state, key, self._span, now, self._translator)
        if key is None or model is None:
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
