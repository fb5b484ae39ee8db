"""Draw the program's own icon, with the painter that draws the tray's, in the formats that the platforms want.

    uv run python packaging/draw_icons.py

Writes PNG files from 16 to 512 pixels for Linux, one .ico for Windows and one .icns for macOS into resources/icons.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QPainter

from probe_tray.ui.tray.icon import IconPainter, Ink
from probe_tray.view.view_models import IconLook

ICONS = Path(__file__).resolve().parent.parent / "resources" / "icons"
PNG_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
ICNS_KINDS = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic13": 256, b"ic08": 256, b"ic14": 512, b"ic09": 512}
"""Apple's names of the PNG pictures in an .icns, with the width of each in pixels; 11 to 14 are for doubled screens."""

_LOOK = IconLook(weekly=35, short=60)
_TILE, _INK = "#1d2025", Ink(plain="#58b3c4", warning="#ffb454", critical="#ff6b5e")
_ROUND = 5.5 / 24
_GLYPH = 0.79
_WHOLE_BYTE = 256


def draw(size: int) -> QImage:
    """The icon, ``size`` pixels wide."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_TILE))
    painter.drawRoundedRect(QRectF(0, 0, size, size), size * _ROUND, size * _ROUND)
    # As even or odd as the tile, so that its middle lies on whole pixels.
    inner = round(size * _GLYPH / 2) * 2 + size % 2
    painter.drawPixmap((size - inner) // 2, (size - inner) // 2, IconPainter().pixmap(_LOOK, _INK, inner))
    painter.end()
    return image


def png(size: int) -> bytes:
    """The icon as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"png").write(draw(size))
    return bytes(buffer.data().data())


def ico() -> bytes:
    """All sizes of Windows in one file: a directory with 16 bytes for each, then the PNG files."""
    pictures = [(size, png(size)) for size in ICO_SIZES]
    at = 6 + 16 * len(pictures)
    directory = struct.pack("<HHH", 0, 1, len(pictures))
    for size, data in pictures:
        side = size % _WHOLE_BYTE
        directory += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(data), at)
        at += len(data)
    return directory + b"".join(data for _, data in pictures)


def icns() -> bytes:
    """All sizes of macOS in one file: name, length and PNG file of each."""
    parts = [(kind, png(size)) for kind, size in ICNS_KINDS.items()]
    body = b"".join(kind + struct.pack(">I", len(data) + 8) + data for kind, data in parts)
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main() -> None:
    """Write them all."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication([])
    for size in PNG_SIZES:
        (ICONS / f"probe-tray-{size}.png").write_bytes(png(size))
    (ICONS / "probe-tray.ico").write_bytes(ico())
    (ICONS / "probe-tray.icns").write_bytes(icns())
    app.quit()
    print(f"{len(PNG_SIZES)} PNG files, probe-tray.ico and probe-tray.icns are in {ICONS.name}.")


if __name__ == "__main__":
    main()
