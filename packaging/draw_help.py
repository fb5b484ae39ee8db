"""Draws the pictures of the README into ``resources/help``: ``uv run python packaging/draw_help.py``."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap

ROOT = Path(__file__).resolve().parents[1]
GAP = 24
WIDEST = 1600
BEHIND = (QColor("#c9d3dc"), QColor("#171a1f"))
SHEETS = {"panel": "panel-three-{tone}-en-1x.png", "details": "details-{tone}-en-2x.png"}


def main() -> None:
    """Draw every window, then lay the light and the dark picture of each chosen one side by side."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QGuiApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "tests.pictures", folder], cwd=ROOT, check=True)
        for name, file in SHEETS.items():
            pair = [QPixmap(str(Path(folder, file.format(tone=tone)))) for tone in ("light", "dark")]
            _side_by_side(pair).save(str(ROOT / "resources" / "help" / f"{name}.png"))
    app.quit()


def _side_by_side(pair: list[QPixmap]) -> QPixmap:
    height = max(picture.height() for picture in pair) + 2 * GAP
    sheet = QPixmap(sum(picture.width() + 2 * GAP for picture in pair), height)
    painter = QPainter(sheet)
    left = 0
    for picture, behind in zip(pair, BEHIND, strict=True):
        painter.fillRect(left, 0, picture.width() + 2 * GAP, height, behind)
        painter.drawPixmap(left + GAP, GAP, picture)
        left += picture.width() + 2 * GAP
    painter.end()
    return sheet if sheet.width() <= WIDEST else sheet.scaledToWidth(WIDEST, Qt.TransformationMode.SmoothTransformation)


if __name__ == "__main__":
    main()
