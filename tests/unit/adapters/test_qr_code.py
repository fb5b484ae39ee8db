"""QR codes, read back by a library that is not the one that makes them."""

import subprocess
import sys

import pytest
import zxingcpp

from probe_tray.adapters.qr_code import BORDER, QrMatrix, qr_matrix
from probe_tray.core.account.secret import Secret

_PIXELS = 4


def scanned(matrix: QrMatrix) -> list[str]:
    """What a camera would read."""
    width = len(matrix) + 2 * BORDER
    light = bytes([255] * width * _PIXELS)
    rows = [light] * BORDER * _PIXELS
    for row in matrix:
        modules = (False,) * BORDER + row + (False,) * BORDER
        rows += [bytes(0 if dark else 255 for dark in modules for _ in range(_PIXELS))] * _PIXELS
    rows += [light] * BORDER * _PIXELS
    picture = memoryview(b"".join(rows)).cast("B", (width * _PIXELS, width * _PIXELS))
    return [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("text", ["PTSYNC1" + "ABCDEFGH" * 26, "PTSYNC1" + "Z7" * 300, "https://x.example/?a=b"])
def test_what_is_in_it_is_read_back(text: str) -> None:
    assert scanned(qr_matrix(Secret(text))) == [text]


def test_the_library_is_loaded_for_the_first_one_only() -> None:
    code = "import sys, probe_tray.adapters.qr_code as q; print('segno' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
