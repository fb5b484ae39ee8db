"""The manners of the app on a real desktop: started again, spoken to, in Chinese, with a tray that comes and goes."""

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from probe_tray.demo import DemoService
from probe_tray.ui.tokens import DARK
from tests.desktop.bench import Desktop, installed
from tests.desktop.processes import Program
from tests.desktop.session import BACKGROUND
from tests.desktop.waiting import wait_for
from tests.desktop.walking import (
    BY_HAND,
    LOGIN_WINDOW,
    PANEL,
    SETTINGS_WINDOW,
    App,
    official_login,
    vault_tokens,
    write_config,
)
from tests.desktop.windows import Region
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.desktop]

ANA = "ana@example.com"
OTHER_PROGRAM = "Another program"


def again(desktop: Desktop, *arguments: str) -> str:
    """Start the app once more; what it says before it ends well."""
    program = desktop.run(installed("probe-tray"), "--demo", *arguments)
    assert program.errors() == ""
    return program.output()


def test_a_second_start_opens_the_first_ones_panel(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    assert again(desktop) == ""
    assert desktop.screen.wait_window(PANEL).pid == app.pid
    assert [item.pid for item in desktop.tray.items()] == [app.pid]


def test_the_running_app_does_what_a_later_start_asks(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    assert again(desktop, "--background") == ""
    assert again(desktop, "--refresh") == ""
    assert desktop.screen.windows(pid=app.pid) == []
    assert again(desktop, "--login") == ""
    assert desktop.browser.wait_url().startswith("http://127.0.0.1")
    assert desktop.screen.wait_window(LOGIN_WINDOW).pid == app.pid
    assert again(desktop, "--show") == ""
    assert desktop.screen.wait_window(PANEL).pid == app.pid
    assert again(desktop, "--quit") == "Probe Tray is quitting.\n"
    assert app.program.wait_exit() == 0
    desktop.tray.wait_empty()
    assert again(desktop, "--quit") == "Probe Tray is not running.\n"


def test_with_none_running_a_login_begins_with_the_start(desktop: Desktop) -> None:
    app = App(desktop, "--demo", "--login")
    assert desktop.browser.wait_url().startswith("http://127.0.0.1")
    assert desktop.screen.wait_window(LOGIN_WINDOW).pid == app.pid


def test_a_killed_app_is_no_obstacle_to_the_next(desktop: Desktop) -> None:
    App(desktop, "--demo").program.kill()
    desktop.tray.wait_empty()
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    assert again(desktop, "--show") == ""
    assert desktop.screen.wait_window(PANEL).pid == app.pid


def test_a_removed_account_is_brought_back_by_keyboard(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    app.open_panel()
    held = vault_tokens(desktop)
    desktop.screen.key("Home", to=PANEL)
    desktop.screen.key("Menu", to=PANEL)
    desktop.reader.wait_focus("Details…", role="menu item")
    desktop.screen.key("r", to=PANEL)
    desktop.screen.wait_window("^Remove an account")
    name = app.read(r"^Remove .*\?$").removeprefix("Remove ").removesuffix("?")
    app.press("Remove")
    assert app.read(r"^Removed ") == f"Removed {name}."
    wait_for(f"no {name} in the menu", lambda: name not in app.item.menu().tree(), seconds=PATIENCE)
    desktop.screen.key("ctrl+z", to=PANEL)
    assert app.read(r" is back\.$") == f"{name} is back."
    app.wait_account(name, "")
    assert vault_tokens(desktop) == held


def test_the_language_changes_everywhere_at_once(desktop: Desktop) -> None:
    path = write_config(desktop, "{}")
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    app.open_panel()
    app.item.click_menu("More", "About")
    desktop.screen.wait_window("^About Probe Tray")
    app.item.click_menu("Settings…")
    # The first of the two: appearance comes after it.
    desktop.reader.press("Same as system", role="combo box", pid=app.pid)
    desktop.screen.key("End", "Return", to=SETTINGS_WINDOW)
    app.press("Save")
    desktop.screen.wait_no_window(SETTINGS_WINDOW)
    app.item.wait_menu("退出(Q)")
    assert "有" in app.item.wait_tooltip("个账户")
    app.read("登录 Codex…|登录 Codex")
    desktop.screen.wait_window("^关于 Probe Tray")
    desktop.screenshot("manners-chinese")
    assert json.loads(path.read_text("utf-8")) == {"language": "zh_CN"}
    app.item.click_menu("设置(S)…")
    desktop.screen.wait_window("^设置")


def test_dark_windows_can_be_had_on_a_light_desktop(desktop: Desktop) -> None:
    write_config(desktop, '{"appearance": "dark"}')
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    app.open_panel()
    app.item.click_menu("More", "About")
    place = desktop.screen.wait_window("^About Probe Tray").region
    picture = QImage(str(desktop.screenshot("manners-dark", place)))
    pixels = [picture.pixel(x, y) for y in range(picture.height()) for x in range(picture.width())]
    assert pixels.count(QColor(DARK.window).rgb()) > len(pixels) / 2


def test_starting_at_login_is_switched_on_and_off_in_the_settings(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    entry = desktop.folder("XDG_CONFIG_HOME") / "autostart" / "probe-tray-demo.desktop"

    def toggle() -> None:
        app.item.click_menu("Settings…")
        desktop.screen.wait_window(SETTINGS_WINDOW)
        desktop.reader.press("Start when you log in to this computer", role="check box", pid=app.pid)
        app.press("Save")

    toggle()
    wait_for("the entry", entry.exists)
    assert f'Exec="{Path(installed("probe-tray"))}" "--demo" "--background"\n' in entry.read_text("utf-8")
    desktop.screen.wait_no_window(SETTINGS_WINDOW)
    toggle()
    wait_for("the entry to go", lambda: not entry.exists())


def test_without_a_tray_the_panel_is_the_window_until_the_tray_comes(desktop: Desktop) -> None:
    desktop.stop_tray()
    program = desktop.start(installed("probe-tray"), "--demo")
    panel = desktop.screen.wait_window(PANEL)
    assert panel.pid == program.pid
    desktop.start_tray()
    item = desktop.tray.wait_item(pid=program.pid)
    assert item.menu().find("Quit") is not None
    item.click_menu("Quit")
    assert program.wait_exit() == 0


def has_frame(desktop: Desktop) -> bool:
    """Whether the window manager has drawn something beside the panel; a popover has the desktop beside it."""
    place = desktop.screen.wait_window(PANEL).region
    beside = Region(place.x - 2, place.y + place.height // 2, 1, 1)
    return QImage(str(desktop.screenshot("manners-beside", beside))).pixelColor(0, 0) != QColor(BACKGROUND)


def use_another_program(desktop: Desktop) -> Program:
    """Start one, whose window takes the keyboard."""
    program = desktop.start("display", "-title", OTHER_PROGRAM, "-geometry", "+40+500", "-size", "200x100", "xc:white")
    desktop.screen.wait_active(OTHER_PROGRAM)
    return program


def pin_and_unpin(desktop: Desktop, app: App) -> None:
    """Pinned the panel is a window that stays while another program is used; otherwise it is a popover, which goes."""
    assert not has_frame(desktop)
    desktop.reader.press("Keep this window open", role="check box", pid=app.pid)
    app.read("^This window stays open")
    wait_for("a frame around the panel", lambda: has_frame(desktop))
    other = use_another_program(desktop)
    assert desktop.screen.wait_window(PANEL).pid == app.pid
    other.stop()
    desktop.reader.press("Keep this window open", role="check box", pid=app.pid)
    app.read("^This window closes when you click elsewhere")
    wait_for("no frame around the panel", lambda: not has_frame(desktop))
    desktop.screen.wait_active(PANEL)
    use_another_program(desktop)
    desktop.screen.wait_no_window(PANEL)


def test_an_icon_comes_back_with_its_tray_and_opens_a_popover_that_can_be_pinned(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    desktop.stop_tray()
    # Meanwhile a window takes its place.
    assert desktop.screen.wait_window(PANEL, seconds=PATIENCE).pid == app.pid
    desktop.start_tray()
    item = desktop.tray.wait_item(pid=app.pid)
    assert item.wait_menu("Quit").enabled
    item.activate()
    desktop.screen.wait_no_window(PANEL)
    item.activate()
    desktop.screen.wait_window(PANEL)
    pin_and_unpin(desktop, app)


def test_the_diagnostics_are_copied_from_the_window(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    app.item.click_menu("More", "About")
    desktop.screen.wait_window("^About Probe Tray")
    app.press("Copy diagnostics")
    app.read("^Copied$")
    desktop.screenshot("manners-about")


def test_a_start_by_hand_opens_on_the_clients_login_and_one_in_the_background_opens_nothing(desktop: Desktop) -> None:
    with DemoService() as service:
        home = desktop.home / "codex"
        home.mkdir()
        (home / "auth.json").write_bytes(official_login(service.issue_login(ANA)))
    app = App(desktop, BY_HAND, env={"CODEX_HOME": str(home)})
    desktop.screen.wait_window(PANEL)
    app.read(r"^ana@example\.com\.")
    desktop.screenshot("manners-first-start")
    assert desktop.reader.find("Import logins…", pid=app.pid) is None
    app.quit()
    again_started = App(desktop, "--background", env={"CODEX_HOME": str(home)})
    again_started.wait_account(ANA, "")
    assert desktop.screen.windows(pid=again_started.pid) == []
    again_started.open_panel()
    again_started.read(r"^ana@example\.com\.")
