"""Opens the panel by an icon on the smaller of two screens, and says how it fits there; a program of its own."""

import sys

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.shell import Shell
from tests.support.widgets import opened
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine
from tests.unit.ui.shell_contexts import shell_context


def main() -> None:
    app = QApplication([])
    around = shell_context(blends_windows=False, desktop=this_desktop())
    shell = Shell(app, FakeEngine(samples.many(30)), around, lambda: None)
    small = min(QGuiApplication.screens(), key=lambda screen: screen.size().height())
    shell.show_panel()
    panel = opened(PanelWindow)
    panel.close()
    corner = small.geometry().bottomRight()
    panel.open_at(QRect(corner.x() - 30, corner.y() - 20, 16, 16))
    place = panel.frameGeometry()
    panel.activateWindow()
    app.processEvents()
    shell.show_settings()
    dialog = opened(SettingsDialog).frameGeometry()
    for said in (
        small.availableGeometry().contains(place),
        place.height() <= 0.7 * small.availableGeometry().height() + 2,
        small.availableGeometry().contains(dialog.center()) and dialog.height() <= small.size().height(),
    ):
        sys.stdout.write(f"{said}\n")
    shell.close()


if __name__ == "__main__":
    main()
