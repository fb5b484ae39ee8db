"""The first start: the page with the three ways to begin, and when it is shown."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.commands import Arrange, ChangeSettings, LogIn, Refresh
from probe_tray.core.settings import Storage, change
from probe_tray.core.state import AppState
from probe_tray.ui.panel.welcome import WelcomePage
from probe_tray.ui.shell import Shell, Surroundings
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine, FakeInspector, StoppedClock

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)

CLIENTS = samples.account(
    "ana@example.com", samples.four().accounts[0].snapshot, stores=(StoreKind.OFFICIAL,), renewable=False
)
OURS = samples.account("lee@studio.example")


class Desktop:
    def __init__(self, app: QApplication, state: AppState, *, greets: bool = False) -> None:
        self.engine = FakeEngine(state)
        around = Surroundings(
            translator=Translator(),
            clock=StoppedClock(),
            zone=UTC,
            inspector=FakeInspector(),
            greets=greets,
            tray_available=lambda: True,
        )
        self.shell = Shell(app, self.engine, around, lambda: None)

    @property
    def page(self) -> WelcomePage:
        return self.shell._panel._welcome

    def wishes(self) -> list[object]:
        return [sent for sent in self.engine.sent if isinstance(sent, Arrange | LogIn | ChangeSettings)]


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
    early.shell._bridge.draw()
    try:
        assert early.page.height() >= early.page.heightForWidth(early.page.width())
    finally:
        early.shell.close()


def test_the_clients_login_is_shown_with_its_number_and_a_way_to_log_in_here(qtbot: QtBot, qapp: QApplication) -> None:
    desktop = Desktop(qapp, samples.only([CLIENTS]))
    desktop.shell.show_panel()
    panel = desktop.shell._panel
    assert not desktop.page.isVisible()
    spoken = panel._cards.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "ana@example.com" in spoken
    assert "% used" in spoken
    panel._log_in.click()
    assert desktop.wishes() == [LogIn()]
    desktop.shell.close()


def test_a_first_start_with_the_clients_login_opens_the_panel_and_no_later_one_does(
    qtbot: QtBot, qapp: QApplication
) -> None:
    desktop = Desktop(qapp, AppState(), greets=True)
    desktop.engine.change(samples.only([CLIENTS]))
    desktop.shell._bridge.draw()
    qtbot.waitUntil(desktop.shell._panel.isVisible)
    assert desktop.wishes() == [Arrange(Arrangement(welcomed=True))]
    desktop.shell.close()
    later = Desktop(qapp, replace(samples.only([CLIENTS]), arrangement=Arrangement(welcomed=True)), greets=True)
    later.shell._bridge.draw()
    assert later.wishes() == []
    assert later.shell._greets
    later.shell.close()


def test_the_page_can_look_again_for_logins(desktop: Desktop) -> None:
    QTest.keyClick(desktop.shell._panel, Qt.Key.Key_F5)
    assert Refresh() in desktop.engine.sent


def test_logging_in_is_the_first_way(desktop: Desktop) -> None:
    desktop.page._button.click()
    assert desktop.wishes() == [LogIn()]


def test_a_folder_that_is_chosen_is_used_at_once(desktop: Desktop, tmp_path: Path) -> None:
    desktop.page._folder.click()
    (dialog,) = (w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
    assert dialog.windowTitle() == "Choose a folder for logins"
    assert not desktop.wishes()
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    assert desktop.wishes() == [ChangeSettings(change(storage=Storage.FOLDER, sync_dir=str(tmp_path)))]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (AppState(), False),
        (AppState(loaded=True), True),
        (samples.only([CLIENTS]), False),
        (samples.only([CLIENTS, OURS]), False),
        (samples.only([OURS]), False),
        (replace(AppState(loaded=True), arrangement=Arrangement(welcomed=True)), True),
        (replace(AppState(loaded=True), api_key=ApiKeyLogin(location="x")), False),
        (AppState(loaded=True, store_problems=samples.troubled_lives().store_problems), False),
    ],
)
def test_the_page_is_there_while_nothing_else_is(
    qtbot: QtBot, qapp: QApplication, state: AppState, *, shown: bool
) -> None:
    desktop = Desktop(qapp, state)
    desktop.shell.show_panel()
    assert desktop.page.isVisible() is shown
    desktop.shell.close()


def test_a_first_start_opens_the_panel_once(qtbot: QtBot, qapp: QApplication) -> None:
    desktop = Desktop(qapp, AppState(), greets=True)
    desktop.engine.change(AppState(loaded=True))
    desktop.shell._bridge.draw()
    qtbot.waitUntil(desktop.shell._panel.isVisible)
    desktop.shell._panel.close()
    desktop.shell._bridge.draw()
    assert not desktop.shell._greets
    desktop.shell.close()


@pytest.mark.parametrize(("state", "greets"), [(AppState(loaded=True), False), (samples.four(), True)])
def test_nobody_is_greeted_in_the_background_or_with_accounts(
    qtbot: QtBot, qapp: QApplication, state: AppState, *, greets: bool
) -> None:
    desktop = Desktop(qapp, state, greets=greets)
    desktop.shell._bridge.draw()
    assert desktop.shell._greets is greets
    assert not desktop.shell._panel.isVisible()
    desktop.shell.close()
