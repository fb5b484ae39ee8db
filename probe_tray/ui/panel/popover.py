"""The panel's outside: a popover without a frame, or a window that the desktop frames."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QMargins, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPen
from PySide6.QtWidgets import QWidget

from probe_tray.ui.panel.rectangles import fill
from probe_tray.ui.place_watch import PlaceWatch
from probe_tray.ui.placement import by_the_panel, free_area, inside, near, screen_of
from probe_tray.ui.theme import Theme

RADIUS: Final = 12
"""Of its corners, in pixels of the design."""
_SHADOW = 8
"""How far its shadow reaches, in pixels of the design."""
_DARKEST = 26
"""Of 255: how dark the shadow is at the popover's edge, from all its layers."""


class Popover:
    """Decides how a window is framed, and paints what is behind its content."""

    def __init__(self, window: QWidget, theme: Theme, blends: Callable[[], bool], place: QPoint | None) -> None:
        """Begin as a popover where a window can be one; ``place`` is where the person has put a framed one before.

        ``blends``: whether the screen shows what lies behind a translucent window now.
        """
        self._window, self._theme, self._blends = window, theme, blends
        self._blended = False
        self._watch: PlaceWatch | None = None
        self.place = place
        """Where the person has put it while it was framed."""
        self.frameless = bool(window.windowFlags() & Qt.WindowType.FramelessWindowHint)
        window.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)

    @property
    def edge(self) -> int:
        """How many pixels around the content belong to the shadow."""
        return self._theme.px(_SHADOW) if self.frameless and self._blended else 0

    @property
    def margins(self) -> QMargins:
        """What lies between the edge of the window and its content: the shadow, or the line around it."""
        width = self.edge or int(self.frameless)
        return QMargins(width, width, width, width)

    def take_frame(self, *, frameless: bool) -> bool:
        """Be a popover or a framed window; whether that changed, which hides the window."""
        frameless = frameless and _can_be_placed()
        if not frameless and self._watch is None:
            self._watch = PlaceWatch(self._window)
        if not self._window.isVisible() or frameless != self.frameless:
            # Asked when it opens, not at each drawing: the answer comes from the X server.
            self._blended = frameless and self._blends()
        if frameless == self.frameless:
            return False
        self.frameless = frameless
        # With a new window of the system: an old one would keep the measures of its frame, and Qt misses its focus.
        self._window.hide()
        self._window.destroy()
        self._window.setWindowFlag(Qt.WindowType.FramelessWindowHint, frameless)
        return True

    def content(self) -> QRect:
        """Where the content is on the screen."""
        return self._window.geometry().marginsRemoved(self.margins)

    def remember_place(self) -> None:
        """Note where a framed window is: the person may have put it there."""
        if not self.frameless and self._watch is not None:
            self.place = self._watch.corner

    def take_screen(self, anchor: QRect) -> None:
        """Belong to the screen where the window will open, before it is measured.

        Its size follows from that screen's height, and its frame from that screen's scale.
        """
        place = self._kept_place()
        screen = QGuiApplication.screenAt(place) if place is not None else screen_of(anchor)
        if screen is not None:
            self._window.setScreen(screen)

    def _kept_place(self) -> QPoint | None:
        return None if self.frameless else self.place

    def opening_place(self, anchor: QRect) -> QPoint:
        """Where the window's corner goes: by the tray icon at ``anchor``, or where a framed one was left."""
        # Without a window of the system there is no frame to measure: on Windows the foot would be behind the taskbar.
        self._window.winId()
        size, margins = self._window.frameSize(), self.margins
        if (place := self._kept_place()) is not None:
            return inside(QRect(place, size), free_area(self._window.screen()))
        size = size.shrunkBy(margins)
        return (near(anchor, size) or by_the_panel(size)) - QPoint(margins.left(), margins.top())

    def paint(self, part: QRect) -> None:
        """Paint the shadow and the ground, as far as ``part`` of the window needs it."""
        painter = QPainter(self._window)
        whole, edge, colours = QRectF(self._window.rect()), self.edge, self._theme.tokens
        ground, radius = whole.adjusted(edge, edge, -edge, -edge), self._theme.px(RADIUS)
        if ground.adjusted(0, radius, 0, -radius).contains(QRectF(part)):
            # The list is scrolled: shadow and rounded corners, which take milliseconds, are elsewhere.
            fill(painter, QRectF(part), colours.window)
            for left in (ground.left(), ground.right() - 1) if self.frameless else ():
                fill(painter, QRectF(left, part.top(), 1, part.height()), colours.line)
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not edge:
            fill(painter, whole, colours.window)
        painter.setPen(Qt.PenStyle.NoPen)
        for reach in range(edge, 0, -1):
            painter.setBrush(QColor(0, 0, 0, max(1, round(_DARKEST / edge * (1.5 - reach / edge)))))
            layer = ground.adjusted(-reach, 1 - reach, reach, reach)
            painter.drawRoundedRect(layer, radius + reach, radius + reach)
        if self.frameless:
            painter.setPen(QPen(QColor(colours.line), 1.0))
            painter.setBrush(QColor(colours.window))
            line = ground.adjusted(0.5, 0.5, -0.5, -0.5)
            if edge:
                painter.drawRoundedRect(line, radius, radius)
            else:
                painter.drawRect(line)
        painter.end()


def first_flags() -> Qt.WindowType:
    """How the window is made: most open as a popover, and one that has its parts takes a frame on or off in 20 ms."""
    flags = Qt.WindowType.Window
    return flags | Qt.WindowType.FramelessWindowHint if _can_be_placed() else flags


def _can_be_placed() -> bool:
    """Whether a program places its windows. A Wayland client can't: a popover would appear anywhere."""
    return not QGuiApplication.platformName().startswith("wayland")
