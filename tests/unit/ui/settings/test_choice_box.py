"""A list box that measures its choices without the font of another script."""

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.ui.settings.choice_box import ChoiceBox
from probe_tray.ui.theme import Theme
from tests.support.patience import PATIENCE

CHOICES = ("Automatic", "English", "fjord", "A somewhat longer choice")
_FONTS = """
from pathlib import Path
from PySide6.QtWidgets import QApplication
from probe_tray.core.settings import Settings
from probe_tray.ui.settings.choice_box import ChoiceBox
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.text.translate import Translator

def fonts():
    maps = Path("/proc/self/maps").read_text().split()
    return {name for name in maps if name.startswith("/") and name.endswith((".ttf", ".ttc", ".otf"))}

app = QApplication(["settings"])
dialog = SettingsDialog(Theme(app, lambda: False), Translator(), lambda _: None)
dialog.open_with(Settings())
app.processEvents()
before = fonts()
box = next(box for box in dialog.findChildren(ChoiceBox) if box.findText("简体中文") >= 0)
box.showPopup()
app.processEvents()
print(len(before), len(fonts() - before))
"""


@pytest.fixture(params=[9, 13, 20])
def window(qtbot: QtBot, qapp: QApplication, request: pytest.FixtureRequest) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    font = QFont(qapp.font())
    font.setPixelSize(request.param)
    made.setFont(font)
    return made


def _box(window: QWidget, label: str, *choices: str) -> ChoiceBox:
    box = ChoiceBox(label)
    box.setParent(window)
    box.setFont(window.font())
    for choice in choices:
        box.add(choice, choice)
    box.ensurePolished()
    return box


def _plain(window: QWidget, *choices: str) -> QComboBox:
    box = QComboBox(window)
    box.setFont(window.font())
    box.addItems(choices)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.ensurePolished()
    return box


def _sizes(box: QComboBox) -> tuple[QSize, QSize]:
    return box.sizeHint(), box.minimumSizeHint()


@pytest.mark.parametrize("themed", [False, True])
def test_it_is_as_large_as_a_list_box_of_qt(window: QWidget, qapp: QApplication, *, themed: bool) -> None:
    if themed:
        Theme(qapp, lambda: False).apply_theme(window)
    assert _sizes(_box(window, "Language", *CHOICES)) == _sizes(_plain(window, *CHOICES))
    chinese = ("自动", "简体中文")
    assert _sizes(_box(window, "语言", *chinese)) == _sizes(_plain(window, *chinese))


def test_it_has_room_for_a_word_of_another_script(window: QWidget) -> None:
    long = _box(window, "Language", "En", "简体中文简体中文")
    short = _box(window, "Language", "En", "简体中文")
    assert long.sizeHint().width() - short.sizeHint().width() == 4 * window.font().pixelSize()


def test_the_open_list_shows_each_choice_as_large_as_the_others(window: QWidget) -> None:
    box, plain = _box(window, "Language", "En", "简体中文"), _plain(window, "En", "简体中文")
    heights = list[list[int]]()
    window.show()
    for each in (box, plain):
        each.showPopup()
        view = each.view()
        heights.append([view.sizeHintForRow(row) for row in range(each.count())])
        each.hidePopup()
    assert heights[0] == heights[1]
    assert box.currentText() == "En"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the fonts that Linux has mapped")
def test_no_font_is_loaded_for_a_word_that_nobody_sees(qapp: QApplication) -> None:
    if not QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese):
        pytest.skip("no font has Chinese letters")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run(
        [sys.executable, "-c", _FONTS], env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    before, more = map(int, ran.stdout.split())
    assert before > 0
    assert more == 1
