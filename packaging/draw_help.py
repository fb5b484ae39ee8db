"""Draws the pictures of the README and the guides: ``uv run python packaging/draw_help.py``.

The windows are those of the demo, photographed while it runs; the details and the icon's states are drawn from samples,
since their past takes weeks.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import product
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter

from probe_tray.ui.tray.icon import ON_DARK, ON_LIGHT, IconPainter
from probe_tray.view.view_models import IconLook, Tone

ROOT = Path(__file__).resolve().parents[1]
HELP = ROOT / "resources" / "help"
GAP = 24
WIDEST = 1600
CLOSE = 12
"""Steps of red, green and blue together, by which two colours look the same."""
SCREEN = {"x": 0, "y": 0, "width": 2880, "height": 1800, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
TONES = ("light", "dark")
BEHIND = {"light": QColor("#c9d3dc"), "dark": QColor("#171a1f")}
WORDS = {"light": QColor("#2b333c"), "dark": QColor("#eef1f4")}
FONTS = ["Inter", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC"]
STORIES = ("first", "three", "many")
CODEX = {"": "en", "zh_CN/": "zh_CN"}
"""The languages of the guide with a picture of use in Codex, by the folder of the picture."""
STATES = {
    "welcome": "First start",
    "login": "Logging in",
    "three": "Three accounts",
    "ended": "A login has ended",
    "offline": "No network",
    "many": "Twenty accounts",
}
_BAD, _LOW = Tone.CRITICAL, Tone.WARNING
LOOKS = (
    (IconLook(weekly=17, short=42), "Week 17%, 5 h 42%", "每周 17%，5 小时 42%"),
    (IconLook(weekly=61, short=88, short_tone=_LOW), "5 h: 80% or more", "5 小时：80% 以上"),
    (IconLook(weekly=91, short=64, weekly_tone=_LOW), "Week: 80% or more", "每周：80% 以上"),
    (IconLook(weekly=97, short=30, weekly_tone=_BAD), "Week: 95% or more", "每周：95% 以上"),
    (IconLook(weekly=100, short=11, weekly_tone=_BAD, exhausted=True), "Used up", "已用完"),
    (IconLook(weekly=61, short=42, badge=True), "A login needs you", "有登录需要处理"),
    (IconLook(badge=True), "Only a login is needed", "需要登录"),
    (IconLook(weekly=30, short=50, stale=True), "Old numbers", "数据已旧"),
    (IconLook(), "No numbers yet", "还没有数据"),
    (
        IconLook(weekly=61, short=88, short_tone=_LOW, number=88, number_bar=61, number_tone=_LOW),
        "As a number",
        "显示为数字",
    ),
)


def main() -> int:
    """Draw all of them."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QGuiApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        screen = folder / "screen.json"
        screen.write_text(json.dumps({"screens": [SCREEN]}), encoding="utf-8")
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
        for tone, story in product(TONES, STORIES):
            _run("packaging/demo_pictures.py", tone, story, name)
        for folder_, language in CODEX.items():
            _run("packaging/demo_pictures.py", "light", "codex", name, "--language", language, QT_SCALE_FACTOR="2")
            steps = [QImage(str(folder / f"{step}-light.png")) for step in ("spent", "used")]
            _save(_side_by_side([("light", step) for step in steps]), f"{folder_}codex.png")
        for tone in TONES:
            _run("-m", "tests.pictures", name, "--one", "2", tone, "en", QT_SCALE_FACTOR="2")
            _save(_states(folder, tone), f"states-{tone}.png")
        for name_, file in {"panel": "three-{}.png", "details": "details-{}-en-2x.png"}.items():
            pair = [(tone, QImage(str(folder / file.format(tone)))) for tone in TONES]
            _save(_side_by_side(pair), f"{name_}.png")
    _save(_icons(1), "icons.png")
    _save(_icons(2), "zh_CN/icons.png")
    app.quit()
    return 0


def _run(*arguments: str, **variables: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")


def _save(picture: QImage, name: str) -> None:
    file = HELP / name
    file.parent.mkdir(exist_ok=True)
    # For PNG that is the smallest file, not a worse picture.
    _flattened(picture).save(str(file), quality=0)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} KB")


def _flattened(picture: QImage) -> QImage:
    """The picture in 256 of its own colours, none close to another: the file is a third as large."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    counted = Counter(memoryview(plain.constBits()).cast("B").cast("I"))
    table: list[int] = []
    for colour, _ in counted.most_common():
        if len(table) < 256 and all(_distance(colour, other) > CLOSE for other in table):
            table.append(colour)
    return plain.convertToFormat(QImage.Format.Format_Indexed8, table, Qt.ImageConversionFlag.AvoidDither)


def _distance(one: int, other: int) -> int:
    return sum(abs((one >> shift & 255) - (other >> shift & 255)) for shift in (0, 8, 16))


def _states(folder: Path, tone: str) -> QImage:
    """Every state of the panel, the icon of that moment above it."""
    columns = 3
    pictures = {name: QImage(str(folder / f"{name}-{tone}.png")) for name in STATES}
    width = max(picture.width() for picture in pictures.values()) + GAP
    rows = [list(STATES)[start : start + columns] for start in range(0, len(STATES), columns)]
    heights = [max(pictures[name].height() for name in row) + 3 * GAP + GAP // 2 for row in rows]
    sheet = QImage(columns * width + GAP, sum(heights) + GAP, QImage.Format.Format_RGB32)
    sheet.fill(BEHIND[tone])
    painter = _painter(sheet, tone)
    for number, row in enumerate(rows):
        top = GAP + sum(heights[:number])
        for place, name in enumerate(row):
            left = GAP + place * width
            icon = QImage(str(folder / f"{name}-{tone}-icon.png"))
            painter.drawImage(left, top, icon)
            words = QRect(left + icon.width() + GAP // 2, top, width, icon.height())
            painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), STATES[name])
            painter.drawImage(left, top + icon.height() + GAP // 2, pictures[name])
    painter.end()
    return sheet


def _icons(language: int) -> QImage:
    """Every look of the icon on both kinds of panels, twice as large as it is shown, with what it means."""
    size, ratio, columns = 24, 2, 2
    row, width = 88, 560
    sheet = QImage(columns * width, -(-len(LOOKS) // columns) * row, QImage.Format.Format_RGB32)
    sheet.fill(BEHIND["light"])
    icons = IconPainter()
    painter = _painter(sheet, "light", 28)
    for number, entry in enumerate(LOOKS):
        left, top = number % columns * width, number // columns * row
        for place, (tone, ink) in enumerate((("light", ON_LIGHT), ("dark", ON_DARK))):
            box = QRect(left + 20 + place * 76, top + 10, 68, 68)
            painter.fillRect(box, QColor("#eceff2") if tone == "light" else BEHIND["dark"])
            picture = icons.pixmap(entry[0], ink, size, ratio).toImage()
            picture.setDevicePixelRatio(1)
            painter.drawImage(box.x() + 10, box.y() + 10, picture)
        words = QRect(left + 184, top, width - 184, row)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), str(entry[language]))
    painter.end()
    return sheet


def _side_by_side(pair: list[tuple[str, QImage]]) -> QImage:
    """Two pictures, each with its tone."""
    height = max(picture.height() for _, picture in pair) + 2 * GAP
    sheet = QImage(sum(p.width() + 2 * GAP for _, p in pair), height, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    left = 0
    for tone, picture in pair:
        painter.fillRect(left, 0, picture.width() + 2 * GAP, height, BEHIND[tone])
        painter.drawImage(left + GAP, GAP, picture)
        left += picture.width() + 2 * GAP
    painter.end()
    return sheet if sheet.width() <= WIDEST else sheet.scaledToWidth(WIDEST, Qt.TransformationMode.SmoothTransformation)


def _painter(sheet: QImage, tone: str, pixels: int = 17) -> QPainter:
    painter = QPainter(sheet)
    font = QFont(FONTS)
    font.setPixelSize(pixels)
    painter.setFont(font)
    painter.setPen(WORDS[tone])
    return painter


if __name__ == "__main__":
    sys.exit(main())
