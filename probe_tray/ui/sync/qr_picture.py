"""A QR code in a window."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QLabel

from probe_tray.adapters.qr_code import BORDER, qr_matrix
from probe_tray.core.account.secret import Secret
from probe_tray.ui.theme import Theme

_SIDE = 240
"""Pixels that it has at least, unscaled; the next whole number of pixels for each module."""


class QrPicture(QLabel):
    """Dark on light in every appearance: many readers know no other. The light border is part of it."""

    def __init__(self, theme: Theme) -> None:
        """Show nothing, and hold nothing."""
        super().__init__()
        self._theme = theme
        self.hide()

    def show_code(self, text: Secret) -> None:
        """Show the QR code of ``text``."""
        matrix = qr_matrix(text)
        modules = len(matrix) + 2 * BORDER
        ratio = self.devicePixelRatioF()
        # Whole pixels of the screen: blurred edges are harder to read.
        pixels = max(2, -int(-self._theme.px(_SIDE) * ratio // modules))
        picture = QPixmap(modules * pixels, modules * pixels)
        picture.fill(Qt.GlobalColor.white)
        painter = QPainter(picture)
        for y, row in enumerate(matrix, BORDER):
            for x, dark in enumerate(row, BORDER):
                if dark:
                    painter.fillRect(QRect(x * pixels, y * pixels, pixels, pixels), Qt.GlobalColor.black)
        painter.end()
        picture.setDevicePixelRatio(ratio)
        self.setPixmap(picture)
        self.setFixedSize(picture.deviceIndependentSize().toSize())
        self.show()

    def forget(self) -> None:
        """Show nothing any more, and hold nothing."""
        self.hide()
        self.setPixmap(QPixmap())
