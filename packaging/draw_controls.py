"""Draws the arrows and ticks of fields and boxes into resources/controls: ``uv run python packaging/draw_controls.py``.

A style sheet takes pictures only from files. They are larger than on any screen: Qt makes them smaller.
"""

import os
import sys
from itertools import product
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPen

from probe_tray.ui.tokens import DARK, LIGHT

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "controls"
GRID, SIZE = 16, 96
LINES = {
    "down": ((3.5, 6.0), (8.0, 10.5), (12.5, 6.0)),
    "up": ((3.5, 10.0), (8.0, 5.5), (12.5, 10.0)),
    "tick": ((3.5, 8.5), (6.7, 11.5), (12.5, 4.8)),
    "dash": ((4.0, 8.0), (12.0, 8.0)),
}
ARROWS = frozenset({"down", "up"})


def main() -> int:
    """Draw all of them."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QGuiApplication(sys.argv[:1])
    FOLDER.mkdir(exist_ok=True)
    for name, (tone, colours) in product(LINES, (("light", LIGHT), ("dark", DARK))):
        colour, width = (colours.secondary, 2.0) if name in ARROWS else (colours.on_accent, 2.4)
        picture = QImage(SIZE, SIZE, QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(SIZE / GRID, SIZE / GRID)
        round_ends = (Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, *round_ends))
        painter.drawPolyline([QPointF(*point) for point in LINES[name]])
        painter.end()
        picture.save(str(FOLDER / f"{name}-{tone}.png"), quality=0)
    app.quit()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
