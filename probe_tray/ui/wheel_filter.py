"""Keeps the mouse wheel from changing a value that it only passes over."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QScrollBar, QTabBar, QWidget

_FIELDS = (QAbstractSpinBox, QComboBox, QAbstractSlider, QTabBar)
_WATCHED = "takes the wheel only after a click"
_CLICKED = "was clicked"
_CLICK_OR_RETURN = frozenset(
    {Qt.FocusReason.MouseFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}
)
"""Why a field gets the keyboard: a click, or the end of its open list or of another window's turn."""


class WheelFilter(QObject):
    """Lets a field take the wheel once the person has clicked it; until then what is around it scrolls."""

    def watch(self, window: QWidget) -> None:
        """From now on also the fields of ``window``; those that are watched already stay so."""
        for kind in _FIELDS:
            for field in window.findChildren(kind):
                if not isinstance(field, QScrollBar) and not field.property(_WATCHED):
                    self._watch(field)

    def _watch(self, field: QWidget) -> None:
        field.setProperty(_WATCHED, True)
        # The text of a field is a widget of its own, which gets the clicks.
        for part in (field, *field.findChildren(QLineEdit)):
            part.installEventFilter(self)
        if field.focusPolicy() is Qt.FocusPolicy.WheelFocus:
            field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand the wheel on to whatever is around a field that was not clicked."""
        field = watched if isinstance(watched, _FIELDS) else watched.parent()
        if not isinstance(field, QWidget):
            return False
        match event.type():
            case QEvent.Type.MouseButtonPress:
                field.setProperty(_CLICKED, True)
            case QEvent.Type.FocusIn if isinstance(event, QFocusEvent) and event.reason() not in _CLICK_OR_RETURN:
                field.setProperty(_CLICKED, False)
            case QEvent.Type.Wheel if not (field.property(_CLICKED) and field.window().focusWidget() is field):
                event.ignore()
                return True
            case _:
                pass
        return False
