"""Where a window opens: by the tray icon, on its screen, and inside it."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QCursor, QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

_GAP = 8
_USUAL_FRAME = QSize(16, 40)
"""What desktops draw around a window, left and right together and above and below."""
_GRIP = 32
"""How high the part of a window is that moves it, and how much of it must be seen to take hold of it."""
_SCREEN_SHARE = 0.92


def free_area(screen: QScreen) -> QRect:
    """What panels leave of a screen.

    WORKAROUND Qt 6.12 on X11: with QT_SCALE_FACTOR the area's corner is not scaled, so it reaches beyond the screen.
    """
    return screen.availableGeometry() & screen.geometry()


def screen_of(anchor: QRect) -> QScreen:
    """The screen that a window by ``anchor`` opens on: the mouse's where the icon does not tell where it is."""
    return _around(anchor) or QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()


def _around(anchor: QRect) -> QScreen | None:
    return None if anchor.isEmpty() else QGuiApplication.screenAt(anchor.center())


def near(anchor: QRect, window: QSize) -> QPoint | None:
    """The top left corner for a window of that size by ``anchor``; None when the anchor is on no screen."""
    screen = _around(anchor)
    return None if screen is None else beside(anchor, window, free_area(screen))


def by_the_panel(window: QSize) -> QPoint:
    """A place for a window whose tray icon does not tell where it is, as over D-Bus."""
    mouse, screen = QCursor.pos(), screen_of(QRect())
    area = free_area(screen)
    return beside(likely(mouse, screen.geometry(), area), window, area)


def likely(mouse: QPoint, whole: QRect, area: QRect) -> QRect:
    """Where the icon will be: under the mouse if that is on a panel, else at the end of the panel along an edge."""
    if whole.contains(mouse) and not area.contains(mouse):
        return QRect(mouse, QSize(1, 1))
    return QRect(area.topRight() if area.top() > whole.top() else area.bottomRight(), QSize(1, 1))


def beside(anchor: QRect, window: QSize, area: QRect) -> QPoint:
    """Below the anchor where the window fits there, else above it; always inside ``area``, with a small gap."""
    x = anchor.center().x() - window.width() // 2
    below = anchor.bottom() + _GAP
    above = anchor.top() - _GAP - window.height()
    y = below if below + window.height() <= area.bottom() - _GAP else above
    right, bottom = area.right() - _GAP - window.width(), area.bottom() - _GAP - window.height()
    return QPoint(max(area.left() + _GAP, min(x, right)), max(area.top() + _GAP, min(y, bottom)))


def next_to(other: QRect, window: QSize, area: QRect) -> QPoint:
    """Right of another window, else left of it, else on the side with more space; always inside ``area``."""
    right, left = other.right() + 1 + _GAP, other.left() - _GAP - window.width()
    fits_right = right + window.width() <= area.right() + 1
    more_right = area.right() - other.right() >= other.left() - area.left()
    x = right if fits_right or (left < area.left() and more_right) else left
    return inside(QRect(QPoint(x, other.top()), window), area)


def move_beside(window: QWidget, asker: QWidget | None) -> None:
    """Put a window that isn't shown yet beside the one that asked for it, if there is one."""
    if asker is None or asker is window:
        return
    # It was measured by the main screen, which may be a larger one.
    window.setScreen(asker.screen())
    window.resize(fitting(window, window.size()))
    # It has no frame yet; it will have one like that of the window which asks, if that has one.
    frameless = bool(asker.windowFlags() & Qt.WindowType.FramelessWindowHint)
    frame = _USUAL_FRAME if frameless else asker.frameSize() - asker.size()
    window.move(next_to(asker.frameGeometry(), window.size() + frame, free_area(asker.screen())))


def bring_back(window: QWidget) -> None:
    """Put a window that isn't shown yet on a screen again where the screen it was left on has gone.

    Windows opens it where it is told to, also where nobody can see it. What was never moved opens where the desktop
    wants.
    """
    # Not by the frame's own rectangle: of a window that is closed Qt takes the frame off twice.
    frame = QRect(window.pos(), window.size() + _USUAL_FRAME)
    if not window.testAttribute(Qt.WidgetAttribute.WA_Moved) or _can_be_moved(frame):
        return
    screen = screen_of(QRect())
    window.setScreen(screen)
    window.resize(fitting(window, window.size()))
    window.move(inside(QRect(frame.topLeft(), window.size() + _USUAL_FRAME), free_area(screen)))


def _can_be_moved(frame: QRect) -> bool:
    """Whether enough of a window's upper edge is on some screen to take hold of it."""
    grip = QRect(frame.left(), frame.top(), frame.width(), _GRIP)
    seen = (free_area(screen) & grip for screen in QGuiApplication.screens())
    return any(part.width() >= _GRIP and part.height() >= _GRIP // 2 for part in seen)


def fitting(window: QWidget, wanted: QSize) -> QSize:
    """``wanted``, or as much of it as leaves some of the window's screen free: a large font makes large windows."""
    area = free_area(window.screen() or QGuiApplication.primaryScreen()).size()
    return wanted.boundedTo(QSize(round(area.width() * _SCREEN_SHARE), round(area.height() * _SCREEN_SHARE)))


def inside(window: QRect, area: QRect) -> QPoint:
    """The top left corner for ``window`` where it lies inside ``area``, as near to its place as can be."""
    right, bottom = area.right() + 1 - window.width(), area.bottom() + 1 - window.height()
    return QPoint(max(area.left(), min(window.left(), right)), max(area.top(), min(window.top(), bottom)))


def keep_inside(window: QWidget) -> None:
    """Bring a window that has grown over the edge of its screen back inside it."""
    place = inside(window.frameGeometry(), free_area(window.screen()))
    if place != window.pos():
        window.move(place)
