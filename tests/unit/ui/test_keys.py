"""The keys that a system has for what every window does."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.widgets import close_by_key
from tests.support.patience import PATIENCE_MS
from tests.unit.ui.every_window import EveryWindow, rich


@pytest.fixture
def everything(qapp: QApplication) -> Iterator[EveryWindow]:
    found = EveryWindow(qapp, rich())
    yield found
    found.close()


# The screenless platform has no tray to follow.
@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
def test_the_key_closes_every_window(everything: EveryWindow, qtbot: QtBot) -> None:
    closed, stay = set[str](), set[str]()
    for window in everything.windows():
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
        QTest.keySequence(window, QKeySequence("Ctrl+W"))
        (stay if window.isVisible() else closed).add(window.objectName())
    assert (len(closed) >= 7, stay) == (True, set())


@pytest.mark.parametrize("keys", [["Ctrl+W"], ["Alt+F4", "Ctrl+W"]])
def test_the_key_of_the_system_closes_a_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, keys: list[str]) -> None:
    # Cmd-W of macOS is Ctrl+W in Qt; Windows has Alt+F4 and Ctrl+F4 (QKeySequence, "Standard Shortcuts").
    bindings = [QKeySequence(key) for key in keys]

    def key_bindings(_key: QKeySequence.StandardKey) -> list[QKeySequence]:
        return bindings

    monkeypatch.setattr(QKeySequence, "keyBindings", key_bindings)
    window = QWidget()
    qtbot.addWidget(window)
    close_by_key(window)
    with qtbot.waitExposed(window, timeout=PATIENCE_MS):
        window.show()
    QTest.keySequence(window, QKeySequence("Ctrl+W"))
    assert not window.isVisible()
