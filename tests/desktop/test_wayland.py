"""The walk through Probe Tray on Wayland: tray, menu, panel, login, a dialog and Chinese."""

import pytest

from tests.desktop import needs
from tests.desktop.bench import Desktop
from tests.desktop.test_pictures import colours
from tests.desktop.walking import LOG_IN, LOGIN_WINDOW, NEWCOMER, PANEL, SETTINGS_WINDOW, App, write_config
from tests.desktop.wayland import Wayland
from tests.desktop.windows import Region

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(
        bool(needs.missing(needs.WAYLAND)), reason=f"NOT TESTED, Wayland: missing {needs.missing(needs.WAYLAND)}"
    ),
]

SCREEN = Region(0, 0, 1280, 800)


def test_everything_works_on_wayland_and_qt_has_nothing_to_complain_of(desktop: Desktop) -> None:
    with Wayland(desktop) as wayland:
        app = App(desktop, "--demo", env=wayland.environment)
        app.wait_account("ana@example.com")
        assert LOG_IN in app.item.menu().labels()

        app.item.activate()
        panel = wayland.wait_window(PANEL)
        assert (panel.pid, panel.app_id) == (app.pid, "probe-tray")
        app.read("research@example.com")
        assert colours(wayland.screenshot("wayland-panel"), SCREEN) > 50
        wayland.dismiss(PANEL)

        url = app.start_login()
        wayland.wait_window(LOGIN_WINDOW)
        wayland.screenshot("wayland-login")
        app.finish_login(url, NEWCOMER)
        wayland.wait_no_window(LOGIN_WINDOW)
        app.wait_account(NEWCOMER)

        app.item.click_menu("Settings…")
        wayland.wait_window(SETTINGS_WINDOW)
        app.read("Search settings")
        wayland.screenshot("wayland-settings")
        wayland.dismiss(SETTINGS_WINDOW)
        app.quit()
        assert app.program.errors() == ""


def test_it_speaks_chinese_on_wayland(desktop: Desktop) -> None:
    write_config(desktop, '{"language": "zh_CN"}')
    with Wayland(desktop) as wayland:
        app = App(desktop, "--demo", env=wayland.environment)
        app.wait_account("ana@example.com", "")
        app.item.activate()
        wayland.wait_window(PANEL)
        app.read("每周")
        wayland.screenshot("wayland-chinese")
        app.item.click_menu("退出")
        assert app.program.wait_exit() == 0
        assert app.program.errors() == ""
