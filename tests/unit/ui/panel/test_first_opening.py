"""What the panel's first opening has PySide make."""

import subprocess
import sys

from tests.tooling.source import ROOT

OPENED = """
from datetime import UTC
from PySide6 import QtGui, QtWidgets
from PySide6.QtCore import QRect

from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples

app = QtWidgets.QApplication([])
painted = []

class Icons(IconPainter):
    def pixmap(self, *what):
        painted.append(what)
        return super().pixmap(*what)

for anchor in (None, QRect(600, 0, 24, 24)):
    panel = PanelWindow(Theme(app, lambda: False), Icons(), samples.idle_actions())
    panel.show_model(present(samples.many(20), samples.NOW, UTC, Translator()).panel)
    panel.open_at(anchor)
    for _ in range(10):
        app.processEvents()
print(len(painted) > 20, *({"QWizard", "QMdiArea", "QColorDialog", "QGradient"} & {*vars(QtGui), *vars(QtWidgets)}))
"""


def test_no_classes_are_made_that_the_panel_has_no_use_for() -> None:
    ran = subprocess.run([sys.executable, "-c", OPENED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True"]
