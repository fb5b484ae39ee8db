"""The search above the cards, by keyboard."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from probe_tray.core.account.arrangement import Arrangement, Sort
from probe_tray.view.view_models import ActionKind
from tests.unit.ui import samples
from tests.unit.ui.panel.test_panel import Shown, list_of, panel, search_of, visible_button

__all__ = ["panel"]


def test_return_opens_the_first_that_was_found(panel: Shown) -> None:
    panel.show(samples.many(20))
    QTest.keyClicks(search_of(panel.window), "builder-013")
    QTest.keyClick(search_of(panel.window), Qt.Key.Key_Return)
    (asked,) = panel.asked
    assert (asked.kind, asked.key) == (ActionKind.DETAILS, panel.state.accounts[13].key)


def test_return_opens_nothing_where_nothing_was_found(panel: Shown) -> None:
    panel.show(samples.many(20))
    QTest.keyClicks(search_of(panel.window), "nobody")
    QTest.keyClick(search_of(panel.window), Qt.Key.Key_Return)
    assert panel.asked == []


def test_down_goes_into_the_list_at_its_first_card(panel: Shown) -> None:
    panel.show(samples.many(20))
    QTest.keyClicks(search_of(panel.window), "builder-01")
    QTest.keyClick(search_of(panel.window), Qt.Key.Key_Down)
    assert panel.window.focusWidget() is list_of(panel.window)
    assert list_of(panel.window).currentIndex().row() == 0
    QTest.keyClick(list_of(panel.window), Qt.Key.Key_Down)
    assert list_of(panel.window).currentIndex().row() == 1


def test_the_search_is_ended_by_its_button_where_nothing_was_found(panel: Shown) -> None:
    panel.show(samples.many(20))
    search_of(panel.window).setFocus()
    QTest.keyClicks(search_of(panel.window), "nobody")
    assert panel.window.focusWidget() is search_of(panel.window)
    QTest.keyClick(search_of(panel.window), Qt.Key.Key_Down)
    button = visible_button(panel.window, "Clear search")
    assert panel.window.focusWidget() is button
    button.click()
    assert search_of(panel.window).text() == ""
    assert len(panel.titles()) == 20
    assert list_of(panel.window).isVisible()


def test_the_window_keeps_its_height_while_somebody_types(panel: Shown) -> None:
    panel.show(samples.many(8))
    before = panel.window.size()
    for letter in "builder-003":
        QTest.keyClicks(search_of(panel.window), letter)
        assert panel.window.size() == before
    QTest.keyClicks(search_of(panel.window), "x")
    assert panel.window.size() == before


def test_all_others_are_there_again_once_there_are_too_few_for_a_search(panel: Shown) -> None:
    panel.show(samples.many(5))
    QTest.keyClicks(search_of(panel.window), "builder-003")
    assert len(panel.titles()) == 1
    panel.state = samples.only([a for a in panel.state.accounts if "003" not in a.email])
    panel.draw()
    assert len(panel.titles()) == 4
    assert not search_of(panel.window).isVisible()
    assert list_of(panel.window).isVisible()


def test_the_hit_that_is_removed_leaves_the_way_back(panel: Shown) -> None:
    panel.show(samples.many(6))
    QTest.keyClicks(search_of(panel.window), "builder-003")
    panel.state = samples.only([a for a in panel.state.accounts if "003" not in a.email])
    panel.draw()
    assert visible_button(panel.window, "Clear search")


def test_the_return_that_ends_a_new_name_opens_nothing(panel: Shown) -> None:
    panel.show(samples.many(6))
    panel.window.edit_name(panel.state.accounts[1].key)
    editor = list_of(panel.window).findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    QTest.keyClicks(editor, "Work")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert panel.named == [(panel.state.accounts[1].email, "Work")]
    assert panel.asked == []


def test_a_screen_reader_is_told_again_where_the_keyboard_is_when_cards_change_places(
    panel: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def note(event: QAccessibleEvent) -> None:
        if event.type() is QAccessible.Event.Focus:
            told.append(panel.titles()[event.child()])

    def sort(by: Sort) -> None:
        before = panel.titles()
        panel.state = replace(panel.state, arrangement=Arrangement(sort=by))
        panel.draw()
        QApplication.processEvents()
        assert panel.titles() != before

    monkeypatch.setattr(QAccessible, "updateAccessibility", note)
    panel.show(samples.many(6))
    search_of(panel.window).setFocus()
    QApplication.processEvents()
    told.clear()
    sort(Sort.NAME)
    assert told == []
    QTest.keyClick(search_of(panel.window), Qt.Key.Key_Down)
    QApplication.processEvents()
    there = panel.titles()[0]
    # Qt takes away all rows that a screen reader knows of a list whose order has changed.
    sort(Sort.NEED)
    assert told == [there, there]
