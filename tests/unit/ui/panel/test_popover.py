"""How the panel's window is placed, whatever platform draws it."""

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.panel.popover import Popover
from probe_tray.ui.theme import Theme


class Window(QWidget):
    """As on Windows: the system adds a frame, which is measured once the system has the window."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = QSize()

    def winId(self) -> int:
        self.frame = QSize(16, 39)
        return super().winId()

    def frameSize(self) -> QSize:
        return self.size() + self.frame


def test_the_foot_of_a_window_with_a_frame_is_above_the_taskbar(qtbot: QtBot, qapp: QApplication) -> None:
    window = Window()
    qtbot.addWidget(window)
    window.resize(300, 400)
    popover = Popover(window, Theme(qapp, lambda: False), lambda: False, None)
    free = window.screen().availableGeometry()
    anchor = QRect(QPoint(free.right() - 40, free.bottom() - 24), QSize(24, 24))
    place = popover.opening_place(anchor)
    assert QRect(place, window.size() + QSize(16, 39)).bottom() < anchor.top()
