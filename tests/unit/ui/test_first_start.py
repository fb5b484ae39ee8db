"""The first start: the page with the three ways to begin, and when it is shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.commands import Arrange, EditSettings, Refresh, SendRunningNotification, StartLogin
from probe_tray.core.settings import Storage, change
from probe_tray.core.state import AppState
from probe_tray.ui.panel.card_list import CardList
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.panel.welcome import WelcomePage
from probe_tray.ui.shell import Shell
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import open_windows, opened, part, parts, press
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine
from tests.unit.ui.shell_contexts import shell_context

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)

CLIENTS = samples.account(
    "ana@example.com", samples.four().accounts[0].snapshot, stores=(StoreKind.OFFICIAL,), renewable=False
)
OURS = samples.account("lee@studio.example")


class Desktop:
    def __init__(self, app: QApplication, state: AppState, *, opens: bool = False) -> None:
        self.engine = FakeEngine(state)
        around = shell_context(desktop=this_desktop(), opens=opens)
        self.shell = Shell(app, self.engine, around, lambda: None)

    @property
    def page(self) -> WelcomePage:
        """The page while it is in sight."""
        return part(self.panel, WelcomePage)

    @property
    def panel(self) -> PanelWindow:
        return opened(PanelWindow)

    def sent(self) -> list[object]:
        return [
            sent
            for sent in self.engine.sent
            if isinstance(sent, Arrange | StartLogin | EditSettings | SendRunningNotification)
        ]


@pytest.fixture
def desktop(qtbot: QtBot, qapp: QApplication) -> Iterator[Desktop]:
    found = Desktop(qapp, AppState(loaded=True))
    found.shell.show_panel()
    yield found
    found.shell.close()


def test_a_window_that_opened_before_the_logins_were_read_grows_to_the_page(qtbot: QtBot, qapp: QApplication) -> None:
    early = Desktop(qapp, AppState())
    early.shell.show_panel()
    early.engine.change(AppState(loaded=True))
    early.shell.draw()
    try:
        assert early.page.height() >= early.page.heightForWidth(early.page.width())
    finally:
        early.shell.close()


def test_the_clients_login_is_shown_with_its_number_and_a_way_to_log_in_here(qtbot: QtBot, qapp: QApplication) -> None:
    desktop = Desktop(qapp, samples.only([CLIENTS]))
    desktop.shell.show_panel()
    panel = desktop.panel
    assert not parts(panel, WelcomePage)
    spoken = part(panel, CardList).model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "ana@example.com" in spoken
    assert "% used" in spoken
    press(panel, "Log in to Codex…")
    assert desktop.sent() == [StartLogin()]
    desktop.shell.close()


def test_the_page_can_look_again_for_logins(desktop: Desktop) -> None:
    QTest.keyClick(desktop.panel, Qt.Key.Key_F5)
    assert Refresh() in desktop.engine.sent


def test_logging_in_is_the_first_way(desktop: Desktop) -> None:
    press(desktop.page, "Log in to Codex…")
    assert desktop.sent() == [StartLogin()]


def test_a_folder_that_is_chosen_is_used_at_once(desktop: Desktop, tmp_path: Path) -> None:
    press(desktop.page, "Choose a folder of logins…")
    (dialog,) = (w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
    assert dialog.windowTitle() == "Choose a folder for logins"
    assert not desktop.sent()
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    assert desktop.sent() == [EditSettings(change(storage=Storage.FOLDER, sync_dir=str(tmp_path)))]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (AppState(), False),
        (AppState(loaded=True), True),
        (samples.only([CLIENTS]), False),
        (samples.only([CLIENTS, OURS]), False),
        (samples.only([OURS]), False),
        (replace(AppState(loaded=True), api_key=ApiKeyLogin(location="x")), False),
        (AppState(loaded=True, store_problems=samples.troubled_lives().store_problems), False),
    ],
)
def test_the_page_is_there_while_nothing_else_is(
    qtbot: QtBot, qapp: QApplication, state: AppState, *, shown: bool
) -> None:
    desktop = Desktop(qapp, state)
    desktop.shell.show_panel()
    assert len(parts(desktop.panel, WelcomePage)) == shown
    desktop.shell.close()


@pytest.mark.parametrize("state", [AppState(loaded=True), samples.only([CLIENTS]), samples.four()])
def test_a_start_by_hand_opens_the_panel_once(qtbot: QtBot, qapp: QApplication, state: AppState) -> None:
    desktop = Desktop(qapp, AppState(), opens=True)
    assert not open_windows(PanelWindow)
    desktop.engine.change(state)
    desktop.shell.draw()
    qtbot.waitUntil(lambda: bool(open_windows(PanelWindow)), timeout=PATIENCE_MS)
    desktop.panel.close()
    desktop.shell.draw()
    desktop.engine.sent.clear()
    assert not open_windows(PanelWindow)
    desktop.shell.close()


def test_a_start_in_the_background_opens_nothing(qtbot: QtBot, qapp: QApplication) -> None:
    desktop = Desktop(qapp, samples.four(), opens=False)
    desktop.shell.draw()
    assert not open_windows(PanelWindow)
    desktop.shell.close()


def test_closing_the_window_says_once_that_the_program_keeps_running(desktop: Desktop) -> None:
    desktop.panel.close()
    assert desktop.sent() == [SendRunningNotification(), Arrange(Arrangement(tray_told=True))]
    desktop.engine.change(replace(desktop.engine.state, arrangement=Arrangement(tray_told=True)))
    desktop.shell.show_panel()
    desktop.panel.close()
    assert desktop.engine.sent.count(SendRunningNotification()) == 1
