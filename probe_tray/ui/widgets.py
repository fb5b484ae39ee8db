"""Small parts that several windows use."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from probe_tray.ui.theme import Theme
from probe_tray.view.models import Tone


def words(*, wrap: bool = False) -> QLabel:
    """A label that shows its text as it is: what a service or a file says is never read as markup."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    # A long sentence is cut at the window's edge and never makes the window wider.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


class Line(QLabel):
    """One line of plain text, cut with an ellipsis where the window ends; the whole of it is then the tooltip."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""

    def show_text(self, text: str) -> None:
        """Show this."""
        self._whole = text
        self.setAccessibleName(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        room = max(self.width() - 2, 0)
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        if shown != self.text():
            self.setText(shown)
        self.setToolTip("" if shown == self._whole else self._whole)


class Dot(QWidget):
    """A small coloured dot beside a sentence that says the same."""

    def __init__(self, theme: Theme) -> None:
        """Show nothing yet."""
        super().__init__()
        self._theme = theme
        self._tone: Tone | None = None
        self.setFixedSize(theme.px(8), theme.px(8))

    def show_tone(self, tone: Tone | None) -> None:
        """Show how good it is; None hides the dot."""
        self._tone = tone
        self.setVisible(tone is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the dot."""
        if self._tone is None:
            return
        colours = self._theme.tokens
        colour = {Tone.CALM: colours.good, Tone.WARNING: colours.warning, Tone.CRITICAL: colours.critical}[self._tone]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(self.rect())
        painter.end()
