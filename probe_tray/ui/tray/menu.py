"""The tray's menu: made once, changed in place, so that it may change while it is open."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.alerts.quiet_hours import Pause
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.account_rows import AccountRows, add_row, literal
from probe_tray.ui.tray.icon import IconPainter, Ink
from probe_tray.ui.tray.use_submenu import UseActions, UseSubmenu
from probe_tray.view.view_models import CardAction, Menu


class MenuActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows do."""

    log_in: Callable[[], None]
    refresh: Callable[[], None]
    renew: Callable[[], None]
    test_models: Callable[[], None]
    import_logins: Callable[[], None]
    export: Callable[[], None]
    sync: Callable[[], None]
    """Sync now, or set it up where that was not done."""
    show: Callable[[], None]
    show_account: Callable[[AccountKey], None]
    codex: UseActions
    """What the rows for the official client do."""
    pause: Callable[[Pause | None], None]
    hide_names: Callable[[], None]
    """Hide the names of accounts from now on, or show them again."""
    settings: Callable[[], None]
    help: Callable[[], None]
    about: Callable[[], None]
    release: Callable[[], None]
    """Show the page of the newer version."""
    quit: Callable[[], None]


class TrayMenu(QObject):
    """Fills the icon's ``QMenu``; whoever shows the menu keeps this object."""

    def __init__(self, menu: QMenu, actions: MenuActions, icons: IconPainter, theme: Theme) -> None:
        """Fill ``menu``, which is empty, with its fixed rows. Where the system draws it, ``theme`` changes nothing."""
        super().__init__()
        self.menu, self._actions = menu, actions
        self._summary = self.menu.addAction("")
        self._summary.setEnabled(False)
        self._best_account: AccountKey | None = None
        self._next: CardAction | None = None
        self._best = self._add(self._show_best)
        self._use_next = self._add(self._use_suggested)
        self._log_in = self._add(actions.log_in)
        self.menu.addSeparator()
        self._all = self._add(actions.show)
        self._rows = AccountRows(self.menu, self._all, icons, actions.show_account, checked=False)
        self._after_accounts = self.menu.addSeparator()
        self._refresh = self._add(actions.refresh)
        # The key of the panel, told here too; in the menu itself it works while the menu is open.
        self._refresh.setShortcut(QKeySequence("Ctrl+R"))
        self._refresh.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._refresh.setShortcutVisibleInContextMenu(True)
        self._use = UseSubmenu(self.menu, self._refresh, actions.codex, icons)
        self._pause = QMenu(self.menu)
        self.menu.addMenu(self._pause)
        self._hour = self._add(lambda: actions.pause(Pause.HOUR), self._pause)
        self._tomorrow = self._add(lambda: actions.pause(Pause.TOMORROW), self._pause)
        self._resume = self._add(lambda: actions.pause(None), self._pause)
        self._fill_more(actions)
        self.menu.addSeparator()
        self._show = self._add(actions.show)
        self._settings = self._add(actions.settings)
        self._release = self._add(actions.release)
        self._quit = self._add(actions.quit)
        self.menu.aboutToShow.connect(lambda: theme.apply_theme(menu))

    def _fill_more(self, actions: MenuActions) -> None:
        """Put what is rarely needed into a menu of its own."""
        self._more = QMenu(self.menu)
        self.menu.addMenu(self._more)
        self._renew = self._add(actions.renew, self._more)
        self._models = self._add(actions.test_models, self._more)
        self._sync = self._add(actions.sync, self._more)
        self._more.addSeparator()
        self._import = self._add(actions.import_logins, self._more)
        self._export = self._add(actions.export, self._more)
        self._more.addSeparator()
        self._hide = self._add(actions.hide_names, self._more)
        self._hide.setCheckable(True)
        self._help = self._add(actions.help, self._more)
        self._about = self._add(actions.about, self._more)

    def show_model(self, model: Menu, ink: Ink) -> None:
        """Show these rows, glyphs in ``ink``."""
        for action, text in (
            (self._summary, literal(model.summary)),
            (self._best, literal(model.best)),
            (self._use_next, "" if model.use_next is None else literal(model.use_next.label)),
            (self._log_in, model.log_in),
            (self._all, model.all_accounts),
            (self._refresh, model.refresh),
            (self._renew, model.renew),
            (self._models, model.test_models),
            (self._import, model.import_logins),
            (self._export, model.export),
            (self._sync, model.sync),
            (self._show, model.show),
            (self._pause.menuAction(), model.pause.title),
            (self._hour, model.pause.hour),
            (self._tomorrow, model.pause.tomorrow),
            (self._resume, model.pause.resume),
            (self._more.menuAction(), model.more),
            (self._hide, model.hide_names),
            (self._settings, model.settings),
            (self._help, model.help),
            (self._about, model.about),
            (self._release, model.release),
            (self._quit, model.quit),
        ):
            if action.text() != text:
                action.setText(text)
        self._show_what_applies(model)
        self._rows.show_model(model.rows, ink)
        self._use.show_model(model.use, ink)

    def _show_what_applies(self, model: Menu) -> None:
        self._hide.setChecked(model.names_hidden)
        self._best_account, self._next = model.best_account, model.use_next
        self._best.setVisible(bool(model.best))
        self._best.setEnabled(model.best_account is not None)
        self._use_next.setVisible(model.use_next is not None)
        self._use_next.setEnabled(model.use_next is not None and model.use_next.key is not None)
        self._all.setVisible(bool(model.all_accounts))
        self._release.setVisible(bool(model.release))
        self._resume.setVisible(bool(model.pause.resume))
        self._after_accounts.setVisible(bool(model.rows))

    def _show_best(self) -> None:
        if self._best_account is not None:
            self._actions.show_account(self._best_account)

    def _use_suggested(self) -> None:
        if self._next is not None:
            self._actions.codex.act(self._next)

    def _add(self, do: Callable[[], None], menu: QMenu | None = None) -> QAction:
        return add_row(menu or self.menu, do)
