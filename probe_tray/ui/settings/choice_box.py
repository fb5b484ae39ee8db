"""A list box whose closed state needs no font but that of the window's language."""

from math import ceil
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontInfo, QFontMetricsF
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox

_FIRST_IDEOGRAPH: Final = "\u2e80"
"""From here on Unicode has the letters of East Asia, each as wide as the font is large."""
_LEAST_HEIGHT, _AIR = 14, 2
"""Pixels that Qt gives the text of such a box."""


class ChoiceBox(QComboBox):
    """As wide as the widest of its choices.

    Qt lays out each of them to find that out, and again for the list that nobody has opened yet. For the one word
    "简体中文" in an English window it loads a font, which takes 3.5 MB for as long as the program runs.
    """

    def __init__(self, label: str) -> None:
        """``label`` is written in the window's language."""
        super().__init__()
        self._among_letters = not _has_ideographs(label)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def add(self, text: str, value: str | int) -> None:
        """Add a choice; ``value`` is what it stands for."""
        self.addItem(text, value)
        if self._is_foreign(text):
            # What tells its size is not laid out.
            self.setItemData(self.count() - 1, QSize(0, 0), Qt.ItemDataRole.SizeHintRole)

    def showPopup(self) -> None:
        """Open the list, with each choice as large as it is."""
        for number in range(self.count()):
            self.setItemData(number, None, Qt.ItemDataRole.SizeHintRole)
        super().showPopup()

    def sizeHint(self) -> QSize:
        """As Qt has it for choices in the window's language."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        wide = max((self._width(self.itemText(number)) for number in range(self.count())), default=0)
        high = max(ceil(QFontMetricsF(self.font()).height()), _LEAST_HEIGHT) + _AIR
        return self.style().sizeFromContents(QStyle.ContentsType.CT_ComboBox, option, QSize(wide, high), self)

    def minimumSizeHint(self) -> QSize:
        """It does not shrink."""
        return self.sizeHint()

    def _width(self, text: str) -> int:
        if self._is_foreign(text):
            return len(text) * QFontInfo(self.font()).pixelSize()
        return self.fontMetrics().boundingRect(text).width()

    def _is_foreign(self, text: str) -> bool:
        return self._among_letters and _has_ideographs(text)


def _has_ideographs(text: str) -> bool:
    return any(letter >= _FIRST_IDEOGRAPH for letter in text)
