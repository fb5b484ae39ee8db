"""The scenarios with Qt's windows over doubles."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.scenarios.driver import Driver
from tests.scenarios.scenarios import Scenarios
from tests.scenarios.windows import Windows

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


class TestWindows(Scenarios):
    @pytest.fixture
    def program(self, qtbot: QtBot, qapp: QApplication) -> Iterator[Driver]:
        driver = Windows(qtbot, qapp)
        yield driver
        assert driver.faults() == []
