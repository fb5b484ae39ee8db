"""Files and text that are dropped on a window, or pasted into it."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from probe_tray.core.account.secret import Secret


class DropActions(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with what arrives."""

    files: Callable[[tuple[str, ...]], None]
    text: Callable[[Secret], None]
    hover: Callable[[bool], None]
    """Something that could be dropped is over the window, or no longer."""


class DropWatch(QObject):
    """Lets a window take files and text; they are copied from, never moved."""

    def __init__(self, window: QWidget, actions: DropActions) -> None:
        """Watch ``window``, which keeps this object."""
        super().__init__(window)
        self._actions = actions
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what can be taken."""
        if isinstance(event, QDropEvent):
            return self._dragged(event)
        if isinstance(event, QDragLeaveEvent):
            self._actions.hover(False)
        return super().eventFilter(watched, event)

    def _dragged(self, event: QDropEvent) -> bool:
        if not can_take(event.mimeData()):
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        dropped = event.type() is QEvent.Type.Drop
        self._actions.hover(not dropped)
        if dropped:
            take(event.mimeData(), self._actions)
        return True


def can_take(data: QMimeData) -> bool:
    """Whether there are files or text in it."""
    return bool(_files(data)) or data.hasText()


def take(data: QMimeData | None, actions: DropActions) -> bool:
    """Hand on the files in it, else the text. False where there is neither, as on an empty clipboard."""
    files = () if data is None else _files(data)
    if files:
        actions.files(files)
        return True
    if data is None or not data.hasText() or not data.text().strip():
        return False
    actions.text(Secret(data.text()))
    return True


def _files(data: QMimeData) -> tuple[str, ...]:
    return tuple(url.toLocalFile() for url in data.urls() if url.isLocalFile())
