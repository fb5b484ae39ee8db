"""Windows on the smaller of two screens. Qt's screenless platform has the screens that a file names."""

import json
import os
import subprocess
import sys
from pathlib import Path


def test_the_panel_is_measured_by_the_screen_of_the_icon(tmp_path: Path) -> None:
    common = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1.0, "y": 0}
    screens = (
        {"name": "large", "x": 0, "width": 2560, "height": 1440, **common},
        {"name": "small", "x": 2560, "width": 1024, "height": 600, **common},
    )
    file = tmp_path / "screens.json"
    file.write_text(json.dumps({"screens": screens}))
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.ui.two_screens"],
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={file}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["True", "True", "True"], done
