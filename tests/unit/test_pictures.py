"""The contact sheets: every window, page and menu is drawn, and none of them is empty."""

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from tests.support.patience import PATIENCE
from tests.tooling.steps import ROOT
from tests.unit.test_demo_pictures import colours

SHEETS = {
    *("charts", "details", "dialogs", "export", "help", "import", "logins"),
    *("menus", "models", "popups", "questions", "settings", "sync", "codex"),
}


def test_one_appearance_is_drawn_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.pictures", str(tmp_path), "--one", "1", "dark", "zh"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    drawn = {file.name.removesuffix("-dark-zh-1x.png"): QImage(str(file)) for file in tmp_path.iterdir()}
    assert drawn.keys() >= SHEETS
    assert {name for name, picture in drawn.items() if colours(picture) < 20} == set()
