"""When the panel's window is made, and what outlives it."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.core.commands import Arrange, SendRunningNotification
from probe_tray.ui.details.details_window import DetailsWindow
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.shell import Shell
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import open_windows, opened, part, plain, press
from tests.unit.ui import samples
from tests.unit.ui.panel.test_panel import list_of, search_of
from tests.unit.ui.samples import FakeEngine
from tests.unit.ui.shell_contexts import shell_context

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
PUT = QPoint(120, 90)


@pytest.fixture
def engine() -> FakeEngine:
    """A panel of which the person said that it stays: it has a frame and a place."""
    state = samples.many(30)
    return FakeEngine(replace(state, arrangement=replace(state.arrangement, pinned=True)))


@pytest.fixture
def shell(qapp: QApplication, engine: FakeEngine) -> Iterator[Shell]:
    found = Shell(qapp, engine, shell_context(desktop=this_desktop()), lambda: None)
    yield found
    found.close()


def test_no_window_is_made_before_one_is_wanted(qapp: QApplication, engine: FakeEngine) -> None:
    before = set(qapp.topLevelWidgets())
    shell = Shell(qapp, engine, shell_context(desktop=this_desktop()), lambda: None)
    made = set(qapp.topLevelWidgets()) - before
    assert not [window for window in made if isinstance(window, PanelWindow | QuestionDialog)]
    shell.close()


def test_a_new_panel_is_made_in_one_turn_and_shown_whole_in_a_later_one(shell: Shell, engine: FakeEngine) -> None:
    wanted = engine.state.accounts[20].key
    shell.show_panel()
    shell.show_panel(wanted)
    # A click on the icon, say.
    shell.show_panel()
    assert not open_windows(PanelWindow)
    cards = list_of(opened(PanelWindow))
    assert cards.model().rowCount() == len(engine.state.accounts)
    assert cards.currentIndex().data() == engine.state.accounts[20].email


def test_what_is_due_while_a_panel_is_made_comes_before_it_is_filled(shell: Shell) -> None:
    open_then: list[int] = []
    due = QTimer()
    due.setSingleShot(True)
    due.timeout.connect(lambda: open_then.append(len(open_windows(PanelWindow))))
    due.start(0)
    shell.show_panel()
    opened(PanelWindow)
    assert open_then == [0]


def test_a_panel_that_was_about_to_open_stays_away_once_the_program_ends(
    qapp: QApplication, engine: FakeEngine
) -> None:
    shell = Shell(qapp, engine, shell_context(desktop=this_desktop()), lambda: None)
    shell.show_panel()
    shell.close()
    # A notification is pressed while the program ends.
    shell.show_panel()
    for _ in range(10):
        qapp.processEvents()
    assert not open_windows(PanelWindow)


@pytest.mark.parametrize("was", ["never opened", "closed", "behind", "searched"])
def test_a_name_is_typed_in_the_panel_also_where_the_window_of_details_asks_for_it(
    shell: Shell, engine: FakeEngine, qtbot: QtBot, was: str
) -> None:
    account = engine.state.accounts[20]
    if was != "never opened":
        shell.show_panel()
        panel = opened(PanelWindow)
        if was == "closed":
            panel.close()
        elif was == "searched":
            search_of(panel).setText("nobody")
    shell.show_details(account.key)
    details = opened(DetailsWindow)
    qtbot.waitUntil(details.isActiveWindow, timeout=PATIENCE_MS)
    press(details, f"More about {account.email}")
    menu = part(details, QMenu)
    next(row for row in menu.actions() if plain(row.text()) == "Rename…").trigger()
    menu.close()
    panel = opened(PanelWindow)
    qtbot.waitUntil(panel.isActiveWindow, timeout=PATIENCE_MS)
    field = panel.focusWidget()
    assert isinstance(field, QLineEdit)
    assert field.selectedText() == account.email
    QTest.keyClicks(field, "Work")
    QTest.keyClick(field, Qt.Key.Key_Return)
    arrangement = engine.state.arrangement.named(account.key.slug, "Work")
    qtbot.waitUntil(lambda: Arrange(arrangement) in engine.sent, timeout=PATIENCE_MS)


def test_some_time_after_it_was_closed_the_panel_goes_and_the_next_one_has_its_place_and_no_search(
    shell: Shell, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probe_tray.ui.lazy_window.KEPT", 0)
    shell.show_panel()
    gone = opened(PanelWindow)
    gone.move(PUT)
    search_of(gone).setText("nobody")
    assert list_of(gone).model().rowCount() == 0
    gone.close()
    qtbot.waitUntil(lambda: not isValid(gone), timeout=PATIENCE_MS)
    # Taken away, it isn't closed once more.
    assert engine.sent.count(SendRunningNotification()) == 1
    shell.show_panel()
    panel = opened(PanelWindow)
    assert (panel.pos(), search_of(panel).text()) == (PUT, "")
    assert list_of(panel).model().rowCount() == len(engine.state.accounts)
