"""Dragging and dropping as a file manager does it."""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget


def files(*paths: Path) -> QMimeData:
    """Files, as they are dragged or copied."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(window: QWidget, data: QMimeData) -> bool:
    """Drag ``data`` over the window and let go; whether the window took it."""
    copy, button, plain = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    either = copy | Qt.DropAction.MoveAction
    enter = QDragEnterEvent(QPoint(9, 9), either, data, button, plain)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        QApplication.sendEvent(window, QDragLeaveEvent())
        return False
    # Whoever moved files would have the file manager delete them.
    assert enter.dropAction() is copy
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), either, data, button, plain, QEvent.Type.Drop))
    return True
