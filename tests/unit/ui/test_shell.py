"""The whole desktop over a fake engine."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QMenu, QPushButton, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.core.account.arrangement import Arrangement, Sort
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.quiet_hours import Pause
from probe_tray.core.commands import (
    Arrange,
    CancelLogin,
    CheckNotifications,
    DismissTrouble,
    EditSettings,
    FindProxy,
    LookAt,
    OpenNotificationSettings,
    OpenReleasePage,
    PanelOpened,
    PauseNotifications,
    ReadStores,
    Refresh,
    Renew,
    ReopenBrowser,
    SendTestNotification,
    ShowDetails,
    StartLogin,
)
from probe_tray.core.errors import HookFailedError
from probe_tray.core.quota.history import Span
from probe_tray.core.settings import Language, Settings, change
from probe_tray.core.state import AppState, LoginPhase, LoginState, RenewalRound
from probe_tray.core.transfer.state import ReadFiles, ReadPasted
from probe_tray.core.update.release import Release
from probe_tray.ui.bridge import Bridge
from probe_tray.ui.details.details_window import DetailsWindow
from probe_tray.ui.login.login_dialog import LoginDialog
from probe_tray.ui.panel.banner import Banner
from probe_tray.ui.panel.card_list import CardList
from probe_tray.ui.panel.card_model import CARD_ROLE
from probe_tray.ui.panel.footer import Footer
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.shell import Shell
from probe_tray.ui.transfer.export_dialog import ExportDialog
from probe_tray.ui.transfer.import_dialog import ImportDialog
from probe_tray.ui.tray.tray import TrayIcon
from probe_tray.view.view_models import ActionKind, CardAction
from tests.support.drops import drop, files
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import buttons, open_windows, opened, part, parts, press, tray_icon, tray_menu
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine, StoppedClock
from tests.unit.ui.shell_contexts import shell_context

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


class Desktop:
    """A shell, its engine, and what a person can do with them."""

    def __init__(self, qtbot: QtBot, app: QApplication, *, tray: bool = True) -> None:
        self.bot = qtbot
        self.tray = tray
        self.engine = FakeEngine(samples.four())
        self.clock = StoppedClock()
        self.ended = 0
        around = shell_context(clock=self.clock, desktop=this_desktop(), tray_available=lambda: self.tray)
        self.shell = Shell(app, self.engine, around, self._end)

    def _end(self) -> None:
        self.ended += 1

    @property
    def panel(self) -> PanelWindow:
        return opened(PanelWindow)

    @property
    def cards(self) -> CardList:
        return part(self.panel, CardList, "Accounts")

    @property
    def tray_place(self) -> TrayIcon:
        """What looks for the tray now and then."""
        (found,) = self.shell.findChildren(TrayIcon)
        return found

    def click_icon(self) -> None:
        tray_icon(self.shell).activated.emit(QSystemTrayIcon.ActivationReason.Trigger)

    def status(self) -> str:
        """What stands at the foot of the panel."""
        (foot,) = (label for label in parts(part(self.panel, Footer), QLabel) if label.text())
        return foot.text()

    @property
    def login(self) -> LoginDialog:
        return opened(LoginDialog)

    def rows(self, submenu: str = "") -> list[str]:
        """The rows of the icon's menu, or of a menu in it."""
        menu = tray_menu(self.shell)
        if submenu:
            menu = self.submenu(submenu)
        return [a.text() for a in menu.actions() if a.isVisible() and not a.isSeparator()]

    def submenu(self, text: str) -> QMenu:
        menu = self.row(text).menu()
        assert isinstance(menu, QMenu)
        return menu

    def row(self, text: str) -> QAction:
        return next(a for a in tray_menu(self.shell).actions() if a.isVisible() and text in a.text())

    def more(self, text: str) -> QAction:
        """A row of what is rarely needed."""
        return next(a for a in self.submenu("&More").actions() if a.isVisible() and text in a.text())

    def change(self, state: AppState) -> None:
        self.engine.change(state)
        self.shell.draw()


@pytest.fixture
def desktop(qtbot: QtBot, qapp: QApplication) -> Iterator[Desktop]:
    found = Desktop(qtbot, qapp)
    yield found
    found.shell.close()


def test_the_engine_knows_which_accounts_are_looked_at(desktop: Desktop, qtbot: QtBot) -> None:
    desktop.shell.show_panel()
    everybody = frozenset(account.key for account in desktop.engine.state.accounts)
    qtbot.waitUntil(lambda: LookAt(everybody) in desktop.engine.sent, timeout=PATIENCE_MS)
    desktop.panel.close()
    assert desktop.engine.sent[-1] == LookAt(frozenset())


def test_a_middle_click_on_the_icon_checks_now_and_opens_nothing(desktop: Desktop) -> None:
    before = len(desktop.engine.sent)
    tray_icon(desktop.shell).activated.emit(QSystemTrayIcon.ActivationReason.MiddleClick)
    assert desktop.engine.sent[before:] == [Refresh()]
    assert not open_windows(PanelWindow)


def test_a_closed_panel_is_drawn_when_it_opens_and_not_before(desktop: Desktop) -> None:
    desktop.change(replace(desktop.engine.state, accounts=desktop.engine.state.accounts[:2]))
    desktop.shell.show_panel()
    cards = desktop.cards.model()
    assert cards.rowCount() == 2
    desktop.panel.close()
    desktop.change(samples.four())
    assert cards.rowCount() == 2
    desktop.shell.show_panel()
    assert cards.rowCount() == 4


def test_the_menu_has_its_rows_in_order(desktop: Desktop) -> None:
    assert desktop.rows() == [
        "2 of 4 can work",
        "Best now: ana@example.com, 58% of the 5 hours free",
        "&Log in to Codex…",
        "old@example.com — log in again",
        "research@example.com — full until Fri 18:20",
        "lee@studio.example — 88% · 61% used",
        "ana@example.com — 42% · 17% used",
        "&Refresh now",
        "&Pause notifications",
        "&More",
        "&Open Probe Tray",
        "&Settings…",
        "&Quit",
    ]
    assert desktop.rows("&More") == [
        "Re&new logins…",
        "&Test models…",
        "Set up s&ync…",
        "&Import…",
        "&Export…",
        "&Hide names",
        "Help and &guides",
        "A&bout",
    ]


@pytest.mark.parametrize(("accounts", "rows"), [(0, 8), (1, 9), (3, 12), (20, 16), (100, 16)])
def test_the_menu_stays_short_with_many_accounts(desktop: Desktop, accounts: int, rows: int) -> None:
    desktop.change(samples.many(accounts))
    shown = desktop.rows()
    assert len(shown) == rows
    assert any("Log in to Codex" in row for row in shown[:3])


def test_no_two_rows_of_the_menu_have_the_same_key(desktop: Desktop) -> None:
    for rows, count in ((desktop.rows(), 7), (desktop.rows("&More"), 8)):
        keys = [text[text.index("&") + 1].lower() for text in rows if "&" in text]
        assert len(keys) == len(set(keys)) == count


@pytest.mark.parametrize(("text", "command"), [("Log in to Codex", StartLogin()), ("Refresh now", Refresh())])
def test_a_row_of_the_menu_sends_its_command(desktop: Desktop, text: str, command: object) -> None:
    desktop.row(text).trigger()
    assert desktop.engine.sent == [command]


@pytest.mark.parametrize(("text", "pause"), [("hour", Pause.HOUR), ("tomorrow", Pause.TOMORROW), ("Resume", None)])
def test_notifications_are_paused_and_shown_again_from_the_menu(
    desktop: Desktop, text: str, pause: Pause | None
) -> None:
    desktop.change(replace(samples.four(), paused_until=samples.NOW + timedelta(hours=1)))
    submenu = desktop.submenu("Notifications &paused until 14:52")
    next(a for a in submenu.actions() if a.isVisible() and text in a.text()).trigger()
    assert desktop.engine.sent == [PauseNotifications(pause)]


def test_what_is_not_paused_cannot_be_resumed(desktop: Desktop) -> None:
    assert desktop.rows("Pause notifications") == ["For an &hour", "Until &tomorrow 08:00"]


def test_a_test_notification_is_asked_for_in_the_settings(desktop: Desktop) -> None:
    desktop.row("Settings").trigger()
    dialog = opened(SettingsDialog)
    sidebar = part(dialog, QListWidget)
    sidebar.setCurrentItem(*sidebar.findItems("Notifications", Qt.MatchFlag.MatchExactly))
    press(dialog, "Show a test notification")
    assert desktop.engine.sent == [FindProxy(None), CheckNotifications(), SendTestNotification()]
    assert dialog.isVisible()
    desktop.change(replace(samples.four(), notifications_allowed=False))
    assert any(label.isVisible() and "turned off" in label.text() for label in dialog.findChildren(QLabel))
    press(dialog, "Open system settings")
    assert desktop.engine.sent[-1] == OpenNotificationSettings()
    desktop.change(samples.four())
    assert not any("turned off" in label.text() for label in dialog.findChildren(QLabel))
    assert not any(b.isVisible() for b in dialog.findChildren(QPushButton) if b.text() == "&Open system settings")


def test_the_engine_is_told_while_a_window_is_in_use(desktop: Desktop) -> None:
    desktop.row("Settings").trigger()
    desktop.bot.waitUntil(lambda: desktop.engine.windows_in_use, timeout=PATIENCE_MS)
    desktop.shell.show_panel()
    opened(SettingsDialog).reject()
    desktop.panel.close()
    desktop.bot.waitUntil(lambda: not desktop.engine.windows_in_use, timeout=PATIENCE_MS)


def test_a_window_that_is_not_touched_for_ten_minutes_counts_as_left_until_it_is(
    desktop: Desktop, qapp: QApplication
) -> None:
    desktop.row("Settings").trigger()
    settings = opened(SettingsDialog)
    desktop.bot.waitUntil(lambda: desktop.engine.windows_in_use, timeout=PATIENCE_MS)
    (idle,) = (timer for timer in qapp.findChildren(QTimer) if timer.isActive() and timer.interval() == 600_000)
    idle.timeout.emit()
    assert not desktop.engine.windows_in_use
    QTest.keyClick(settings.windowHandle(), Qt.Key.Key_Tab)
    desktop.bot.waitUntil(lambda: desktop.engine.windows_in_use, timeout=PATIENCE_MS)
    assert idle.isActive()
    settings.reject()


def test_renewing_from_the_menu_shows_what_comes_of_it(desktop: Desktop) -> None:
    desktop.more("Re&new logins").trigger()
    assert desktop.engine.sent == [Renew(), PanelOpened()]
    assert desktop.panel.isVisible()
    ended = RenewalRound(ended_at=samples.NOW, renewed=1, fresh=2, failed=1)
    desktop.change(replace(samples.four(), round=ended))
    assert desktop.status() == "1 login renewed · 1 failed · 2 not due yet"
    desktop.change(replace(samples.four(), round=RenewalRound(ended_at=samples.NOW, fresh=2)))
    assert desktop.status() == "No login needs renewing yet"
    desktop.clock.time += timedelta(minutes=3)
    desktop.change(replace(samples.four(), round=ended))
    assert desktop.status().startswith("Up to date")


def test_a_login_that_succeeded_opens_the_panel_at_its_card(desktop: Desktop) -> None:
    state = samples.many(100)
    new = state.accounts[77].key
    desktop.change(replace(state, login=LoginState(phase=LoginPhase.EXCHANGING)))
    assert not open_windows(PanelWindow)
    desktop.change(replace(state, login=LoginState(phase=LoginPhase.DONE, account=new)))
    assert desktop.panel.isVisible()
    assert desktop.cards.currentIndex().data(CARD_ROLE).key == new
    desktop.panel.close()
    desktop.change(replace(desktop.engine.state, loaded=True))
    assert not open_windows(PanelWindow)


def test_quit_ends_the_program(desktop: Desktop) -> None:
    desktop.row("Quit").trigger()
    assert desktop.ended == 1


def test_the_menu_changes_in_place(desktop: Desktop) -> None:
    row = desktop.row("ana@example.com —")
    desktop.change(samples.only(samples.four().accounts[:1]))
    assert desktop.rows()[2] == "ana@example.com — 42% · 17% used"
    assert not any("lee@" in row for row in desktop.rows())
    desktop.change(samples.four())
    assert desktop.row("ana@example.com —") is row


def test_the_account_to_go_on_with_opens_from_the_menu(desktop: Desktop) -> None:
    desktop.row("Best now: ana@example.com").trigger()
    assert desktop.panel.isVisible()
    assert desktop.cards.currentIndex().data() == "ana@example.com"


def test_an_ampersand_in_a_name_is_itself(desktop: Desktop) -> None:
    desktop.change(samples.only([samples.account("a&b@example.com")]))
    assert desktop.rows()[2].startswith("a&&b@example.com")


def test_more_than_six_accounts_end_with_all_of_them_in_the_panel(desktop: Desktop) -> None:
    desktop.change(samples.many(100))
    desktop.row("All 100 accounts").trigger()
    assert desktop.panel.isVisible()


def test_an_account_in_the_menu_opens_the_panel_at_it(desktop: Desktop) -> None:
    desktop.change(samples.many(100))
    row = next(row for row in desktop.rows() if row.startswith("builder-"))
    name = row.split(" — ")[0]
    desktop.row(row).trigger()
    assert desktop.panel.isVisible()
    assert desktop.cards.currentIndex().data() == name


def test_many_changes_are_drawn_once(desktop: Desktop) -> None:
    drawn: list[str] = []
    desktop.shell.show_panel()
    show = desktop.panel.show_model
    desktop.panel.show_model = lambda model: (drawn.append(model.headline), show(model))[0]
    for count in range(1, 50):
        desktop.engine.change(samples.many(count))
    desktop.bot.waitUntil(lambda: bool(drawn), timeout=PATIENCE_MS)
    assert drawn == ["46 of 49 can work"]


def test_what_is_looked_at_changes_nothing_that_is_drawn(desktop: Desktop) -> None:
    drawn: list[str] = []
    desktop.shell.show_panel()
    show, state = desktop.panel.show_model, desktop.engine.state
    desktop.panel.show_model = lambda model: (drawn.append(model.headline), show(model))[0]
    (bridge,) = desktop.shell.findChildren(Bridge)
    for count in (1, 2, 3):
        seen = frozenset(account.key for account in state.accounts[:count])
        desktop.engine.change(replace(state, visible_accounts=seen, windows_in_use=count == 2))
    assert [timer.interval() for timer in bridge.findChildren(QTimer) if timer.isActive()] == [60_200]
    desktop.engine.change(replace(desktop.engine.state, visible_accounts=frozenset(), accounts=state.accounts[:2]))
    desktop.bot.waitUntil(lambda: bool(drawn), timeout=PATIENCE_MS)
    assert len(drawn) == 1


def test_time_passing_is_drawn_at_the_next_minute(desktop: Desktop) -> None:
    desktop.shell.show_panel()
    desktop.clock.time += timedelta(seconds=20)
    desktop.shell.draw()
    (bridge,) = desktop.shell.findChildren(Bridge)
    (tick,) = (timer for timer in bridge.findChildren(QTimer) if timer.isActive())
    assert 40_000 <= tick.interval() <= 40_300
    before = desktop.status()
    desktop.clock.time += timedelta(minutes=1)
    tick.timeout.emit()
    assert desktop.status() != before


def test_the_icon_tells_the_same(desktop: Desktop) -> None:
    icon = tray_icon(desktop.shell)
    assert icon.toolTip().startswith("Probe Tray\n2 of 4 can work\nresearch")
    before = icon.icon().cacheKey()
    desktop.change(samples.four())
    assert icon.icon().cacheKey() == before
    desktop.change(samples.only(samples.four().accounts[:1]))
    assert icon.icon().cacheKey() != before


def test_a_click_on_the_icon_opens_the_panel(desktop: Desktop) -> None:
    desktop.click_icon()
    assert desktop.panel.isVisible()


def test_without_a_tray_the_panel_is_the_window_and_closing_it_ends_the_program(
    qtbot: QtBot, qapp: QApplication
) -> None:
    desktop = Desktop(qtbot, qapp, tray=False)
    for _ in range(3):
        assert not open_windows(PanelWindow)
        desktop.tray_place.look()
    assert desktop.panel.isVisible()
    desktop.panel.close()
    assert desktop.ended == 1
    desktop.shell.close()


def test_a_tray_that_comes_late_gets_its_icon(qtbot: QtBot, qapp: QApplication) -> None:
    desktop = Desktop(qtbot, qapp, tray=False)
    desktop.shell.show_panel()
    desktop.tray = True
    assert not desktop.shell.findChildren(QSystemTrayIcon)
    desktop.tray_place.look()
    assert tray_icon(desktop.shell).isVisible()
    desktop.panel.close()
    assert desktop.ended == 0
    desktop.shell.close()


def test_a_login_shows_its_window_and_its_buttons_work(desktop: Desktop) -> None:
    desktop.engine.address = Secret("http://127.0.0.1/authorize?state=s")
    desktop.change(replace(samples.four(), login=samples.waiting_login()))
    assert desktop.login.isVisible()
    assert not desktop.login.isModal()
    press(desktop.login, "Open the page again")
    press(desktop.login, "Copy address")
    assert QGuiApplication.clipboard().text() == "http://127.0.0.1/authorize?state=s"
    press(desktop.login, "Cancel")
    assert desktop.engine.sent == [ReopenBrowser(), CancelLogin()]


def test_the_window_of_a_login_opens_beside_the_one_in_front_and_later_where_it_was(
    desktop: Desktop, qtbot: QtBot
) -> None:
    desktop.shell.show_panel()
    qtbot.waitUntil(desktop.panel.isActiveWindow, timeout=PATIENCE_MS)
    desktop.change(replace(samples.four(), login=samples.waiting_login()))
    assert not desktop.login.frameGeometry().intersects(desktop.panel.frameGeometry())
    desktop.login.move(30, 40)
    desktop.change(samples.four())
    desktop.change(replace(samples.four(), login=samples.waiting_login()))
    assert desktop.login.pos() == QPoint(30, 40)


def test_a_finished_login_takes_its_window_away_without_cancelling(desktop: Desktop) -> None:
    desktop.change(replace(samples.four(), login=samples.waiting_login()))
    desktop.change(samples.four())
    assert not open_windows(LoginDialog)
    assert desktop.engine.sent == []


def test_a_failed_login_can_be_tried_again(desktop: Desktop) -> None:
    desktop.change(replace(samples.four(), login=samples.failed_login()))
    assert "Copy address" not in buttons(desktop.login)
    press(desktop.login, "Try again")
    assert desktop.engine.sent == [StartLogin(None)]


def test_escape_puts_a_failed_login_away(desktop: Desktop) -> None:
    desktop.change(replace(samples.four(), login=samples.failed_login()))
    QTest.keyClick(desktop.login, Qt.Key.Key_Escape)
    assert desktop.engine.sent == [CancelLogin()]
    assert not open_windows(LoginDialog)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (ActionKind.LOG_IN, StartLogin()),
        (ActionKind.REFRESH, Refresh()),
        (ActionKind.READ_STORES, ReadStores()),
        (ActionKind.DISMISS, DismissTrouble()),
        (ActionKind.RENEW, Renew()),
    ],
)
def test_a_button_sends_its_command(desktop: Desktop, kind: ActionKind, command: object) -> None:
    desktop.shell.act(CardAction(kind=kind, label=""))
    assert desktop.engine.sent == [command]


def test_the_word_about_notifications_leads_to_their_page(desktop: Desktop) -> None:
    desktop.shell.act(CardAction(kind=ActionKind.NOTIFICATION_SETTINGS, label=""))
    assert desktop.engine.sent[0] == DismissTrouble()
    assert CheckNotifications() in desktop.engine.sent
    assert opened(SettingsDialog).pages.field("warn_used_percent").widget.isVisible()


def test_what_keeps_the_system_from_starting_it_stands_beside_the_switch(desktop: Desktop) -> None:
    def notes() -> list[str]:
        return [one.text() for one in opened(SettingsDialog).findChildren(QLabel) if one.isVisible()]

    desktop.shell.show_settings()
    assert "It starts quietly in the tray." in notes()
    opened(SettingsDialog).close()
    desktop.engine.login_obstacle = "Windows has turned it off. Turn it on in Task Manager, under Startup apps."
    desktop.shell.show_settings()
    assert desktop.engine.login_obstacle in notes()
    assert "It starts quietly in the tray." not in notes()


def test_a_program_that_is_tried_is_said_to_run_until_it_has_ended(desktop: Desktop) -> None:
    desktop.shell.show_settings()
    dialog = opened(SettingsDialog)
    dialog.reveal("hook")

    def said() -> set[str]:
        return {label.text() for label in dialog.findChildren(QLabel) if label.isVisible()}

    dialog.pages.field("hook").show("/usr/local/bin/hook")
    dialog.pages.program_wanted.emit("/usr/local/bin/hook")
    assert desktop.engine.tried_hooks == ["/usr/local/bin/hook"]
    assert "Running it…" in said()
    desktop.engine.end_hook(HookFailedError(path="/usr/local/bin/hook", reason="it exited with code 3").problem)
    assert "Running it…" not in said()
    assert any("it exited with code 3" in text for text in said())
    dialog.pages.program_wanted.emit("/usr/local/bin/hook")
    desktop.engine.end_hook(None)
    assert "It works." in said()


def test_what_came_of_trying_a_program_is_said_of_no_other_and_not_at_the_next_opening(desktop: Desktop) -> None:
    def open_with(program: str) -> SettingsDialog:
        desktop.shell.show_settings()
        dialog = opened(SettingsDialog)
        dialog.reveal("hook")
        dialog.pages.field("hook").show(program)
        return dialog

    def said() -> set[str]:
        return {label.text() for label in opened(SettingsDialog).findChildren(QLabel) if label.isVisible()}

    dialog = open_with("/usr/local/bin/hook")
    dialog.pages.program_wanted.emit("/usr/local/bin/hook")
    desktop.engine.end_hook(None)
    assert "It works." in said()
    dialog.pages.field("hook").show("/usr/local/bin/other")
    assert "It works." not in said()
    dialog.pages.program_wanted.emit("/usr/local/bin/other")
    dialog.pages.field("hook").show("/usr/local/bin/hook")
    desktop.engine.end_hook(None)
    assert "It works." not in said()
    dialog.pages.program_wanted.emit("/usr/local/bin/hook")
    desktop.engine.end_hook(None)
    dialog.close()
    open_with("/usr/local/bin/hook")
    assert "It works." not in said()


def test_settings_are_saved(desktop: Desktop) -> None:
    desktop.row("Settings").trigger()
    dialog = opened(SettingsDialog)
    assert not dialog.isModal()
    dialog.pages.field("poll_minutes").show(15)
    dialog.accept()
    assert desktop.engine.sent == [FindProxy(None), CheckNotifications(), EditSettings(change(poll_minutes=15))]


def test_a_search_is_shown_at_once_and_an_arrangement_is_sent(desktop: Desktop) -> None:
    desktop.change(samples.many(20))
    desktop.shell.show_panel()
    search = part(desktop.panel, QLineEdit, "Find an account")
    QTest.keyClicks(search, "builder-01")
    assert desktop.cards.model().rowCount() == 10
    desktop.engine.sent.clear()
    press(desktop.panel, "Keep this window open")
    search.clear()
    desktop.cards.setCurrentIndex(desktop.cards.model().index(0, 0))
    QTest.keyClick(desktop.cards, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    pinned, moved = desktop.engine.sent
    assert pinned == Arrange(Arrangement(pinned=True))
    assert isinstance(moved, Arrange)
    assert moved.arrangement.sort is Sort.OWN
    assert len(moved.arrangement.order) == 20


def test_the_click_that_took_the_panel_away_does_not_bring_it_back(desktop: Desktop) -> None:
    desktop.shell.show_panel()
    desktop.panel.left.emit()
    desktop.panel.close()
    desktop.click_icon()
    assert not open_windows(PanelWindow)


def test_the_details_of_an_account_open_and_end_with_the_program(desktop: Desktop) -> None:
    account = desktop.engine.state.accounts[0]
    desktop.shell.act(CardAction(kind=ActionKind.DETAILS, label="", key=account.key))
    assert open_windows(DetailsWindow)
    assert ShowDetails(account.key, Span.WEEK) in desktop.engine.sent


def test_after_the_end_nothing_is_drawn_or_sent(qtbot: QtBot, qapp: QApplication) -> None:
    desktop = Desktop(qtbot, qapp)
    desktop.change(replace(samples.four(), login=samples.waiting_login()))
    desktop.shell.show_panel()
    desktop.shell.close()
    assert not desktop.engine.watched
    assert desktop.engine.sent == [PanelOpened()]
    assert desktop.ended == 0
    assert not open_windows(PanelWindow)


def test_files_that_are_dropped_on_the_cards_are_imported(desktop: Desktop) -> None:
    desktop.shell.show_panel()
    assert drop(desktop.cards.viewport(), files(Path("/logins/a.json")))
    assert ReadFiles(("/logins/a.json",)) in desktop.engine.sent
    assert open_windows(ImportDialog)


def test_what_is_pasted_into_the_cards_is_imported(desktop: Desktop) -> None:
    QGuiApplication.clipboard().setText("no login")
    desktop.shell.show_panel()
    assert QTest.qWaitForWindowActive(desktop.panel, PATIENCE_MS)
    QTest.keyClick(desktop.cards, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    QGuiApplication.clipboard().clear()
    assert [type(command) for command in desktop.engine.sent if isinstance(command, ReadPasted)] == [ReadPasted]
    assert open_windows(ImportDialog)


def test_import_and_export_open_from_the_menu_and_speak_the_new_language(desktop: Desktop) -> None:
    desktop.more("Import…").trigger()
    desktop.more("Export…").trigger()
    desktop.change(replace(desktop.engine.state, settings=Settings(language=Language.CHINESE)))
    assert (opened(ImportDialog).windowTitle(), opened(ExportDialog).windowTitle()) == ("导入登录", "导出")


def test_an_open_export_does_not_wait_for_the_menu_to_name_a_new_plan(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probe_tray.ui.bridge._MENU_AFTER", 10 * PATIENCE_MS)
    desktop.more("Export…").trigger()
    state = desktop.engine.state
    *others, last = state.accounts
    assert last.snapshot is not None
    desktop.engine.change(
        replace(state, accounts=(*others, replace(last, snapshot=replace(last.snapshot, plan="edu"))))
    )
    rows = part(opened(ExportDialog), QListWidget)
    desktop.bot.waitUntil(lambda: "Edu" in rows.item(rows.count() - 1).text(), timeout=PATIENCE_MS)


def test_a_newer_version_is_in_the_menu_and_at_the_foot_of_the_panel(desktop: Desktop) -> None:
    newer = replace(desktop.engine.state, release=Release(version="2.0.0"))
    desktop.change(newer)
    desktop.row("New &version 2.0.0…").trigger()
    desktop.shell.show_panel()
    foot = part(desktop.panel, Banner)
    assert foot.accessibleName() == "Probe Tray 2.0.0 is available."
    assert foot.mapToGlobal(QPoint()).y() > desktop.cards.mapToGlobal(desktop.cards.rect().bottomLeft()).y()
    press(foot, "What's new")
    assert desktop.engine.sent.count(OpenReleasePage()) == 2
    desktop.change(replace(newer, release=None))
    assert not foot.isVisible()
    assert not any("version" in row for row in desktop.rows())
