"""Where the search is typed, in the panel and in the guides."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget


class SearchField(QLineEdit):
    """Where the search is typed; from here the keyboard goes on to what was found."""

    down = Signal()
    """The person wants to go into the list."""

    def __init__(self, parent: QWidget) -> None:
        """Begin empty and without a picture."""
        super().__init__(parent)
        self._picture = QLabel(self)
        self._picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._gap = 0

    def show_picture(self, picture: QPixmap, gap: int) -> None:
        """Show ``picture`` before the text, ``gap`` pixels from the edge. Qt would draw an icon always as large."""
        self._gap = gap
        self._picture.setPixmap(picture)
        self._picture.adjustSize()
        self.setTextMargins(self._picture.width() + gap, 0, 0, 0)
        self._place()

    def least_width(self, air: int) -> int:
        """The width at which it can be read what it is for, with so much ``air`` around it."""
        return self.textMargins().left() + self.fontMetrics().horizontalAdvance(self.placeholderText()) + air

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture in the middle."""
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave for the list with Down; everything else is text."""
        if event.key() in {Qt.Key.Key_Down, Qt.Key.Key_PageDown}:
            self.down.emit()
        else:
            super().keyPressEvent(event)

    def _place(self) -> None:
        self._picture.move(self._gap, (self.height() - self._picture.height()) // 2)
