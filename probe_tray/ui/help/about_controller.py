"""Between the window about the program and what it tells."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from probe_tray.core.commands import CheckNotifications, OpenReleasePage
from probe_tray.core.machine import Machine, Toolkit
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.lazy_window import LazyWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.help.about import about, diagnostics
from probe_tray.view.text.translate import Translator

if TYPE_CHECKING:
    from probe_tray.ui.help.about_dialog import AboutDialog


class DiagnosticsSource(Protocol):
    """Looks at the machine."""

    def machine(self) -> Machine:
        """What the program runs on now."""
        ...

    def clean(self, text: str) -> str:
        """``text`` without what is nobody else's business."""
        ...


class AboutController:
    """Opens the window, and copies what whoever is asked for help needs to know."""

    def __init__(
        self,
        engine: EngineProtocol,
        theme: Theme,
        icons: IconPainter,
        inspector: DiagnosticsSource,
        translator: Translator,
        show_help: Callable[[], None],
    ) -> None:
        """Tell about ``engine``'s state and the machine of ``inspector``; ``show_help`` opens the guides."""
        self._engine = engine
        self._theme = theme
        self._icons = icons
        self._inspector = inspector
        self._translator = translator
        self._show_help = show_help
        self._now: Callable[[], datetime] | None = None
        self._tray, self._ink = False, ""
        self._window = LazyWindow(self._make, self._fill)

    def show(self, now: Callable[[], datetime], *, tray: bool, ink: str) -> None:
        """Open the window. ``now`` is aware UTC; ``tray``: whether the icon is in one, in a colour ``ink``."""
        self._now, self._tray, self._ink = now, tray, ink
        # What is copied says it, and the answer is there before anybody can copy.
        self._engine.send(CheckNotifications())
        self._window.show()

    def draw(self) -> None:
        """Say it in the language of now."""
        self._window.draw()

    def close(self) -> None:
        """Take the window away for good."""
        self._window.close()

    def _make(self) -> "AboutDialog":
        from probe_tray.ui.help.about_dialog import AboutActions, AboutDialog

        actions = AboutActions(
            copy=self._copy, help=self._show_help, release=lambda: self._engine.send(OpenReleasePage())
        )
        return AboutDialog(self._theme, self._icons, actions)

    def _fill(self, window: "AboutDialog") -> None:
        release = self._engine.state.release
        window.show_model(about(self._inspector.machine(), self._toolkit(), release, self._translator))

    def _toolkit(self) -> Toolkit:
        screens = (
            f"{size.width()}x{size.height()} at {screen.devicePixelRatio():g}"
            for screen in QGuiApplication.screens()
            for size in (screen.size(),)
        )
        return Toolkit(
            qt=qVersion(),
            platform=QGuiApplication.platformName(),
            tray=self._tray,
            ink=self._ink,
            style=QApplication.style().objectName(),
            dark=self._theme.dark,
            screens=tuple(screens),
        )

    def _copy(self) -> None:
        if self._now is not None:
            text = diagnostics(self._engine.state, self._inspector.machine(), self._toolkit(), self._now())
            QGuiApplication.clipboard().setText(self._inspector.clean(text))
