"""Turns the mouse wheel over a widget."""

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

_NOTCH = -120


def wheel(widget: QWidget) -> None:
    """Turn it by one notch towards the person, over the middle of the widget; whoever is there takes it."""
    window = widget.window()
    place = widget.mapTo(window, widget.rect().center())
    QTest.wheelEvent(window.windowHandle(), place, QPoint(0, _NOTCH))
