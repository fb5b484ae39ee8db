"""The wheel changes a field that was clicked, and no other: of any kind, in any window."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDateTimeEdit,
    QLineEdit,
    QSlider,
    QSpinBox,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from probe_tray.core.settings import Appearance
from probe_tray.ui.theme import Theme
from tests.unit.ui.every_window import EveryWindow, rich
from tests.unit.ui.wheel import wheel


class FieldInWindow:
    """A field of one kind below another control, in a window of ours."""

    def __init__(self, theme: Theme, field: QWidget, value: Callable[[], object]) -> None:
        self.window, self.field, self.value = QWidget(), field, value
        self.other = QLineEdit()
        column = QVBoxLayout(self.window)
        column.addWidget(self.other)
        column.addWidget(field)
        theme.apply_theme(self.window)
        self.window.show()
        self.window.activateWindow()
        self.other.setFocus()
        QApplication.processEvents()

    def click(self) -> None:
        """Click where a person does: on the text, which in some fields is a widget of its own."""
        place = QPoint(8, self.field.height() // 2)
        part = self.field.childAt(place) or self.field
        QTest.mouseClick(part, Qt.MouseButton.LeftButton, pos=part.mapFrom(self.field, place))
        if (popup := QApplication.activePopupWidget()) is not None:
            QTest.keyClick(popup, Qt.Key.Key_Escape)
            self.window.activateWindow()
            QApplication.processEvents()
        if self.window.focusWidget() is not self.field:
            # No screen, no mouse: some kinds take the keyboard from a real click alone.
            self.field.setFocus(Qt.FocusReason.MouseFocusReason)

    @property
    def turned(self) -> bool:
        """Whether one notch of the wheel changes the value."""
        before = self.value()
        wheel(self.field)
        return self.value() != before


def _spin_box() -> tuple[QWidget, Callable[[], object]]:
    box = QSpinBox()
    box.setValue(50)
    return box, box.value


def _choice() -> tuple[QWidget, Callable[[], object]]:
    box = QComboBox()
    box.addItems(["one", "two", "three", "four", "five"])
    return box, box.currentIndex


def _moment() -> tuple[QWidget, Callable[[], object]]:
    edit = QDateTimeEdit(QDate(2026, 6, 15))
    return edit, edit.dateTime


def _slider() -> tuple[QWidget, Callable[[], object]]:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setValue(50)
    return slider, slider.value


def _tabs() -> tuple[QWidget, Callable[[], object]]:
    tabs = QTabBar()
    for name in ("one", "two", "three", "four", "five"):
        tabs.addTab(name)
    return tabs, tabs.currentIndex


@pytest.fixture(params=[_spin_box, _choice, _moment, _slider, _tabs])
def shown(qapp: QApplication, qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[FieldInWindow]:
    found = FieldInWindow(Theme(qapp, lambda: False), *request.param())
    yield found
    found.window.close()


def test_a_field_that_the_mouse_is_over_stays_as_it_is_and_takes_no_keyboard(shown: FieldInWindow) -> None:
    assert not shown.turned
    assert shown.window.focusWidget() is shown.other


def test_a_field_that_was_clicked_takes_the_wheel_also_after_another_window_was_used(shown: FieldInWindow) -> None:
    shown.click()
    assert shown.turned
    shown.field.clearFocus()
    shown.field.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
    assert shown.turned


def test_what_was_clicked_is_forgotten_once_the_keyboard_has_gone_on(shown: FieldInWindow) -> None:
    shown.click()
    shown.other.setFocus(Qt.FocusReason.TabFocusReason)
    assert not shown.turned
    shown.field.setFocus(Qt.FocusReason.TabFocusReason)
    assert not shown.turned


# The screenless platform has no tray to follow.
@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
def test_no_window_lacks_it(qtbot: QtBot, qapp: QApplication) -> None:
    everything = EveryWindow(qapp, rich())
    boxes: list[QSpinBox] = []
    for window in everything.windows():
        box = QSpinBox(window)
        box.setRange(0, 100)
        box.setValue(50)
        box.show()
        box.raise_()
        boxes.append(box)
    # Each window takes the theme anew, with what is in it by now.
    # Other tests may have left one; the last made is that of these windows.
    theme = [found for found in qapp.findChildren(Theme) if found.receivers("2changed()") > len(boxes)][-1]
    theme.set_appearance(Appearance.LIGHT if theme.dark else Appearance.DARK)
    QApplication.processEvents()
    for box in boxes:
        wheel(box)
    assert len(boxes) >= 7
    assert [type(box.window()).__name__ for box in boxes if box.value() != 50] == []
    everything.close()
