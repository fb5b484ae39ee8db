"""Where a window stands with its frame, over windows whose frame a test decides."""

from collections.abc import Iterator
from typing import cast

import pytest
from PySide6.QtCore import QMargins, QPoint
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.place_watch import PlaceWatch

FRAME = QMargins(5, 29, 5, 5)


class FakeHandle:
    def __init__(self) -> None:
        self.frame = QMargins()

    def frameMargins(self) -> QMargins:
        return self.frame


class FramedLabel(QLabel):
    """A window manager frames it as the test says."""

    def __init__(self) -> None:
        super().__init__("a window")
        self.handle = FakeHandle()

    def windowHandle(self) -> QWindow:
        return cast("QWindow", self.handle)


@pytest.fixture
def label(qtbot: QtBot) -> Iterator[FramedLabel]:
    found = FramedLabel()
    qtbot.addWidget(found)
    yield found
    found.close()


def test_it_knows_the_frame_that_was_drawn_late_and_is_gone_with_the_window(label: FramedLabel) -> None:
    watch = PlaceWatch(label)
    label.setGeometry(300, 200, 100, 50)
    label.show()
    # Asked before there is a frame, Qt goes on answering so.
    assert watch.corner == label.pos()
    label.handle.frame = FRAME
    label.close()
    label.handle.frame = QMargins()
    assert watch.corner == label.geometry().topLeft() - QPoint(5, 29)


def test_a_closed_window_opens_again_where_it_was(label: FramedLabel) -> None:
    watch = PlaceWatch(label)
    label.setGeometry(300, 200, 100, 50)
    label.handle.frame = FRAME
    label.show()
    corner = watch.corner
    label.close()
    label.handle.frame = QMargins()
    label.move(10, 20)
    watch.stay()
    assert label.pos() == corner


def test_without_a_frame_the_corner_is_the_windows_own(label: FramedLabel) -> None:
    watch = PlaceWatch(label)
    label.move(40, 60)
    assert watch.corner == QPoint(40, 60)
    label.show()
    label.close()
    assert watch.corner == label.pos()


def test_a_window_that_python_takes_apart_may_hear_events_until_the_end(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    watch = PlaceWatch(window)
    # So does the garbage collector, whose order nobody knows, before Qt hides the window that it deletes.
    vars(watch).clear()
    window.show()
    window.hide()
    assert not window.isVisible()
