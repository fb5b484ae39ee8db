"""Pictures of all that a person sees, in both sizes and both looks, left in `tests/desktop/shots/` to be looked at."""

from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import LOGIN_WINDOW, PANEL, App
from tests.desktop.windows import RIGHT, Region, Window

pytestmark = [pytest.mark.desktop]

WIDTH, HEIGHT = 1280, 800
LOOKS = {"light": {}, "dark": {"GTK_THEME": "Adwaita:dark"}}


def colours(picture: Path, region: Region) -> int:
    """Count the colours inside a region: a blank window has one, a drawn one dozens."""
    image = QImage(str(picture)).copy(region.x, region.y, region.width, region.height)
    return len({image.pixel(x, y) for y in range(0, image.height(), 2) for x in range(0, image.width(), 2)})


def is_on_the_screen(region: Region) -> bool:
    right, bottom = region.x + region.width, region.y + region.height
    return min(region.x, region.y) >= 0 and right <= WIDTH and bottom <= HEIGHT


def menu_of(desktop: Desktop, tray: Window) -> Window | None:
    """The menu that the tray's program has opened beside its place in the panel."""
    return next((w for w in desktop.screen.windows(pid=tray.pid) if w.id != tray.id), None)


@pytest.mark.parametrize("scale", ["1", "2"])
@pytest.mark.parametrize("look", list(LOOKS))
def test_everything_is_drawn_and_lies_on_the_screen(desktop: Desktop, look: str, scale: str) -> None:
    desktop.set_panel_dark(dark=look == "dark")
    app = App(desktop, "--demo", env={**LOOKS[look], "QT_SCALE_FACTOR": scale})

    def picture(name: str, window: Window) -> None:
        path = desktop.screenshot(f"{name}-{look}-{scale}x")
        assert colours(path, window.region) > 20, name
        assert is_on_the_screen(window.region), name

    desktop.notifications.wait("login ends")
    desktop.notifications.wait("weekly quota")
    picture("notification", desktop.screen.wait_window("xfce4-notifyd"))
    desktop.notifications.forget()
    app.wait_account("ana@example.com")
    desktop.screenshot(f"tray-{look}-{scale}x", desktop.tray_region(), zoom=8)

    tray = desktop.tray_window()
    # The panel's window has a program of its own inside, which draws the tray and opens the menu.
    desktop.screen.click(*tray.region.centre, RIGHT, pid=desktop.screen.wait_window("^xfce4-panel$").pid)
    picture("menu", wait_for("the menu", lambda: menu_of(desktop, tray)))
    desktop.screen.key("Escape", to=None)
    wait_for("the menu to close", lambda: menu_of(desktop, tray) is None)

    window = app.open_panel()
    app.read("research@example.com")
    picture("panel", window)
    desktop.screen.key("Escape", to=PANEL)
    desktop.screen.wait_no_window(PANEL)

    app.start_login()
    app.read("Continue in your browser")
    picture("login", desktop.screen.wait_window(LOGIN_WINDOW))
    # With the keyboard: a screen reader does not know how large a scaled window's pixels are.
    desktop.screen.key("Escape", to=LOGIN_WINDOW)
    desktop.screen.wait_no_window(LOGIN_WINDOW)

    window = app.open_settings("Notifications")
    app.read("Warn when the 5-hour quota reaches")
    picture("settings", window)
