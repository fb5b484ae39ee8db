"""The icon in the tray, which may be absent, come late, or go away and come back."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QObject, QRect, QTimer, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from probe_tray.adapters.systems.desktop import SystemDesktop
from probe_tray.core.commands import Arrange
from probe_tray.core.settings import IconInk
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.first_icon import FirstIcon
from probe_tray.ui.tray.icon import IconPainter, Ink, is_template, tray_ink
from probe_tray.ui.tray.panel_change_filter import PanelChangeFilter
from probe_tray.ui.tray.tray_watcher import TrayWatcher
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.icon_look import LastIcon
from probe_tray.view.tray.tray import overflow_words
from probe_tray.view.view_models import Tray

_SOON, _LATER = 1_000, 10_000
_GRACE = 4
"""How often in a row a session is asked for its tray before the panel takes its place: it may only just be starting, or
its panel be started again."""


def clicks(desktop: SystemDesktop) -> frozenset[QSystemTrayIcon.ActivationReason]:
    """What counts as a click on the icon."""
    reason = QSystemTrayIcon.ActivationReason
    if desktop.click_opens_menu:
        return frozenset()
    if desktop.repeats_second_click:
        # The second one would shut what the first has opened.
        return frozenset({reason.Trigger})
    return frozenset({reason.Trigger, reason.DoubleClick})


class TrayIcon(QObject):
    """Shows the icon as soon as there is a tray."""

    clicked = Signal()
    refresh_wanted = Signal()
    """The icon was clicked with the middle button."""
    absent = Signal()
    """There is no tray after a fair wait, or no longer one. Sent once until there is one again."""
    appeared = Signal()

    def __init__(
        self,
        first: FirstIcon,
        remember: Callable[[LastIcon], None],
        icons: IconPainter,
        theme: Theme,
        desktop: SystemDesktop,
        available: Callable[[], bool],
        watcher: TrayWatcher,
    ) -> None:
        """Take over the icon that ``first`` shows, and its menu; ``remember`` keeps what is shown for the next start.

        ``desktop`` tells what the icon lies on now; ``available`` whether there is a tray now, ``watcher`` that this
        changed.
        """
        super().__init__()
        self._first = first
        self._remember = remember
        self._icons = icons
        self._theme = theme
        self._desktop = desktop
        self._available = available
        self._watcher = watcher
        watcher.setParent(self)
        watcher.changed.connect(self.look)
        self._icon = first.hand_over(self)
        if self._icon is not None:
            self._icon.activated.connect(self._activated)
        self._model: Tray | None = None
        self._drawn: object = None
        self._present = False
        self._missed = 0
        """How often in a row there was no tray."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        theme.changed.connect(self._draw)
        self._panel_filter = self._follow_panel()

    @property
    def present(self) -> bool:
        """Whether the icon is in a tray."""
        return self._present

    @property
    def ink(self) -> Ink:
        """What reads on the panel that the tray is on."""
        return tray_ink(IconInk.AUTOMATIC if self._model is None else self._model.ink, self._desktop)

    def look(self) -> None:
        """Look for a tray, and again when it may have changed: it may come late, go away and come back."""
        if self._available():
            self._missed = 0
            self._wait(available=True)
            self._appear()
            # Where no message tells of it, as on macOS' menu bar.
            self._draw()
            return
        self._missed += 1
        if self._missed == _GRACE:
            self._present = False
            self.absent.emit()
        if self._missed < _GRACE:
            self._timer.start(_SOON)
        else:
            self._wait(available=False)

    def show_model(self, model: Tray) -> None:
        """Show this from now on."""
        self._model = model
        if model.known:
            self._remember(LastIcon(look=model.look, ink=model.ink))
        self._draw()

    def message(self, title: str, text: str) -> None:
        """Show a message by the icon, for systems whose notifications do not work."""
        if self._icon is not None:
            # With the program's own picture: Qt's takes 1 MB, of which nothing is given back.
            self._icon.showMessage(title, text, self._icon.icon())

    def geometry(self) -> QRect:
        """Where the icon is, empty when that is not known."""
        return self._icon.geometry() if self._icon is not None else QRect()

    def close(self) -> None:
        """Take the icon away."""
        self._timer.stop()
        self._watcher.changed.disconnect(self.look)
        if self._panel_filter is not None and (app := QCoreApplication.instance()):
            app.removeNativeEventFilter(self._panel_filter)
        self._present = False
        if self._icon is not None:
            self._icon.hide()
            self._icon.setContextMenu(None)  # pyright: ignore[reportArgumentType] - Qt takes nullptr here, the stubs do not say so
            self._icon = None

    def _follow_panel(self) -> PanelChangeFilter | None:
        app = QCoreApplication.instance()
        if app is None or not self._desktop.tells_panel_changes:
            return None
        # The message is handled first: the panel's new look is asked for after it.
        found = PanelChangeFilter(self._desktop, lambda: QTimer.singleShot(0, self._draw))
        app.installNativeEventFilter(found)
        return found

    def _wait(self, *, available: bool) -> None:
        """Look again in a while, unless the next change is told."""
        if self._watcher.tells_after(available=available):
            self._timer.stop()
        else:
            self._timer.start(_LATER)

    def _appear(self) -> None:
        if self._present:
            return
        self._present = True
        # One that has lost its tray is kept: Qt puts it into the new one.
        if self._icon is None:
            self._icon = self._make()
            self._draw()
            self._icon.show()
        self.appeared.emit()
        for reason in self._first.take_clicks():
            self._activated(reason)

    def _make(self) -> QSystemTrayIcon:
        icon = QSystemTrayIcon(self)
        icon.setContextMenu(self._first.menu)
        icon.activated.connect(self._activated)
        return icon

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.MiddleClick:
            self.refresh_wanted.emit()
        if reason in clicks(self._desktop):
            self.clicked.emit()

    def _draw(self) -> None:
        if self._icon is None or self._model is None:
            return
        if self._icon.toolTip() != self._model.tooltip:
            self._icon.setToolTip(self._model.tooltip)
        if not self._model.known and self._icon.isVisible():
            # What the last run knew says more than that nothing is known yet.
            return
        drawn = (self._model.look, self.ink)
        if (*drawn, self._model.ink) != self._drawn:
            self._drawn = (*drawn, self._model.ink)
            self._icon.setIcon(self._icons.icon(*drawn, template=is_template(self._model.ink, self._desktop)))


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
