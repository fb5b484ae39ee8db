"""The lowest line of the panel: what was done, and how it is undone."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from probe_tray.core.feedback import Feedback, FeedbackKind, UndoRemoval
from probe_tray.core.state import AppState
from probe_tray.view.view_models import ActionKind
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import texts
from tests.unit.ui import samples
from tests.unit.ui.panel.test_panel import Shown

FOUR = samples.four()
ANA = FOUR.accounts[0]
REMOVED = Feedback(number=7, kind=FeedbackKind.REMOVED, account=ANA.key, undo=UndoRemoval(ANA.key))
RENEWED = Feedback(number=8, kind=FeedbackKind.RENEWED, account=FOUR.accounts[1].key)

USED = Feedback(number=9, kind=FeedbackKind.USED_IN_CODEX, account=FOUR.accounts[2].key)


def removed(state: AppState = FOUR, *more: Feedback) -> AppState:
    return replace(state, accounts=state.accounts[1:], removing=state.accounts[:1], feedback=(REMOVED, *more))


def undo_button(shown: Shown) -> QToolButton:
    (found,) = (one for one in shown.window.findChildren(QToolButton) if one.text() == "Undo")
    return found


def log_in(shown: Shown) -> QPushButton:
    (found,) = (one for one in shown.window.findChildren(QPushButton) if one.text() == "&Log in to Codex…" and one.y())
    return found


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Shown]:
    found = Shown(qapp)
    yield found
    found.window.close()
    found.window.deleteLater()


def test_feedback_stands_in_place_of_the_status_until_it_is_over(shown: Shown) -> None:
    shown.show(FOUR)
    before = texts(shown.window)
    assert any(text.startswith("Up to date") for text in before)
    shown.show(removed())
    assert f"Removed {ANA.email}." in texts(shown.window)
    shown.show(FOUR)
    QApplication.processEvents()
    assert texts(shown.window) == before
    assert not [one for one in shown.window.findChildren(QToolButton) if one.text() == "Undo" and one.isVisible()]


def test_a_click_on_undo_says_which_feedback_is_meant(shown: Shown) -> None:
    shown.show(removed())
    button = undo_button(shown)
    assert button.toolTip().startswith("Undo (Ctrl+Z")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [(action.kind, action.number) for action in shown.asked] == [(ActionKind.UNDO, 7)]


def test_the_keyboard_undoes_the_last_thing_even_when_another_sentence_stands_there(shown: Shown, qtbot: QtBot) -> None:
    shown.show(removed(FOUR, RENEWED))
    qtbot.waitUntil(shown.window.isActiveWindow, timeout=PATIENCE_MS)
    QTest.keyClick(shown.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [(action.kind, action.number) for action in shown.asked] == [(ActionKind.UNDO, 7)]


def test_nothing_to_undo_makes_the_key_do_nothing(shown: Shown, qtbot: QtBot) -> None:
    shown.show(FOUR)
    qtbot.waitUntil(shown.window.isActiveWindow, timeout=PATIENCE_MS)
    QTest.keyClick(shown.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown.asked == []


def test_a_late_click_on_undo_does_not_meet_the_button_for_logging_in(shown: Shown) -> None:
    shown.show(FOUR)
    place = log_in(shown).geometry()
    shown.show(removed())
    QApplication.processEvents()
    assert log_in(shown).geometry().left() == place.left()
    assert undo_button(shown).geometry().right() < place.left()


def test_long_feedback_stands_above_the_buttons(shown: Shown) -> None:
    shown.show(FOUR)
    QApplication.processEvents()
    before, beside = _from_corner(shown), log_in(shown).geometry()
    shown.show(replace(FOUR, feedback=(USED,)))
    QApplication.processEvents()
    (label,) = (one for one in shown.window.findChildren(QLabel) if one.text().startswith("Codex uses"))
    assert label.geometry().bottom() < log_in(shown).geometry().top()
    assert label.height() < 3.5 * label.fontMetrics().lineSpacing()
    # The button stays where it was, seen from the corner.
    assert _from_corner(shown) == before
    shown.show(FOUR)
    QApplication.processEvents()
    assert log_in(shown).geometry() == beside


def _from_corner(shown: Shown) -> tuple[int, int]:
    """How far the button for logging in is from the right and the lower edge of the window."""
    button = log_in(shown)
    way = shown.window.rect().bottomRight() - button.mapTo(shown.window, button.rect().bottomRight())
    return way.x(), way.y()


def test_the_only_account_that_was_removed_can_be_brought_back(shown: Shown) -> None:
    shown.show(removed(samples.only(FOUR.accounts[:1])))
    assert undo_button(shown).isVisible()
    assert f"Removed {ANA.email}." in texts(shown.window)


def test_each_feedback_is_announced_once(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def note(event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            said.append(event.message())

    monkeypatch.setattr(QAccessible, "updateAccessibility", note)
    for _ in range(2):
        shown.show(removed())
    shown.show(removed(FOUR, RENEWED))
    assert said == [f"Removed {ANA.email}.", f"Renewed {FOUR.accounts[1].email}."]


def test_a_long_name_takes_no_more_than_the_window_has(shown: Shown) -> None:
    state = samples.long_names()
    first = state.accounts[0]
    given = replace(REMOVED, account=first.key, undo=UndoRemoval(first.key))
    shown.show(replace(state, accounts=state.accounts[1:], removing=(first,), feedback=(given,)))
    QApplication.processEvents()
    (label,) = (one for one in shown.window.findChildren(QLabel) if one.text().startswith("Removed"))
    assert label.heightForWidth(label.width()) <= label.height()
