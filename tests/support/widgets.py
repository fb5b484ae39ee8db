"""Finds the parts of a window as a person does: by their words, their kind, and whether they can be seen."""

import time
from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QSystemTrayIcon, QWidget

from probe_tray.ui.tray.first_icon import FirstIcon
from tests.support.desktops import FakeDesktop
from tests.support.patience import PATIENCE

W = TypeVar("W", bound=QWidget)


def no_icon_yet() -> FirstIcon:
    """The start of a program that found no tray."""
    return FirstIcon(None, FakeDesktop(), lambda: False)


def open_windows(kind: type[W]) -> list[W]:
    """The windows of this kind that are on the screen."""
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


def opened(kind: type[W]) -> W:
    """The one window of this kind that is on the screen, or comes in the next turns of the event loop."""
    end = time.monotonic() + PATIENCE
    while not (found := open_windows(kind)) and time.monotonic() < end:
        QApplication.processEvents()
    assert len(found) == 1, found
    return found[0]


def tray_icon(shell: QObject) -> QSystemTrayIcon:
    """The icon that the program has put into the tray."""
    (icon,) = shell.findChildren(QSystemTrayIcon)
    return icon


def tray_menu(shell: QObject) -> QMenu:
    """The menu that opens at the icon in the tray."""
    return tray_icon(shell).contextMenu()


def parts(window: QWidget, kind: type[W]) -> list[W]:
    """The parts of this kind that are in sight in a window, or would be if it were open."""
    return [part for part in window.findChildren(kind) if part.isVisibleTo(window)]


def part(window: QWidget, kind: type[W], name: str = "") -> W:
    """The one part of this kind, among several the one that a screen reader calls ``name``."""
    found = [p for p in parts(window, kind) if not name or plain(p.accessibleName()) == name]
    assert len(found) == 1, [(p, p.accessibleName()) for p in parts(window, kind)]
    return found[0]


def plain(text: str) -> str:
    """A text without the mark of the key that chooses it."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def buttons(window: QWidget) -> list[str]:
    """What the buttons and boxes in sight say."""
    return [plain(b.text()) for b in parts(window, QAbstractButton) if b.text()]


def button(window: QWidget, text: str) -> QAbstractButton:
    """The button or box that says this, or is called so by a screen reader where it has but a picture."""
    found = [b for b in parts(window, QAbstractButton) if text in {plain(b.text()), plain(b.accessibleName())}]
    assert len(found) == 1, (text, buttons(window))
    return found[0]


def press(window: QWidget, text: str) -> None:
    """Click the button or box that says this."""
    QTest.mouseClick(button(window, text), Qt.MouseButton.LeftButton)


def texts(window: QWidget) -> list[str]:
    """The sentences in sight."""
    return [label.text() for label in parts(window, QLabel) if label.text()]


def rows(model: QAbstractItemModel, parent: QModelIndex | None = None) -> list[tuple[str, ...]]:
    """What every line of a list, table or tree says, inner lines behind the line that they belong to."""
    above = QModelIndex() if parent is None else parent
    found: list[tuple[str, ...]] = []
    for row in range(model.rowCount(above)):
        cells: Sequence[QModelIndex] = [model.index(row, column, above) for column in range(model.columnCount(above))]
        found += [tuple(str(cell.data() or "") for cell in cells), *rows(model, cells[0])]
    return found
