"""Windows end with the test that made them."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def windows_end_with_the_test() -> Iterator[None]:
    """Have Qt end what is left open: Python's collector takes the parts in an order that Qt does not survive."""
    before = set(QApplication.topLevelWidgets() if QApplication.instance() else ())
    yield
    if QApplication.instance() is None:
        return
    for window in QApplication.topLevelWidgets():
        if window not in before:
            window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
