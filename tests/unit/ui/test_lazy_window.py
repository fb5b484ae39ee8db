"""A window that is made when it is first wanted, over windows of a test and over every window of the program."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.placement import next_to
from tests.support.patience import PATIENCE_MS
from tests.unit.ui.every_window import EveryWindow, rich

SCREEN = QRect(0, 0, 800, 800)
SMALL = QSize(200, 100)


class Owner:
    def __init__(self) -> None:
        self.text = "one"
        self.made = self.asked = self.gone = 0
        self.waits = False
        self.window = LazyWindow(
            self._make, lambda label: label.setText(self.text), waits=self._ask, gone=self._count_gone
        )

    def _ask(self, _label: QLabel) -> bool:
        self.asked += 1
        return self.waits

    def _count_gone(self) -> None:
        self.gone += 1

    def _make(self) -> QLabel:
        self.made += 1
        label = QLabel()
        label.resize(SMALL)
        return label


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[Owner]:
    found = Owner()
    yield found
    found.window.close()


def test_nothing_is_made_before_it_is_wanted(owner: Owner) -> None:
    owner.window.draw()
    owner.window.close()
    assert (owner.made, owner.window.window, owner.window.visible) == (0, None, None)


def test_it_opens_with_what_is_known_and_follows_while_it_is_seen(owner: Owner) -> None:
    label = owner.window.show()
    assert (label.isVisible(), label.text()) == (True, "one")
    owner.text = "two"
    owner.window.draw()
    assert label.text() == "two"
    label.close()
    owner.text = "three"
    owner.window.draw()
    assert label.text() == "two"
    assert owner.window.show() is label
    assert label.text() == "three"
    assert owner.made == 1


def test_once_closed_for_good_the_next_one_is_a_new_one(owner: Owner, qtbot: QtBot) -> None:
    gone = owner.window.show()
    with qtbot.waitSignal(gone.destroyed, timeout=PATIENCE_MS):
        owner.window.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    owner.window.show()
    assert owner.made == 2


def test_some_time_after_it_was_closed_the_window_goes_and_the_next_one_opens_where_it_was(
    owner: Owner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probe_tray.ui.lazy_window.KEPT", 0)
    gone = owner.window.show()
    gone.move(300, 400)
    gone.resize(250, 150)
    with qtbot.waitSignal(gone.destroyed, timeout=PATIENCE_MS):
        gone.close()
    assert (owner.window.window, owner.gone) == (None, 1)
    owner.text = "two"
    owner.window.draw()
    label = owner.window.show()
    assert (owner.made, label.text(), label.pos(), label.size()) == (2, "two", QPoint(300, 400), QSize(250, 150))


# The screenless platform has no tray to follow.
@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
def test_nothing_is_kept_of_a_window_that_went(qapp: QApplication) -> None:
    every = EveryWindow(qapp, rich())
    windows = every.windows()
    watched = {type(window).__name__: ref(window) for window in windows}
    while windows:
        windows.pop().close()
    # What one has still to do in its next turn holds it until then.
    QCoreApplication.processEvents()
    every.close()
    gc.collect()
    assert [name for name, window in watched.items() if window() is not None] == []
    assert {"PanelWindow", "DetailsWindow", "SettingsDialog"} <= watched.keys()


def test_a_closed_window_is_kept_while_it_waits_for_something(
    owner: Owner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probe_tray.ui.lazy_window.KEPT", 0)
    owner.waits = True
    label = owner.window.show()
    label.close()
    qtbot.waitUntil(lambda: owner.asked > 1, timeout=PATIENCE_MS)
    assert owner.window.window is label
    with qtbot.waitSignal(label.destroyed, timeout=PATIENCE_MS):
        owner.waits = False


def test_a_closed_window_is_kept_while_a_window_of_its_own_is_open(
    owner: Owner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probe_tray.ui.lazy_window.KEPT", 0)
    label = owner.window.show()
    chooser = QDialog(label)
    label.close()
    chooser.show()
    qtbot.waitUntil(lambda: owner.asked > 1, timeout=PATIENCE_MS)
    assert owner.window.window is label
    with qtbot.waitSignal(label.destroyed, timeout=PATIENCE_MS):
        chooser.close()


def test_a_window_that_was_opened_again_stays(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe_tray.ui.lazy_window.KEPT", 0)
    label = owner.window.show()
    label.close()
    owner.window.show()
    for _ in range(3):
        QCoreApplication.processEvents()
    assert (owner.window.visible, owner.asked) == (label, 0)


def test_a_new_window_opens_beside_the_one_that_asked_and_later_where_it_was_left(owner: Owner, qtbot: QtBot) -> None:
    asker = QWidget()
    qtbot.addWidget(asker)
    asker.setGeometry(50, 60, 200, 200)
    asker.show()
    asker.activateWindow()
    assert QTest.qWaitForWindowActive(asker, PATIENCE_MS)
    label = owner.window.show()
    assert label.x() > asker.frameGeometry().right()
    assert label.y() == asker.frameGeometry().y()
    label.move(300, 400)
    label.close()
    owner.window.show()
    assert label.pos() == QPoint(300, 400)


def test_a_frame_fits_between_the_popover_and_the_window_that_it_asked_for(owner: Owner, qtbot: QtBot) -> None:
    popover = QWidget(None, Qt.WindowType.FramelessWindowHint)
    qtbot.addWidget(popover)
    popover.setGeometry(popover.screen().availableGeometry().right() - 210, 60, 200, 200)
    popover.show()
    popover.activateWindow()
    assert QTest.qWaitForWindowActive(popover, PATIENCE_MS)
    label = owner.window.show()
    # Desktops draw some 10 pixels in all at the sides: the popover tells nothing of it.
    assert label.x() + SMALL.width() + 10 < popover.x()


GONE = [QPoint(3000, 200), QPoint(-2000, 200), QPoint(300, -700), QPoint(300, 4000), QPoint(790, 200), QPoint(300, -25)]


def is_on_the_screen(window: QWidget) -> bool:
    return window.screen().availableGeometry().contains(window.frameGeometry())


@pytest.mark.parametrize("corner", GONE)
@pytest.mark.parametrize("went", [False, True])
def test_a_window_that_was_left_on_a_screen_that_has_gone_opens_on_one_that_is_there(
    owner: Owner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, corner: QPoint, *, went: bool
) -> None:
    if went:
        monkeypatch.setattr("probe_tray.ui.lazy_window.KEPT", 0)
    label = owner.window.show()
    label.move(corner)
    label.close()
    if went:
        with qtbot.waitSignal(label.destroyed, timeout=PATIENCE_MS):
            pass
    label = owner.window.show()
    assert (owner.made, label.size()) == (1 + went, SMALL)
    assert is_on_the_screen(label)


def test_what_is_larger_than_the_screen_that_is_left_becomes_smaller(owner: Owner) -> None:
    label = owner.window.show()
    label.setGeometry(3000, 200, 2000, 1500)
    label.close()
    owner.window.show()
    assert is_on_the_screen(label)


@pytest.mark.parametrize("corner", [QPoint(-150, 300), QPoint(750, 300), QPoint(300, 780), QPoint(300, -16)])
def test_a_window_that_was_put_over_the_edge_opens_there_again(owner: Owner, corner: QPoint) -> None:
    label = owner.window.show()
    label.move(corner)
    label.close()
    owner.window.show()
    assert label.pos() == corner


def test_a_window_that_was_made_before_it_is_shown_opens_beside_the_one_that_asked(owner: Owner, qtbot: QtBot) -> None:
    asker = QWidget()
    qtbot.addWidget(asker)
    asker.setGeometry(50, 60, 200, 200)
    asker.show()
    asker.activateWindow()
    assert QTest.qWaitForWindowActive(asker, PATIENCE_MS)
    label = owner.window.made()
    assert owner.window.show() is label
    assert label.x() > asker.frameGeometry().right()


def test_a_window_that_was_minimised_comes_back(owner: Owner) -> None:
    label = owner.window.show()
    label.showMinimized()
    owner.window.show()
    assert (label.isVisible(), label.isMinimized()) == (True, False)


@pytest.mark.parametrize(
    ("asker", "place"),
    [
        (QRect(100, 50, 200, 300), QPoint(308, 50)),
        (QRect(600, 50, 200, 300), QPoint(392, 50)),
        (QRect(600, 750, 200, 300), QPoint(392, 700)),
        (QRect(100, 50, 650, 300), QPoint(0, 50)),
        (QRect(10, 50, 650, 300), QPoint(600, 50)),
    ],
)
def test_beside_is_on_the_right_if_there_is_space_and_always_on_the_screen(asker: QRect, place: QPoint) -> None:
    assert next_to(asker, SMALL, SCREEN) == place
