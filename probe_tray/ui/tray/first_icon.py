"""The icon from the start of the program on, while the rest is still being loaded: with what it showed last."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from probe_tray.adapters.systems.desktop import SystemDesktop
from probe_tray.core.settings import IconInk
from probe_tray.ui.tray.icon import IconPainter, is_template, tray_ink
from probe_tray.view.tray.icon_look import IconLook, LastIcon

_NOTHING = LastIcon(look=IconLook(), ink=IconInk.AUTOMATIC)


class FirstIcon(QObject):
    """Shows the icon at once where there is a tray, until :class:`TrayIcon` takes it over.

    Nothing can be done yet: what is clicked meanwhile is kept, and the menu is filled as soon as there is one.
    """

    def __init__(self, last: LastIcon | None, desktop: SystemDesktop, available: Callable[[], bool]) -> None:
        """Show ``last``, faded as numbers from before are; ``available`` tells whether there is a tray now."""
        super().__init__()
        self.menu = QMenu()
        self._clicks: list[QSystemTrayIcon.ActivationReason] = []
        self._icon: QSystemTrayIcon | None = None
        if available():
            shown = last or _NOTHING
            template = is_template(shown.ink, desktop)
            icon = self._icon = QSystemTrayIcon(self)
            icon.setIcon(
                IconPainter().icon(replace(shown.look, stale=True), tray_ink(shown.ink, desktop), template=template)
            )
            icon.setToolTip("Probe Tray")
            icon.setContextMenu(self.menu)
            icon.activated.connect(self._clicks.append)
            icon.show()

    def hand_over(self, owner: QObject) -> QSystemTrayIcon | None:
        """The icon, which belongs to ``owner`` from now on; None where there was no tray."""
        icon, self._icon = self._icon, None
        if icon is not None:
            icon.activated.disconnect(self._clicks.append)
            icon.setParent(owner)
        return icon

    def take_clicks(self) -> list[QSystemTrayIcon.ActivationReason]:
        """What was clicked before anybody could do it, once."""
        clicks, self._clicks = self._clicks, []
        return clicks

    def close(self) -> None:
        """Take the icon away, unless it was handed over."""
        if self._icon is not None:
            self._icon.hide()
            self._icon = None
