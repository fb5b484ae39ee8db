"""The windows beside the panel in all their states, and the tray's menu, for the contact sheets."""

from collections.abc import Callable
from datetime import UTC, timedelta

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from probe_tray.core.errors import DeviceCodeOffError, LoginDeniedError, WriteError
from probe_tray.core.errors.phrase import Phrase
from probe_tray.core.service.connection import ConnectionCheck
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState, LoginPhase, LoginState, Way
from probe_tray.core.update.release import Release
from probe_tray.ui.help.about_controller import AboutController
from probe_tray.ui.help.about_dialog import AboutDialog
from probe_tray.ui.help.help_dialog import HelpDialog
from probe_tray.ui.login.login_dialog import LoginActions, LoginDialog
from probe_tray.ui.settings.page_list import PageList
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter, card_ink
from probe_tray.ui.tray.menu import MenuActions, TrayMenu
from probe_tray.ui.tray.use_submenu import UseActions
from probe_tray.view.help.guides import help_view
from probe_tray.view.presenter import present
from probe_tray.view.settings.connection import connection
from probe_tray.view.sync.sync_view import sync_box
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.support.widgets import opened, part
from tests.unit.ui import samples
from tests.unit.ui.sync_samples import synced

_NOW = samples.NOW
_LOGINS = (
    LoginState(phase=LoginPhase.OPENING),
    samples.waiting_login(),
    LoginState(
        phase=LoginPhase.WAITING,
        way=Way.CODE,
        user_code="WDJB-MJHT",
        page="https://auth.openai.com/codex/device",
        ends_at=_NOW + timedelta(minutes=15),
    ),
    LoginState(phase=LoginPhase.WAITING, way=Way.PASTE, ends_at=_NOW + timedelta(minutes=9)),
    LoginState(phase=LoginPhase.EXCHANGING),
    samples.failed_login(),
    LoginState(phase=LoginPhase.FAILED, problem=LoginDeniedError().problem),
    LoginState(phase=LoginPhase.FAILED, way=Way.CODE, problem=DeviceCodeOffError().problem),
    LoginState(
        phase=LoginPhase.FAILED,
        problem=WriteError(path="/home/somebody/folder/with/logins", reason=Phrase("the disk is full")).problem,
        unsaved=True,
    ),
)


def _nothing(*_: object) -> None:
    return


_MENU_ACTIONS = MenuActions(
    log_in=_nothing,
    refresh=_nothing,
    renew=_nothing,
    test_models=_nothing,
    import_logins=_nothing,
    export=_nothing,
    sync=_nothing,
    show=_nothing,
    show_account=_nothing,
    codex=UseActions(use=_nothing, act=_nothing, show=_nothing),
    pause=_nothing,
    hide_names=_nothing,
    settings=_nothing,
    help=_nothing,
    about=_nothing,
    release=_nothing,
    quit=_nothing,
)


def logins(theme: Theme, icons: IconPainter, t: Translator) -> list[LoginDialog]:
    """A login in each of its phases, and as it fails."""
    actions = LoginActions(
        open_again=_nothing,
        copy_address=_nothing,
        copy_text=_nothing,
        log_in=_nothing,
        paste=_nothing,
        settings=_nothing,
        cancel=_nothing,
    )
    made: list[LoginDialog] = []
    for state in _LOGINS:
        dialog = LoginDialog(theme, icons, actions)
        dialog.show_model(present(AppState(login=state), _NOW, UTC, t).login)
        dialog.show()
        made.append(dialog)
    return made


def settings_pages(theme: Theme, t: Translator, grab: Callable[[QWidget], QPixmap]) -> list[QPixmap]:
    """Every page of the settings, with the rows that only some show; then a search that finds nothing."""

    def show_sync(box: SyncBox) -> None:
        box.show_model(sync_box(AppState(sync=synced()), Now(_NOW, UTC), t))

    dialog = SettingsDialog(theme, t, _nothing)
    dialog.open_with(Settings(warn_weekly_percent=85, sync_dir="~/a/folder/of/logins"))
    dialog.pages.show_connection(connection(ConnectionCheck(), t))
    dialog.pages.sync_made.connect(show_sync)
    side, drawn = part(dialog, PageList), list[QPixmap]()
    for number in range(7):
        dialog.show()
        side.choose(number)
        drawn.append(grab(dialog))
    dialog.show()
    side.search.setText("zzz")
    return [*drawn, grab(dialog)]


def helps(theme: Theme, icons: IconPainter, t: Translator, grab: Callable[[QWidget], QPixmap]) -> list[QPixmap]:
    """The guides, and what program this is, without and with a newer version."""
    guides = HelpDialog(theme)
    guides.show_model(help_view(t))
    guides.show()
    drawn = [grab(guides)]
    for release in (None, Release(version="2.0.0", changes=("Read the guides in Chinese too.",))):
        engine = samples.FakeEngine(AppState(loaded=True, release=release))
        about = AboutController(engine, theme, icons, samples.FakeInspector(), t, _nothing)
        about.show(lambda: _NOW, tray=True, ink="#3792a5")
        drawn.append(grab(opened(AboutDialog)))
        about.close()
    return drawn


def tray_menus(theme: Theme, icons: IconPainter, t: Translator) -> list[QMenu]:
    """The tray's menu of nobody, one, three, twenty and a hundred accounts, of long names; and all that it opens."""
    found: list[QMenu] = []
    states = (
        AppState(loaded=True),
        samples.only(samples.four().accounts[:1]),
        samples.only(samples.four().accounts[:3]),
    )
    for state in (*states, samples.many(20), samples.many(100), samples.long_names(), samples.in_codex()):
        menu = QMenu()
        kept = TrayMenu(menu, _MENU_ACTIONS, icons, theme)
        kept.setParent(menu)
        kept.show_model(present(state, _NOW, UTC, t).menu, card_ink(theme.tokens))
        theme.apply_theme(menu)
        # Shown as a plain window it would be no larger than two thirds of the screen.
        menu.popup(QPoint())
        found.append(menu)
    inner = [menu for menu in found[-1].findChildren(QMenu) if menu.menuAction().isVisible()]
    for menu in inner:
        menu.popup(QPoint())
    QApplication.processEvents()
    return [*found, *inner]
