"""The program's own icon, as it ships for each platform."""

import struct

import pytest
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import QApplication

from probe_tray.resources import resource


@pytest.mark.parametrize("size", [16, 22, 24, 32, 48, 64, 128, 256, 512])
def test_linux_has_a_picture_of_every_size(qapp: QApplication, size: int) -> None:
    image = QImage(str(resource(f"icons/probe-tray-{size}.png")))
    assert (image.width(), image.height()) == (size, size)
    assert image.pixelColor(0, 0).alpha() < 255
    colours = {image.pixelColor(x, y).name() for x in range(size) for y in range(size)}
    assert {"#1d2025", "#58b3c4"} <= colours


def test_windows_finds_all_sizes_in_one_file(qapp: QApplication) -> None:
    reader = QImageReader(str(resource("icons/probe-tray.ico")))
    sizes: set[int] = set()
    for number in range(reader.imageCount()):
        assert reader.jumpToImage(number)
        sizes.add(reader.read().width())
    assert sizes == {16, 20, 24, 32, 40, 48, 64, 256}


def test_macos_finds_its_pictures_in_one_file() -> None:
    data = resource("icons/probe-tray.icns").read_bytes()
    assert (data[:4], struct.unpack(">I", data[4:8])[0]) == (b"icns", len(data))
    found: dict[bytes, int] = {}
    at = 8
    while at < len(data):
        kind, length = data[at : at + 4], struct.unpack(">I", data[at + 4 : at + 8])[0]
        picture = data[at + 8 : at + length]
        assert picture.startswith(b"\x89PNG")
        found[kind] = struct.unpack(">I", picture[16:20])[0]
        at += length
    assert found == {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic13": 256, b"ic08": 256, b"ic14": 512, b"ic09": 512}
