"""Tells when the tray comes or goes, where the session's bus knows it, so that nobody has to ask again and again."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection

_WATCHER = "org.kde.StatusNotifierWatcher"


class TrayWatcher(QObject):
    """Follows the owner of the tray's name on a bus (freedesktop.org's StatusNotifierItem)."""

    changed = Signal()
    """A tray has come, gone, or been replaced."""

    def __init__(self, bus: "QDBusConnection | None", *, x11: bool) -> None:
        """Listen on ``bus``; None where there is none. ``x11``: there may be trays that no bus knows (XEmbed)."""
        super().__init__()
        self._x11 = x11
        self._known: bool | None = None
        """Whether the bus knows a tray now; None where there is no bus."""
        self._ever = False
        if bus is None or not bus.isConnected():
            return
        # Imported here: macOS and Windows have no use for it.
        from PySide6.QtDBus import QDBusServiceWatcher

        watch = QDBusServiceWatcher(_WATCHER, bus, QDBusServiceWatcher.WatchModeFlag.WatchForOwnerChange, parent=self)
        watch.serviceOwnerChanged.connect(self._owner_changed)
        self._know(known=bool(bus.interface().isServiceRegistered(_WATCHER).value()))

    def tells_after(self, *, available: bool) -> bool:
        """Whether ``changed`` will come when it is not so any more that a tray is ``available`` or is not."""
        if available or self._known is None:
            return bool(self._known)
        return not self._known and (self._ever or not self._x11)

    def _owner_changed(self, _name: str, _old: str, new: str) -> None:
        self._know(known=bool(new))
        self.changed.emit()

    def _know(self, *, known: bool) -> None:
        self._known = known
        self._ever = self._ever or known


def watch_tray() -> TrayWatcher:
    """The watcher of this session."""
    platform = QGuiApplication.platformName()
    x11 = platform == "xcb"
    if not x11 and not platform.startswith("wayland"):
        return TrayWatcher(None, x11=False)
    from PySide6.QtDBus import QDBusConnection

    return TrayWatcher(QDBusConnection.sessionBus(), x11=x11)
