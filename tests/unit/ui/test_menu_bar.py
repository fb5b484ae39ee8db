"""The manners of a Mac, over a double of it: the Dock, the front, Spaces, and keys that every program has."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenuBar
from pytestqt.qtbot import QtBot

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.commands import Arrange
from probe_tray.ui.help.about_dialog import AboutDialog
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.shell import Shell
from tests.support.desktops import FakeDesktop
from tests.support.widgets import open_windows, opened, press, texts
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine
from tests.unit.ui.shell_contexts import shell_context

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


class Mac:
    def __init__(self, app: QApplication) -> None:
        self.app = app
        self.desktop = FakeDesktop(asks_before_ending=True, has_menu_bar=True, ends=False)
        self.engine = FakeEngine(samples.four())
        self.quits: list[bool] = []
        around = shell_context(desktop=self.desktop)
        self.shell = Shell(app, self.engine, around, lambda: self.quits.append(True))

    def ask_to_quit(self) -> bool:
        """What Qt does for Cmd-Q, the Dock and a log-out (``qcocoaapplicationdelegate.mm``); whether it quits."""
        event = QEvent(QEvent.Type.Quit)
        if not self.desktop.ends:
            QApplication.sendEvent(self.app, event)
        return event.isAccepted()

    def row(self, role: QAction.MenuRole) -> QAction:
        bars = (window for window in self.app.topLevelWidgets() if isinstance(window, QMenuBar))
        return next(row for bar in bars for row in bar.findChildren(QAction) if row.menuRole() is role)


@pytest.fixture
def mac(qapp: QApplication, qtbot: QtBot) -> Iterator[Mac]:
    mac = Mac(qapp)
    yield mac
    mac.shell.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_it_is_in_the_dock_while_a_window_is_open_that_others_may_cover(mac: Mac) -> None:
    mac.shell.show_panel()
    assert mac.desktop.in_dock == []
    mac.shell.show_settings()
    mac.shell.show_about()
    assert mac.desktop.in_dock == [True]
    opened(SettingsDialog).close()
    assert mac.desktop.in_dock == [True]
    opened(AboutDialog).close()
    assert mac.desktop.in_dock == [True, False]
    mac.shell.show_details(mac.engine.state.accounts[0].key)
    assert mac.desktop.in_dock == [True, False, True]


def test_the_panel_opens_in_the_space_that_is_in_front_and_before_other_programs(mac: Mac) -> None:
    mac.shell.show_panel()
    number = int(opened(PanelWindow).winId())
    assert mac.desktop.popovers[-1:] == [number]
    assert mac.desktop.forward[-1:] == [number]


def test_every_window_comes_before_other_programs(mac: Mac) -> None:
    mac.shell.show_settings()
    assert mac.desktop.forward[-1:] == [int(opened(SettingsDialog).winId())]


def test_quitting_by_key_explains_itself_once(mac: Mac) -> None:
    assert not mac.ask_to_quit()
    question = opened(QuestionDialog)
    assert "Quit Probe Tray?" in texts(question)
    press(question, "Keep running")
    assert (mac.quits, mac.engine.sent) == ([], [])
    assert not mac.ask_to_quit()
    press(opened(QuestionDialog), "Quit")
    assert mac.quits == [True]
    assert mac.engine.sent == [Arrange(Arrangement(quit_told=True))]


def test_whoever_has_said_so_once_is_not_asked_again(mac: Mac) -> None:
    mac.engine.change(replace(samples.four(), arrangement=Arrangement(quit_told=True)))
    assert not mac.ask_to_quit()
    assert mac.quits == [True]
    assert not open_windows(QuestionDialog)


def test_the_end_of_the_session_asks_nobody(mac: Mac) -> None:
    mac.desktop.ends = True
    assert mac.ask_to_quit()
    assert (mac.quits, open_windows(QuestionDialog)) == ([], [])


def test_the_menu_bar_has_the_keys_of_every_program(mac: Mac) -> None:
    role = QAction.MenuRole
    assert [mac.row(one).text().replace("&", "") for one in (role.AboutRole, role.PreferencesRole, role.QuitRole)] == [
        "About",
        "Settings…",
        "Quit",
    ]
    mac.row(role.PreferencesRole).trigger()
    assert open_windows(SettingsDialog)
    mac.row(role.QuitRole).trigger()
    assert open_windows(QuestionDialog)


def test_opened_once_more_in_finder_it_shows_its_panel(mac: Mac) -> None:
    mac.app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert opened(PanelWindow).isVisible()


@pytest.mark.parametrize("state", [Qt.ApplicationState.ApplicationInactive, Qt.ApplicationState.ApplicationHidden])
def test_left_for_another_program_it_opens_nothing(mac: Mac, state: Qt.ApplicationState) -> None:
    mac.app.applicationStateChanged.emit(state)
    assert open_windows(PanelWindow) == []


def test_where_a_window_is_open_that_one_comes_forward_alone(mac: Mac) -> None:
    mac.shell.show_about()
    mac.app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert open_windows(PanelWindow) == []
