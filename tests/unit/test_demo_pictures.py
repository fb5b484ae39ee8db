"""The pictures of the README are photographs of the demo: what one story of it shows, and how the icon changes."""

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from tests.support.patience import PATIENCE
from tests.tooling.steps import ROOT


def test_a_story_of_the_demo_is_photographed_in_all_its_states(tmp_path: Path) -> None:
    command = [sys.executable, "packaging/demo_pictures.py", "dark", "three", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    windows = {name: QImage(str(tmp_path / f"{name}-dark.png")) for name in ("three", "ended", "offline")}
    icons = {name: QImage(str(tmp_path / f"{name}-dark-icon.png")) for name in windows}
    for name, window in windows.items():
        assert colours(window) > 50, name
    assert icons["three"] != icons["ended"] != icons["offline"]
    assert windows["three"].pixelColor(2, 2).lightness() < 60, "the windows are dark"


def colours(picture: QImage) -> int:
    return len({picture.pixel(x, y) for y in range(0, picture.height(), 2) for x in range(0, picture.width(), 2)})
