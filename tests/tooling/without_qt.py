"""Finds the test files that cannot run where Qt does not load."""

import re
from pathlib import Path
from typing import Final

USES_QT: Final = re.compile(r"PySide6|qtbot|qapp\b|probe_tray\.(ui|app|program)\b|import pytestqt")


def needs_qt(path: Path) -> bool:
    """Tell whether this file of tests uses Qt."""
    return path.suffix == ".py" and USES_QT.search(path.read_text(encoding="utf-8")) is not None
