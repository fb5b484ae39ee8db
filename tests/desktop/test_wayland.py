"""The walk through Probe Tray on Wayland, as the walks on X11 go: tray, panel, removal, clipboard, login, settings."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.desktop import needs
from tests.desktop.bench import Desktop
from tests.desktop.test_pictures import colours
from tests.desktop.waiting import wait_for
from tests.desktop.walking import (
    LOG_IN,
    LOGIN_WINDOW,
    NEWCOMER,
    PANEL,
    SETTINGS_WINDOW,
    App,
    config_file,
    write_config,
)
from tests.desktop.wayland import Wayland
from tests.desktop.windows import Region

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(
        bool(needs.missing(needs.WAYLAND)), reason=f"NOT TESTED, Wayland: missing {needs.missing(needs.WAYLAND)}"
    ),
]

KEEPS_RUNNING = "Probe Tray keeps running"
SCREEN = Region(0, 0, 1280, 800)
OTHER_PROGRAM = """
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel("Another program")
label.setWindowTitle("Another program")
label.show()
app.exec()
"""


def focus(desktop: Desktop, name: str) -> Callable[[], bool]:
    """Whether the keyboard is on something of this name (a regular expression)."""

    def on_it() -> bool:
        element = desktop.reader.focused()
        return element is not None and re.fullmatch(name, element.name) is not None

    return on_it


def open_from_notification(desktop: Desktop, wayland: Wayland) -> None:
    """mako shows what needs the person, and its button opens the panel."""
    told = desktop.notifications.wait("this login ends")
    number = wait_for("mako to show it", lambda: wayland.notification(told.summary))
    wayland.screenshot("wayland-notification")
    wayland.press_notification(number, next(key for key, label in told.actions if label == "Open"))
    wayland.wait_window(PANEL)


def close_and_open_panel(wayland: Wayland, app: App) -> None:
    """Escape closes the panel, which is said until the icon opens it again."""
    wayland.dismiss(PANEL)
    wait_for("mako to say how it opens again", lambda: wayland.notification(KEEPS_RUNNING))
    app.item.activate()
    panel = wayland.wait_window(PANEL)
    assert (panel.pid, panel.app_id) == (app.pid, "probe-tray")
    wait_for("that to go", lambda: wayland.notification(KEEPS_RUNNING) is None)
    app.read("research@example.com")
    assert colours(wayland.screenshot("wayland-panel"), SCREEN) > 50


def rename_and_search(desktop: Desktop, wayland: Wayland, app: App) -> None:
    """The keyboard goes through the panel as on X11: a card's menu, its name, the search of more accounts."""
    wayland.key_until(focus(desktop, r"(?s)research@.*"), "Home")
    wayland.key_until(focus(desktop, "Details…"), "Menu")
    wayland.key_until(focus(desktop, r"(?s)research@.*"), "Escape")
    wayland.key_until(focus(desktop, r"research@example\.com"), "F2")
    wayland.type_text("Lab")
    wayland.key("Return")
    app.read(r"^Lab\.")
    app.item.click_menu("More", "Sync now")
    app.read("3 received")
    wayland.dismiss("^Sync result")
    wayland.key_until(focus(desktop, "Find an account"), "f", "ctrl")
    wayland.type_text("noor")
    app.read(r"^noor@example\.org\.")
    wait_for("the other cards to go", lambda: desktop.reader.find(r"(?s)Lab\..*", pid=app.pid) is None)
    wayland.key_until(lambda: desktop.reader.find(r"(?s)Lab\..*", pid=app.pid), "Escape")


def remove_and_undo(desktop: Desktop, wayland: Wayland, app: App) -> None:
    """An account is removed in the menu of its card, and comes back."""
    wayland.key_until(focus(desktop, r"(?s)(Lab|.*@.*)\..*"), "Down")
    wayland.key_until(focus(desktop, r"(?s)Lab\..*"), "Home")
    wayland.key_until(focus(desktop, "Details…"), "Menu")
    wayland.key("r")
    wayland.wait_window("^Remove an account")
    app.read(r"^Remove Lab\?")
    wayland.key_until(focus(desktop, "Remove"), "Tab")
    wayland.key("Return")
    wayland.wait_no_window("^Remove an account")
    app.read(r"^Removed Lab\.")
    wait_for("no Lab in the menu", lambda: "Lab" not in app.item.menu().tree())
    wayland.wait_keyboard(PANEL)
    wayland.key("z", "ctrl")
    app.read(r"^Lab is back\.")
    app.item.wait_menu("Lab — ")


def hide_names(desktop: Desktop, app: App) -> None:
    """The menu hides the names in panel, menu and tooltip, and shows them again."""
    app.item.click_menu("More", "Hide names")
    app.read(r"^r•••@e•••\.")
    app.item.wait_menu("r•••@e••• — ")
    shown = (*desktop.reader.texts(pid=app.pid), *app.item.menu().all_labels(), app.item.tooltip)
    assert not [text for text in shown if re.search("ana@|lee@|research@", text)]
    app.item.click_menu("More", "Hide names")
    app.read(r"^research@example\.com\.")


def paste_no_login(desktop: Desktop, wayland: Wayland, app: App) -> None:
    """The clipboard comes from the compositor: what was copied in the panel is pasted, and is no login."""
    wayland.key_until(focus(desktop, r"(?s)Lab\..*"), "Home")
    wayland.key_until(focus(desktop, "Details…"), "Menu")
    wayland.key("c")
    wait_for("the keyboard on the card", focus(desktop, r"(?s)Lab\..*"))
    wayland.key("v", "ctrl")
    app.read("That is not a login")
    wayland.screenshot("wayland-pasted")
    wayland.dismiss("^Import")


def change_setting(desktop: Desktop, wayland: Wayland, app: App) -> None:
    """A setting is found by its search, changed and saved."""
    app.item.click_menu("Settings…")
    wayland.wait_window(SETTINGS_WINDOW)
    wait_for("the keyboard in the search", focus(desktop, "Search settings"))
    wayland.type_text("before they expire")
    wayland.screenshot("wayland-settings")
    wayland.key_until(focus(desktop, "Renew logins before they expire"), "Return")
    wayland.key("a", "ctrl")
    wayland.type_text("9")
    wayland.key("s", "alt")
    wayland.wait_no_window(SETTINGS_WINDOW)
    assert json.loads(config_file(desktop).read_text("utf-8"))["renew_before_expiry_days"] == 9


def turn_wheel(desktop: Desktop, wayland: Wayland, app: App) -> None:
    """The wheel over a field moves the page; over one that was clicked it changes the number."""
    app.item.click_menu("Settings…")
    wayland.wait_window(SETTINGS_WINDOW)
    page = desktop.reader.wait("Notifications", role="list item", pid=app.pid)
    with closing(wayland.mouse()) as mouse:
        mouse.click(*wayland.point(desktop.reader.place(page), SETTINGS_WINDOW))
        field = desktop.reader.wait("Warn when the 5-hour quota reaches", role="spin box", pid=app.pid)
        place = desktop.reader.place(field)
        mouse.hover(*wayland.point(place, SETTINGS_WINDOW))
        mouse.turn_wheel(-1)
        wait_for("the page to move", lambda: desktop.reader.region(field) != place)
        mouse.turn_wheel(3)
        wait_for("the page to come back", lambda: desktop.reader.region(field) == place)
        assert desktop.reader.value(field) == 80
        mouse.click(*wayland.point(place, SETTINGS_WINDOW))
        mouse.turn_wheel(1)
        wait_for("the number to change", lambda: desktop.reader.value(field) == 81)
        assert desktop.reader.region(field) == place
    wayland.dismiss(SETTINGS_WINDOW)


def pin(desktop: Desktop, wayland: Wayland, app: App) -> None:
    """The panel goes when another program is used, unless it is pinned."""
    app.item.activate()
    wayland.wait_keyboard(PANEL)
    other = desktop.start(sys.executable, "-c", OTHER_PROGRAM, env=wayland.environment)
    wayland.wait_no_window(PANEL)
    other.stop()
    wayland.wait_no_window("Another program")
    # A click on the icon within that moment would be the one that closed it.
    app.item.click_menu("Open Probe Tray")
    wayland.wait_keyboard(PANEL)
    button = desktop.reader.wait("Keep this window open", role="check box", pid=app.pid)
    with closing(wayland.mouse()) as mouse:
        mouse.click(*wayland.point(desktop.reader.place(button), PANEL))
        app.read("^This window stays open")
        other = desktop.start(sys.executable, "-c", OTHER_PROGRAM, env=wayland.environment)
        wayland.wait_keyboard("Another program")
        # What the app answers afterwards, it answers knowing that another program is used.
        app.item.click_menu("More", "Hide names")
        app.read(r"^a•••@e•••\.")
        assert wayland.wait_window(PANEL).pid == app.pid
        app.item.click_menu("More", "Hide names")
        app.read(r"^ana@example\.com\.")
        other.stop()
        wayland.wait_no_window("Another program")
        # As it was before, for what comes next.
        mouse.click(*wayland.point(desktop.reader.place(button), PANEL))
        app.read("^This window closes when you click elsewhere")


def test_everything_works_on_wayland_and_qt_has_nothing_to_complain_of(desktop: Desktop) -> None:
    with Wayland(desktop) as wayland:
        app = App(desktop, "--demo", env=wayland.environment)
        app.wait_account("ana@example.com")
        assert LOG_IN in app.item.menu().labels()
        open_from_notification(desktop, wayland)
        close_and_open_panel(wayland, app)
        hide_names(desktop, app)
        rename_and_search(desktop, wayland, app)
        remove_and_undo(desktop, wayland, app)
        paste_no_login(desktop, wayland, app)
        wayland.dismiss(PANEL)

        url = app.start_login()
        wayland.wait_window(LOGIN_WINDOW)
        wayland.screenshot("wayland-login")
        app.finish_login(url, NEWCOMER)
        wayland.wait_no_window(LOGIN_WINDOW)
        app.wait_account(NEWCOMER)
        change_setting(desktop, wayland, app)
        turn_wheel(desktop, wayland, app)
        wayland.dismiss(PANEL)
        pin(desktop, wayland, app)
        wayland.dismiss(PANEL)
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
