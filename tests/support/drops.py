"""Dragging and dropping as a file manager does it."""

from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEvent, QLibraryInfo, QMimeData, QPoint, QPointF, Qt, QUrl, QVersionNumber
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

_WITH_FRACTIONS: Final = QVersionNumber(6, 12)


def files(*paths: Path) -> QMimeData:
    """Files, as they are dragged or copied."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def entering(data: QMimeData, actions: Qt.DropAction) -> QDragEnterEvent:
    """What a window hears when ``data`` is dragged over it."""
    button, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    if QLibraryInfo.version() < _WITH_FRACTIONS:
        return QDragEnterEvent(QPoint(9, 9), actions, data, button, plain)
    # WORKAROUND PySide6 < 6.12 knows no such event at a QPointF, and later ones deprecate that at a QPoint.
    at: Any = QPointF(9, 9)
    return QDragEnterEvent(at, actions, data, button, plain)


def drop(window: QWidget, data: QMimeData) -> bool:
    """Drag ``data`` over the window and let go; whether the window took it."""
    copy, button, plain = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    either = copy | Qt.DropAction.MoveAction
    enter = entering(data, either)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        QApplication.sendEvent(window, QDragLeaveEvent())
        return False
    # Whoever moved files would have the file manager delete them.
    assert enter.dropAction() is copy
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), either, data, button, plain, QEvent.Type.Drop))
    return True
