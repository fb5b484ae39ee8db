"""The icon in the tray, which may be absent, come late, or go away and come back."""

import os
import sys
from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QObject, QRect, QSettings, QTimer, Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from probe_tray.core.commands import Arrange
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import ON_DARK, ON_LIGHT, IconPainter, Ink
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.tray import overflow_words
from probe_tray.view.view_models import Tray

_SOON, _LATER = 1_000, 10_000
_DARK_PANELS = frozenset({"BUDGIE", "GNOME", "UNITY", "X-CINNAMON", "XFCE"})
"""Desktops whose own panel is dark in both appearances, unless somebody changed it."""
_GRACE = 4
"""How often a session that is only just starting is asked for its tray before the panel takes its place."""
_CLICKS = frozenset({QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick})


class TrayIcon(QObject):
    """Shows the icon as soon as there is a tray."""

    clicked = Signal()
    absent = Signal()
    """There is no tray after a fair wait. Sent once."""
    appeared = Signal()

    def __init__(
        self,
        menu: QMenu,
        icons: IconPainter,
        theme: Theme,
        available: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable,
    ) -> None:
        """Show ``menu`` at the icon. ``available`` tells whether there is a tray now."""
        super().__init__()
        self._menu = menu
        self._icons = icons
        self._theme = theme
        self._available = available
        self._icon: QSystemTrayIcon | None = None
        self._model: Tray | None = None
        self._drawn: object = None
        self._asked = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        theme.changed.connect(self._draw)

    @property
    def present(self) -> bool:
        """Whether the icon is in a tray."""
        return self._icon is not None

    @property
    def ink(self) -> Ink:
        """What reads on the panel that the tray is on."""
        return ON_DARK if _panel_is_dark(dark_windows=self._theme.dark) else ON_LIGHT

    def look(self) -> None:
        """Look for a tray, now and then again until there is one."""
        if self._icon is not None:
            return
        if self._available():
            self._timer.stop()
            self._icon = self._make()
            self._draw()
            self._icon.show()
            self.appeared.emit()
            return
        self._asked += 1
        if self._asked == _GRACE:
            self.absent.emit()
        self._timer.start(_SOON if self._asked < _GRACE else _LATER)

    def show_model(self, model: Tray) -> None:
        """Show this from now on."""
        self._model = model
        self._draw()

    def message(self, title: str, text: str) -> None:
        """Show a message by the icon, for systems whose notifications do not work."""
        if self._icon is not None:
            self._icon.showMessage(title, text)

    def geometry(self) -> QRect:
        """Where the icon is, empty when that is not known."""
        return self._icon.geometry() if self._icon is not None else QRect()

    def close(self) -> None:
        """Take the icon away."""
        self._timer.stop()
        if self._icon is not None:
            self._icon.hide()
            self._icon.setContextMenu(None)  # pyright: ignore[reportArgumentType] - Qt takes nullptr here, the stubs do not say so
            self._icon = None

    def _make(self) -> QSystemTrayIcon:
        icon = QSystemTrayIcon(self)
        icon.setContextMenu(self._menu)
        icon.activated.connect(self._activated)
        return icon

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # macOS opens the menu with the same click.
        if reason in _CLICKS and sys.platform != "darwin":
            self.clicked.emit()

    def _draw(self) -> None:
        if self._icon is None or self._model is None:
            return
        if self._icon.toolTip() != self._model.tooltip:
            self._icon.setToolTip(self._model.tooltip)
        drawn = (self._model.look, self.ink)
        if drawn != self._drawn:
            self._drawn = drawn
            self._icon.setIcon(self._icons.icon(*drawn, template=sys.platform == "darwin"))


def _panel_is_dark(*, dark_windows: bool) -> bool:
    """Whether the desktop's own panel is dark, which need not be so where windows are."""
    if sys.platform == "win32":
        personal = QSettings(
            r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize",
            QSettings.Format.NativeFormat,
        )
        return personal.value("SystemUsesLightTheme", 1) in {0, "0"}
    desktops = os.environ.get("XDG_CURRENT_DESKTOP", "").upper().split(":")
    return dark_windows or not _DARK_PANELS.isdisjoint(desktops)


_WINDOWS_11 = 22_000
"""Its first build."""


def hides_new_icons() -> bool:
    """Whether this system hides the icons of programs that it has not met before."""
    return sys.platform == "win32" and sys.getwindowsversion().build >= _WINDOWS_11


class OverflowHint:
    """Waits until the icon is there and it is known that nobody was told before; then says it, and remembers that."""

    def __init__(
        self, engine: EngineProtocol, tray: TrayIcon, translator: Translator, *, hidden: Callable[[], bool]
    ) -> None:
        """Say it at ``tray``. ``hidden`` tells whether this system hides new icons."""
        self._engine, self._tray, self._translator = engine, tray, translator
        self._stop: Callable[[], None] | None = None
        if hidden():
            self._stop = engine.subscribe(self._look)
            tray.appeared.connect(self._look)

    def close(self) -> None:
        """Say nothing any more."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def _look(self) -> None:
        state = self._engine.state
        if self._stop is None or not state.loaded or not self._tray.present:
            return
        self.close()
        if not state.arrangement.overflow_told:
            words = overflow_words(self._translator)
            self._tray.message(words.title, words.text)
            self._engine.send(Arrange(replace(state.arrangement, overflow_told=True)))
