"""A check box that looks like a switch: what it is about stands beside it, in its row."""

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox

from probe_tray.ui.theme import Theme

_WIDTH, _HEIGHT, _EDGE = 34.0, 20.0, 3.0
_RING = 2.0


class ToggleSwitch(QCheckBox):
    """On or off."""

    def __init__(self, theme: Theme) -> None:
        """Off at first."""
        super().__init__()
        self._theme = theme

    def sizeHint(self) -> QSize:
        """The switch, and the ring around it that shows where the keyboard is."""
        ring = 2 * _RING + 2
        return QSize(self._theme.px(_WIDTH + ring), self._theme.px(_HEIGHT + ring))

    def minimumSizeHint(self) -> QSize:
        """It does not shrink."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """All of it can be clicked."""
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, the knob, and the ring."""
        colours, scale = self._theme.tokens, self._theme.scale
        track = QRectF(0, 0, _WIDTH * scale, _HEIGHT * scale)
        track.moveCenter(QRectF(self.rect()).center())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        if self.hasFocus():
            away = (_RING + 0.5) * scale
            ring = track.adjusted(-away, -away, away, away)
            painter.setPen(QColor(colours.accent))
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent if self.isChecked() else colours.faint))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        knob = QRectF(0, 0, track.height() - 2 * _EDGE * scale, track.height() - 2 * _EDGE * scale)
        from_left = self.isChecked() is not (self.layoutDirection() is Qt.LayoutDirection.RightToLeft)
        knob.moveCenter(track.center())
        if from_left:
            knob.moveRight(track.right() - _EDGE * scale)
        else:
            knob.moveLeft(track.left() + _EDGE * scale)
        painter.setBrush(QColor(colours.on_accent if self.isChecked() else colours.card))
        painter.drawEllipse(knob)
        painter.end()
