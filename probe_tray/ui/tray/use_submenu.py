"""The submenu that chooses the account for the official client."""

from collections.abc import Callable

import msgspec
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.tray.account_rows import AccountRows, add_row
from probe_tray.ui.tray.icon import IconPainter, Ink
from probe_tray.view.view_models import CardAction, UseMenu


class UseActions(msgspec.Struct, frozen=True, kw_only=True):
    """What its rows do."""

    use: Callable[[AccountKey], None]
    """Have the client work with that account."""
    act: Callable[[CardAction], None]
    """Do what a row says."""
    show: Callable[[], None]


class UseSubmenu:
    """One click on an account is enough."""

    def __init__(self, parent: QMenu, before: QAction, actions: UseActions, icons: IconPainter) -> None:
        """Stand in ``parent``, ahead of ``before``."""
        self._menu, self._actions = QMenu(parent), actions
        parent.insertMenu(before, self._menu)
        self._all = add_row(self._menu, actions.show)
        self._accounts = AccountRows(self._menu, self._all, icons, actions.use, checked=True)
        self._line = self._menu.addSeparator()
        self._put_back = add_row(self._menu, self._press_put_back)
        self._kept: CardAction | None = None

    def show_model(self, model: UseMenu, ink: Ink) -> None:
        """Show these rows, or nothing where there is no account to choose."""
        self._kept = model.put_back
        self._menu.menuAction().setVisible(bool(model.title))
        self._accounts.show_model(model.rows, ink)
        for action, text in (
            (self._menu.menuAction(), model.title),
            (self._all, model.all_accounts),
            (self._put_back, "" if model.put_back is None else model.put_back.label),
        ):
            if action.text() != text:
                action.setText(text)
        self._all.setVisible(bool(model.all_accounts))
        self._line.setVisible(model.put_back is not None)
        self._put_back.setVisible(model.put_back is not None)

    def _press_put_back(self) -> None:
        if self._kept is not None:
            self._actions.act(self._kept)
