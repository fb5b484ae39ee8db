"""A panel that is open, with nothing behind it."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QRect
from pytestqt.qtbot import QtBot

from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.screen import Panel, ScreenOptions
from tests.unit.ui import samples

ICON = QRect(600, 0, 24, 24)


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
