"""The icon in the trays of MATE and LXQt, on a desktop that names itself nowhere: its ink shows on either panel."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from tests.desktop import needs
from tests.desktop.bench import Desktop
from tests.desktop.session import TRAY
from tests.desktop.waiting import wait_for
from tests.desktop.walking import App
from tests.support.patience import PATIENCE

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(
        bool(needs.missing(needs.OTHER_PANELS)),
        reason=f"NOT TESTED, other trays: missing {needs.missing(needs.OTHER_PANELS)}",
    ),
]

_LXQT = """panels=panel1

[panel1]
plugins=statusnotifier
position=Top
desktop=0
panelSize=32
iconSize=22

[statusnotifier]
type=statusnotifier
"""
HEIGHT = 24
"""Pixels of the screen that belong to the thinner of the two panels."""
GREY = 60
"""The saturation, of 255, up to which a colour is none."""
READABLE = 3.0
"""The contrast that WCAG 2 wants of graphics."""


@pytest.mark.parametrize(("panel", "theme"), [("mate-panel", "Adwaita:dark"), ("lxqt-panel", "Adwaita")])
def test_the_icon_shows_on_the_panel(desktop: Desktop, panel: str, theme: str) -> None:
    configuration = desktop.folder("XDG_CONFIG_HOME") / "lxqt" / "panel.conf"
    configuration.parent.mkdir()
    configuration.write_text(_LXQT, "utf-8")
    unnamed = {"XDG_CURRENT_DESKTOP": "", "GTK_THEME": theme, "GSETTINGS_BACKEND": "memory"}
    desktop.stop_tray()
    running = desktop.start(panel, env=unnamed)
    desktop.session.wait_owner(TRAY, running)
    before = QImage(str(desktop.screenshot(f"{panel}-empty")))
    app = App(desktop, "--demo", env=unnamed)
    app.wait_account("ana@example.com")

    def readable() -> bool:
        after = desktop.screenshot(panel)
        return best_contrast(before, after) >= READABLE

    wait_for("an icon that can be seen on the panel", readable, seconds=PATIENCE, instead=app.program.describe)


def best_contrast(before: QImage, after: Path) -> float:
    """The contrast of the clearest pixel that has come into the panel at the top, to what was there."""
    return max(contrasts(before, QImage(str(after))), default=1.0)


def contrasts(before: QImage, after: QImage) -> Iterator[float]:
    for x in range(before.width()):
        for y in range(HEIGHT):
            old, new = before.pixelColor(x, y), after.pixelColor(x, y)
            # A clock beside the icon changes too, but has no colour.
            if old != new and new.hsvSaturation() > GREY:
                bright, dark = sorted((luminance(old), luminance(new)), reverse=True)
                yield (bright + 0.05) / (dark + 0.05)


def luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())
