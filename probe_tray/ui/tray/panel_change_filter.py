"""Hears from the system that the panel with the icon may look otherwise now."""

from collections.abc import Callable

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray

from probe_tray.adapters.systems.desktop import SystemDesktop


class PanelChangeFilter(QAbstractNativeEventFilter):
    """Looks at the messages that the system sends to this program's windows; Qt tells of programs' colors alone."""

    def __init__(self, desktop: SystemDesktop, changed: Callable[[], None]) -> None:
        """Call ``changed`` inside such a message: it must not take long."""
        super().__init__()
        self._desktop = desktop
        self._changed = changed

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> tuple[bool, int]:
        """Let every message go on its way."""
        name = kind.data() if isinstance(kind, QByteArray) else bytes(kind)
        if self._desktop.changes_panel(bytes(name), int(message)):
            self._changed()
        return False, 0
