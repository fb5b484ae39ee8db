"""A panel that is open, with nothing behind it."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QRect
from PySide6.QtGui import QPixmap
from pytestqt.qtbot import QtBot

from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter, Ink
from probe_tray.view.screen import Panel, ScreenOptions
from probe_tray.view.view_models import IconLook
from tests.unit.ui import samples

ICON = QRect(600, 0, 24, 24)


class CountingIcons(IconPainter):
    """Counts how often a line was drawn: each drawing begins with the icon."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    def pixmap(self, look: IconLook, ink: Ink, size: int, ratio: float = 1.0) -> QPixmap:
        self.drawn += 1
        return super().pixmap(look, ink, size, ratio)


def opened(
    qtbot: QtBot, theme: Theme, model: Panel, show_only: Callable[[ScreenOptions], object] = lambda _: None
) -> PanelWindow:
    """A panel that shows ``model`` by the icon of a tray."""
    actions = replace(samples.idle_actions(), show_only=show_only)
    panel = PanelWindow(theme, IconPainter(), actions)
    qtbot.addWidget(panel)
    panel.show_model(model)
    panel.open_at(ICON)
    return panel
