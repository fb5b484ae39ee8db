"""What a screen reader says of a control besides its name."""

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

_GENERAL = "described by its window"


def describe(window: QWidget, about: str) -> None:
    """Say of every control in ``window`` that has no description of its own what all of them are ``about``.

    Again after every change of the words: a control keeps what was said of it in particular, and its tooltip.
    """
    for control in window.findChildren(QWidget):
        own, general = control.accessibleDescription(), control.property(_GENERAL)
        if control.focusPolicy() is Qt.FocusPolicy.NoFocus:
            # It may have been a control before, such as a chart that has nothing to read any more.
            if own == general:
                control.setAccessibleDescription("")
            continue
        if isinstance(control, QScrollArea):
            control.setAccessibleName(window.windowTitle())
        if own == general or not (own or control.toolTip()):
            control.setAccessibleDescription(about)
            control.setProperty(_GENERAL, about)


def walk(*stops: QWidget) -> None:
    """Let the Tab key go this way."""
    for one, following in pairwise(stops):
        QWidget.setTabOrder(one, following)
