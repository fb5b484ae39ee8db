"""How the panel's window is placed, whatever platform draws it."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.panel.card_list import CardList
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.panel.popover import Popover, first_flags
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from tests.support.patience import PATIENCE_MS
from tests.unit.ui import samples
from tests.unit.ui.panel.open_panel import opened


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


def test_a_panel_that_opens_by_the_icon_is_a_popover_from_the_start(qtbot: QtBot, qapp: QApplication) -> None:
    window = QWidget(None, first_flags())
    qtbot.addWidget(window)
    popover = Popover(window, Theme(qapp, lambda: False), lambda: True, None)
    assert not popover.take_frame(frameless=True)
    assert window.windowFlags() & Qt.WindowType.FramelessWindowHint


class Paintings(QObject):
    """Notes when a window is painted."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()
        self._note = note

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self._note("painted")
        return super().eventFilter(watched, event)


def test_the_panel_is_painted_in_a_turn_of_its_own(qtbot: QtBot, qapp: QApplication) -> None:
    painted: list[str] = []
    panel = PanelWindow(Theme(qapp, lambda: False), IconPainter(), samples.idle_actions())
    qtbot.addWidget(panel)
    paintings = Paintings(painted.append)
    panel.installEventFilter(paintings)
    panel.show_model(present(samples.many(300), samples.NOW, UTC, Translator()).panel)
    for _ in range(2):
        panel.open_at(QRect(600, 0, 24, 24))
        assert not panel.updatesEnabled()
        assert painted == []
        qtbot.waitUntil(lambda: "painted" in painted, timeout=PATIENCE_MS)
        panel.open_at(QRect(600, 0, 24, 24))
        assert panel.updatesEnabled(), "it is there already"
        panel.close()
        QApplication.processEvents()
        painted.clear()


def test_a_list_that_is_scrolled_has_no_shadow_painted_and_looks_the_same(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = present(samples.many(300), samples.NOW, UTC, Translator()).panel
    panel = opened(qtbot, Theme(qapp, lambda: False), model)
    shown = panel.findChildren(CardList)[0]
    inside = QRect(shown.mapTo(panel, QPoint(0, 0)), shown.size())
    rounded: list[int] = []

    class Counted(QPainter):
        def drawRoundedRect(self, *where: Any, **how: Any) -> None:  # noqa: ANN401 - a rectangle and two radiuses
            rounded.append(1)
            super().drawRoundedRect(*where, **how)

    whole = panel.grab().copy(inside).toImage()
    monkeypatch.setattr("probe_tray.ui.panel.popover.QPainter", Counted)
    part = panel.grab(inside).toImage()
    assert (rounded, part.size()) == ([], whole.size())
    assert part == whole
    panel.grab()
    assert rounded


def test_without_a_tray_it_opens_on_a_screen_that_is_there(qtbot: QtBot, qapp: QApplication) -> None:
    model = present(samples.four(), samples.NOW, UTC, Translator()).panel
    panel = opened(qtbot, Theme(qapp, lambda: False), model)
    panel.close()
    panel.move(3000, 200)
    panel.open_at(None)
    assert panel.screen().availableGeometry().contains(panel.frameGeometry())
