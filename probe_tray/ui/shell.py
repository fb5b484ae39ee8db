"""Everything a person sees, put together. The app makes one shell and closes it at its end."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMenu

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import (
    Arrange,
    LookAt,
    OpenReleasePage,
    PanelOpened,
    PauseNotifications,
    Refresh,
    Renew,
    SendRunningNotification,
    StartLogin,
)
from probe_tray.core.state import LoginPhase, LoginState
from probe_tray.ui.bridge import Bridge, OpenWindows
from probe_tray.ui.codex.use_controller import CodexUseController
from probe_tray.ui.details.details_controller import DetailsController
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.front_watch import FrontWatch
from probe_tray.ui.help.about_controller import AboutController
from probe_tray.ui.help.help_controller import HelpController
from probe_tray.ui.lazy_window import forget_closed
from probe_tray.ui.login.login_controller import LoginController
from probe_tray.ui.models.model_test_controller import ModelTestController
from probe_tray.ui.panel.card_actions import CardActionHandler, WindowActions
from probe_tray.ui.panel.card_list import CardCallbacks
from probe_tray.ui.panel.card_model import Changes
from probe_tray.ui.panel.panel import PANEL, PanelWindow
from probe_tray.ui.panel.panel_actions import PanelActions
from probe_tray.ui.panel.panel_controller import PanelController
from probe_tray.ui.preferences import PreferenceWatch
from probe_tray.ui.settings.settings_controller import SettingsController
from probe_tray.ui.shell_context import ShellContext
from probe_tray.ui.sync.sync_opener import SyncOpener
from probe_tray.ui.theme import Theme
from probe_tray.ui.transfer.transfer_controller import TransferController
from probe_tray.ui.tray.app_menu import AppMenu
from probe_tray.ui.tray.icon import IconPainter, card_ink, menu_ink
from probe_tray.ui.tray.menu import MenuActions, TrayMenu
from probe_tray.ui.tray.tray import OverflowHint, TrayIcon
from probe_tray.ui.tray.tray_watcher import watch_tray
from probe_tray.ui.tray.use_submenu import UseActions
from probe_tray.ui.window_watch import WindowWatch
from probe_tray.view.presenter import Presenter
from probe_tray.view.screen import ClosedScreen, IconScreen, Screen, ScreenOptions
from probe_tray.view.tray.tray import quitting_question
from probe_tray.view.view_models import Card, CardAction, IconLook
from probe_tray.wiring import table_sql

if TYPE_CHECKING:
    from probe_tray.ui.sync.sync_controller import SyncController

_TRAY_COMES = 500
"""Milliseconds that the tray is given to show the icon by which the panel opens."""
_CLICK = 300
"""Milliseconds within which a window that was left and the click that follows are one."""
_WINDOW_ICON = IconLook(weekly=35, short=60)


class Shell(QObject):
    """Tray, menu, panel and dialogs over one engine."""

    def __init__(
        self, app: QApplication, engine: EngineProtocol, context: ShellContext, quit_app: Callable[[], None]
    ) -> None:
        """Show the icon as soon as there is a tray, else the panel. ``quit_app`` ends the program."""
        super().__init__(app)
        app.setQuitOnLastWindowClosed(False)
        self._engine = engine
        self._context = context
        self._quit = quit_app
        self._theme = Theme(app, context.desktop.wants_contrast)
        self._icons = IconPainter()
        self._closing, self._opens = False, context.opens
        self._hides_names = engine.state.settings.privacy
        self._logged_in: LoginState | None = None
        """The login that ended well last, while the state still tells of it."""
        self._help = HelpController(self._theme, context.translator)
        self._about = AboutController(
            engine, self._theme, self._icons, context.inspector, context.translator, self._help.show
        )
        self._preferences = PreferenceWatch(app, engine, self._theme, context.translator, self._apply_language)
        self._make_tray()
        elsewhere = WindowActions(
            settings=self.show_settings,
            models=self.show_model_test,
            details=self.show_details,
            name=self._edit_name,
            import_logins=self.show_import,
            export=self.show_export,
        )
        self._card_actions = CardActionHandler(engine, self._theme, context.translator, context.clock, elsewhere)
        self._make_dialogs()
        self._panel = PanelController(self._make_panel, self._fill_panel, self._card_actions.question.come_forward)
        self._make_menu_bar(app)
        self._connect(app)
        app.setWindowIcon(self._icons.icon(_WINDOW_ICON, card_ink(self._theme.tokens)))
        self._bridge = self._make_bridge()
        self._theme.changed.connect(self._bridge.draw)
        self.draw()
        self._overflow = OverflowHint(engine, self._tray, context.translator, hidden=context.desktop.hides_new_icons)
        self._tray.look()

    def show_panel(self, account: AccountKey | None = None) -> None:
        """Open the panel, at an account if one is named."""
        if self._closing:
            return
        self._panel.open_at(self._tray.geometry() if self._tray.present else None, account)
        self._engine.send(PanelOpened())

    def show_settings(self, key: str = "") -> None:
        """Open the settings, at one of them where its key is named."""
        self._settings.show(key)

    def show_about(self) -> None:
        """Tell what program this is, and what it runs on."""
        self._about.show(self._context.clock.now, tray=self._tray.present, ink=self._tray.ink.plain)

    def show_details(self, account: AccountKey) -> None:
        """Open the window with everything about an account."""
        self._details.show(account)

    def show_model_test(self, account: AccountKey | None = None) -> None:
        """Test the models of one account or of all, after asking the first time; or show the test that runs."""
        self._model_test.show(account)

    def sync(self) -> None:
        """Share logins with the table now, or set that up first."""
        self._sync.sync()

    def show_import(self) -> None:
        """Take logins out of files."""
        self._transfer.show_import()

    def show_export(self, account: AccountKey | None = None) -> None:
        """Write logins or numbers for other programs."""
        self._transfer.show_export(account)

    def show_message(self, title: str, text: str) -> None:
        """Say something by the icon, where the desktop's notifications do not work."""
        self._tray.message(title, text)

    def use_in_codex(self, account: AccountKey) -> None:
        """Have the official client work with an account; what comes of it is told in the panel."""
        self._codex_use.use(account)

    def ask_to_quit(self) -> None:
        """Quit, after asking the first time: the key closes other programs' windows, and here the whole monitor."""
        if self._engine.state.arrangement.quit_told:
            self._quit()
            return
        t = self._context.translator
        self._card_actions.question.ask(
            quitting_question(t), lambda _: self._quit_by_key(), lambda: quitting_question(t)
        )

    def _quit_by_key(self) -> None:
        self._engine.send(Arrange(replace(self._engine.state.arrangement, quit_told=True)))
        self._quit()

    def draw(self) -> None:
        """Show the state as it is now, without waiting for further changes of it."""
        self._bridge.draw()

    def act(self, action: CardAction) -> None:
        """Do what a button says."""
        self._card_actions.act(action)

    def close(self) -> None:
        """Take everything off the screen."""
        self._closing = True
        self._front.close()
        for mac in (self._windows, self._app_menu):
            if mac is not None:
                mac.close()
        windows = (self._details, self._about, self._help, self._settings, self._sync, self._transfer)
        for part in (*windows, self._preferences):
            part.close()
        # Another font or appearance would open again what is still under way, such as a login.
        self._theme.changed.disconnect(self._bridge.draw)
        others = (self._bridge, self._overflow, self._tray, self._model_test, self._panel)
        for part in (*others, self._card_actions.question, self._login):
            part.close()
        for part in (self._menu.menu, self._tray, self._bridge):
            part.deleteLater()

    def _make_tray(self) -> None:
        context = self._context
        self._menu = TrayMenu(context.first_icon.menu, self._menu_actions(), self._icons, self._theme)
        self._tray = TrayIcon(
            context.first_icon,
            context.remember_icon,
            self._icons,
            self._theme,
            context.desktop,
            context.tray_available,
            watch_tray(),
        )

    def _make_bridge(self) -> Bridge:
        # A closed panel is drawn when it opens, and not with every change until then; so is the menu.
        presenter = Presenter(self._context.zone, self._context.translator)
        windows = OpenWindows(lambda: self._panel.is_open, lambda: self._details.is_open or self._transfer.is_exporting)
        return Bridge(self, self._engine, self._context.clock, presenter, self._render, windows, self._menu.menu)

    def _make_panel(self, place: QPoint | None) -> PanelWindow:
        # A new one has no search.
        self._bridge.show_all()
        panel = PanelWindow(self._theme, self._icons, self._panel_actions(), place)
        panel.left.connect(self._just_left.start)
        panel.visible_accounts.connect(self._look_at)
        panel.closed.connect(self._panel_closed)
        self._transfer.watch(panel)
        keys = QKeySequence.keyBindings(QKeySequence.StandardKey.Preferences)
        # Where there is a menu bar it has the key, and two with the same key would do nothing.
        if keys and self._app_menu is None:
            QShortcut(keys[0], panel).activated.connect(self.show_settings)
        QShortcut(QKeySequence(QKeySequence.StandardKey.HelpContents), panel).activated.connect(self._help.show)
        return panel

    def _fill_panel(self) -> None:
        self._bridge.draw(opening=True)

    def _make_menu_bar(self, app: QApplication) -> None:
        self._app_menu: AppMenu | None = None
        self._windows: WindowWatch | None = None
        if self._context.desktop.has_menu_bar:
            self._app_menu = AppMenu(self.show_settings, self.show_about, self.ask_to_quit)
            self._windows = WindowWatch(app, self._context.desktop, PANEL)
            self._windows.quit_asked.connect(self.ask_to_quit)
            self._windows.reopened.connect(self.show_panel)

    def _make_dialogs(self) -> None:
        engine, theme, now, t = self._engine, self._theme, self._context.now, self._context.translator
        question = self._card_actions.question
        self._model_test = ModelTestController(engine, theme, t, question, now)
        self._details = DetailsController(
            engine, theme, self._icons, t, now, self.act, self._card_actions.open_account_menu
        )
        self._codex_use = CodexUseController(engine, t, question, self.act, self.show_panel)
        self._sync = SyncOpener(engine, self._make_sync)
        self._settings = SettingsController(engine, theme, t, self._sync)
        self._transfer = TransferController(engine, theme, t, question, now)
        self._login = LoginController(engine, theme, self._icons, self.show_settings)

    def _make_sync(self) -> "SyncController":
        from probe_tray.ui.sync.sync_controller import SyncController

        context, question = self._context, self._card_actions.question
        return SyncController(self._engine, self._theme, context.translator, question, context.now, table_sql())

    def _connect(self, app: QApplication) -> None:
        self._front = FrontWatch(app, self._engine)
        self._just_left = QTimer(self)
        self._just_left.setSingleShot(True)
        self._just_left.setInterval(_CLICK)
        self._tray.setParent(self)
        self._tray.clicked.connect(self._toggle_panel)
        self._tray.refresh_wanted.connect(lambda: self._engine.send(Refresh()))
        self._tray.absent.connect(self.show_panel)

    def _render(self, screen: IconScreen) -> None:
        self._tray.show_model(screen.tray)
        if isinstance(screen, ClosedScreen):
            self._menu.show_model(screen.menu, menu_ink(self._theme.tokens, self._context.desktop))
            if self._app_menu is not None:
                self._app_menu.show_model(screen.menu)
        if isinstance(screen, Screen):
            self._panel.show_model(screen.panel)
        if self._opens and self._engine.state.loaded:
            self._opens = False
            # Once the tray has had the time to come: the panel opens by its icon.
            QTimer.singleShot(_TRAY_COMES, self, self.show_panel)
        self._login.show_model(screen.login)
        self._show_logged_in()
        self._details.draw()
        self._codex_use.draw()
        self._card_actions.question.draw()
        self._model_test.draw()
        self._sync.draw()
        self._transfer.draw()
        self._settings.draw()
        self._forget_names()

    def _forget_names(self) -> None:
        """Leave no name in a closed window once names are hidden."""
        hides, before = self._engine.state.settings.privacy, self._hides_names
        self._hides_names = hides
        if hides and not before:
            forget_closed()

    def _show_logged_in(self) -> None:
        """Open the panel at the account that has just been logged in."""
        login = self._engine.state.login
        done = login if login is not None and login.phase is LoginPhase.DONE else None
        new, self._logged_in = done is not None and done != self._logged_in, done
        if new and done is not None:
            self.show_panel(done.account)

    def _panel_actions(self) -> PanelActions:
        return PanelActions(
            cards=CardCallbacks(act=self.act, menu=self._open_card_menu),
            show_only=self._show_only,
            choose=self._card_actions.choose,
            pin=self._card_actions.pin,
            hide_names=self._card_actions.hide_names,
            changes=Changes(
                move=lambda key, before: self._card_actions.move(self._panel.keys(), key, before),
                name=self._card_actions.name,
            ),
            blends=self._context.blends_windows,
        )

    def _look_at(self, accounts: frozenset[AccountKey]) -> None:
        self._engine.send(LookAt(accounts))

    def _edit_name(self, key: AccountKey) -> None:
        self._panel.edit_name(key, self.show_panel)

    def _show_only(self, options: ScreenOptions) -> None:
        self._bridge.show_only(options)

    def _open_card_menu(self, card: Card, at: QPoint) -> QMenu | None:
        return self._card_actions.open_menu(self._panel.made(), card, at)

    def _hide_names(self) -> None:
        self._card_actions.hide_names()

    def _renew_due(self) -> None:
        # What comes of it is told in the panel.
        self._engine.send(Renew())
        self.show_panel()

    def _act_in_codex(self, action: CardAction) -> None:
        self._codex_use.act(action)

    def _open_release(self) -> None:
        self._engine.send(OpenReleasePage())

    def _menu_actions(self) -> MenuActions:
        return MenuActions(
            log_in=lambda: self._engine.send(StartLogin()),
            refresh=lambda: self._engine.send(Refresh()),
            renew=self._renew_due,
            test_models=self.show_model_test,
            import_logins=self.show_import,
            export=self.show_export,
            sync=self.sync,
            show=self.show_panel,
            show_account=self.show_panel,
            codex=UseActions(use=self.use_in_codex, act=self._act_in_codex, show=self.show_panel),
            pause=lambda pause: self._engine.send(PauseNotifications(pause)),
            hide_names=self._hide_names,
            settings=self.show_settings,
            help=self._help.show,
            about=self.show_about,
            release=self._open_release,
            quit=self._quit,
        )

    def _apply_language(self) -> None:
        # All else is drawn anew with every change.
        self._about.draw()
        self._help.draw()
        self._settings.retranslate()

    def _toggle_panel(self) -> None:
        panel = self._panel.visible
        if panel is not None and panel.isActiveWindow():
            panel.close()
        elif not self._just_left.isActive():
            # Else this click has taken the window away already, by using another one.
            self.show_panel()

    def _panel_closed(self) -> None:
        # Without a tray the closed window would leave a program that nobody can reach.
        if self._closing:
            return
        # It may have come back since it was looked for last.
        self._tray.look()
        arrangement = self._engine.state.arrangement
        if not self._tray.present:
            self._quit()
        elif not arrangement.tray_told and not self._just_left.isActive():
            self._engine.send(SendRunningNotification())
            self._engine.send(Arrange(replace(arrangement, tray_told=True)))
