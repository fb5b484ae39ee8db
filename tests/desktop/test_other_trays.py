"""The icon in the trays of MATE and LXQt, on a desktop that names itself nowhere: its ink shows on either panel."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from tests.desktop import needs
from tests.desktop.bench import Desktop
from tests.desktop.processes import Program
from tests.desktop.session import BACKGROUND, TRAY
from tests.desktop.waiting import wait_for
from tests.desktop.walking import App
from tests.support.contrast import luminance
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
background-color={colour}

[statusnotifier]
type=statusnotifier
"""
WALLPAPER = QColor(BACKGROUND)
HEIGHT = 24
"""Pixels of the screen that belong to the thinner of the two panels."""
GREY = 60
"""The saturation, of 255, up to which a colour is none."""
READABLE = 3.0
"""The contrast that WCAG 2 wants of graphics."""
MIDDLE = 0.18
"""The luminance that reads as well on black as on white."""


def start_panel(desktop: Desktop, panel: str, env: Mapping[str, str], *, dark: bool) -> Program:
    """Start one of the panels in its place at the top, dark or light, and wait for its tray."""
    configuration = desktop.folder("XDG_CONFIG_HOME") / "lxqt" / "panel.conf"
    configuration.parent.mkdir(exist_ok=True)
    configuration.write_text(_LXQT.format(colour="#202020" if dark else "#e8e8e8"), "utf-8")
    running = desktop.start(panel, env={**env, "GTK_THEME": "Adwaita:dark" if dark else "Adwaita"})
    desktop.session.wait_owner(TRAY, running)
    return running


def stop_panel(desktop: Desktop, running: Program) -> None:
    """End the panel, and with it its tray."""
    running.stop()
    wait_for("the tray to go away", lambda: not desktop.session.bus.has_owner(TRAY))


def wait_painted(desktop: Desktop, name: str, panel: Program, *, dark: bool) -> QImage:
    """Wait until the panel shows itself, dark or light: its tray answers before there is anything to see."""

    def look() -> QImage | None:
        seen = QImage(str(desktop.screenshot(name)))
        return seen if seen.pixelColor(seen.width() // 2, 2) != WALLPAPER and is_dark(seen) is dark else None

    return wait_for(f"a {'dark' if dark else 'light'} panel", look, instead=panel.describe)


@pytest.mark.parametrize("panel", ["mate-panel", "lxqt-panel"])
def test_the_icon_shows_on_the_panel_dark_or_light(desktop: Desktop, panel: str) -> None:
    unnamed = {"XDG_CURRENT_DESKTOP": "", "GSETTINGS_BACKEND": "memory"}
    desktop.stop_tray()
    empty = dict[bool, QImage]()
    for dark in (True, False):
        running = start_panel(desktop, panel, unnamed, dark=dark)
        empty[dark] = wait_painted(desktop, f"{panel}-empty-{dark}", running, dark=dark)
        if dark:
            stop_panel(desktop, running)
    app = App(desktop, "--demo", env=unnamed)
    app.wait_account("ana@example.com")
    for dark in (False, True):
        if dark:
            stop_panel(desktop, running)
            running = start_panel(desktop, panel, unnamed, dark=dark)

        def readable(before: QImage = empty[dark], name: str = f"{panel}-{dark}") -> bool:
            return best_contrast(before, desktop.screenshot(name)) >= READABLE

        wait_for("an icon that can be seen on the panel", readable, seconds=PATIENCE, instead=app.program.describe)


def is_dark(panel: QImage) -> bool:
    """Whether most of the panel at the top is dark."""
    pixels = [panel.pixelColor(x, y) for x in range(panel.width()) for y in range(2, HEIGHT - 2)]
    return sum(luminance(pixel) < MIDDLE for pixel in pixels) > len(pixels) / 2


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
