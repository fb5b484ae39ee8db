"""What a person does with the settings: the wheel over them, wrong values, a new folder, a test of the network."""

import json

import pytest
from PySide6.QtGui import QImage

from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import SETTINGS_WINDOW, App, config_file, write_config
from tests.desktop.windows import Window

pytestmark = [pytest.mark.desktop]

WARNING, SECOND = "Warn when the 5-hour quota reaches", "Second warning at"


def search(desktop: Desktop, app: App, word: str) -> None:
    """Go to the first setting that is found, as a person does without the mouse."""
    desktop.reader.press("Search settings", role="text", pid=app.pid)
    desktop.reader.wait_focus("Search settings", role="text")
    desktop.screen.key("ctrl+a", to=SETTINGS_WINDOW)
    desktop.screen.type_text(word, to=SETTINGS_WINDOW)
    desktop.screen.key("Return", to=SETTINGS_WINDOW)


def click_free_space(desktop: Desktop, app: App, window: Window) -> None:
    """A click beside the cards draws no frame round the page, and the keyboard stays where it was."""
    free = window.region.x + window.region.width - 28, window.region.y + 30
    desktop.screen.hover(*free)
    before = QImage(str(desktop.screenshot("settings-untouched", window.region)))
    desktop.screen.click(*free, pid=app.pid)
    assert QImage(str(desktop.screenshot("settings-free", window.region))) == before
    desktop.screen.key("Down", to=SETTINGS_WINDOW)
    desktop.reader.wait("Network", role="label", pid=app.pid)
    desktop.screen.key("Up", to=SETTINGS_WINDOW)


def turn_wheel(desktop: Desktop, app: App) -> None:
    """The wheel over a field moves the page; over one that was clicked it changes the number."""
    field = desktop.reader.wait(WARNING, role="spin box", pid=app.pid)
    place = desktop.reader.place(field).centre
    desktop.screen.hover(*place)
    desktop.screen.turn_wheel(-1)
    wait_for("the page to move", lambda: desktop.reader.region(field).centre != place)
    desktop.screen.turn_wheel(3)
    wait_for("the page to come back", lambda: desktop.reader.region(field).centre == place)
    assert desktop.reader.value(field) == 80
    desktop.screen.click(*place, pid=app.pid)
    desktop.screen.turn_wheel(1)
    wait_for("the number to change", lambda: desktop.reader.value(field) == 81)
    assert desktop.reader.region(field).centre == place


def type_wrong_number(desktop: Desktop, app: App) -> None:
    """A value that cannot be is marked where it is, however far away the person was, and nothing is saved."""
    desktop.screen.key("ctrl+a", to=SETTINGS_WINDOW)
    desktop.screen.type_text("99", to=SETTINGS_WINDOW)
    search(desktop, app, "proxy")
    desktop.screen.key("alt+s", to=SETTINGS_WINDOW)
    desktop.reader.wait_focus(SECOND, role="spin box")
    app.read("Must be higher than the first warning")
    assert json.loads(config_file(desktop).read_text("utf-8")) == {}
    desktop.screen.key("ctrl+a", to=SETTINGS_WINDOW)
    desktop.screen.type_text("100", to=SETTINGS_WINDOW)


def try_connection(desktop: Desktop, app: App) -> str:
    """What a test of the connection says is in words of the window; returns it."""
    search(desktop, app, "proxy")
    app.press("Test connection")
    said = app.read("The connection works")
    # One line for each step, in words.
    for words in ("The address of .* was found", "Connected to .*|.* connected to OpenAI", "OpenAI answered"):
        desktop.reader.wait(words, role="label", pid=app.pid)
    assert "--help" not in "\n".join(desktop.reader.texts(pid=app.pid))
    return said


def name_missing_folder(desktop: Desktop, app: App) -> None:
    """A folder that is not there is said, and made when the person asks for it."""
    folder = desktop.home / "new" / "logins"
    search(desktop, app, "other tools")
    desktop.reader.wait_focus("Folder of logins", role="text")
    taken = desktop.home / "taken"
    taken.touch()
    desktop.screen.type_text(str(taken), to=SETTINGS_WINDOW)
    search(desktop, app, "proxy")
    desktop.screen.key("alt+s", to=SETTINGS_WINDOW)
    app.read("can't be the folder of logins: it is not a folder")
    desktop.reader.wait_focus("Folder of logins", role="text")
    desktop.screen.key("ctrl+a", to=SETTINGS_WINDOW)
    desktop.screen.type_text(str(folder), to=SETTINGS_WINDOW)
    desktop.screen.key("alt+s", to=SETTINGS_WINDOW)
    app.read("doesn't exist")
    app.press("Create.*")
    desktop.screen.wait_no_window(SETTINGS_WINDOW)
    assert folder.is_dir()
    expected = {"warn_used_percent": 99, "critical_used_percent": 100, "sync_dir": str(folder)}
    assert json.loads(config_file(desktop).read_text("utf-8")) == expected


def choose_icon_colours(desktop: Desktop, app: App) -> None:
    """Each choice of the icon's colours draws it in others, at once."""
    drawn = [app.item.icon_pixels]
    for chosen, key in (("Automatic", "End"), ("Colored", "Up"), ("For light panels", "Up")):
        app.item.click_menu("Settings…")
        desktop.screen.wait_window(SETTINGS_WINDOW)
        search(desktop, app, "icon colors")
        # A screen reader says of a list what is chosen in it.
        desktop.reader.wait_focus(chosen, role="combo box")
        desktop.screen.key(key, "alt+s", to=SETTINGS_WINDOW)
        desktop.screen.wait_no_window(SETTINGS_WINDOW)
        wait_for(f"other colours than {chosen}", lambda: app.item.icon_pixels != drawn[-1])
        drawn.append(app.item.icon_pixels)
    # The panel of these tests says that it is dark.
    assert drawn[0] == drawn[-1]
    assert len(set(drawn)) == len(drawn) - 1
    assert json.loads(config_file(desktop).read_text("utf-8"))["icon_ink"] == "dark_panel"


def test_settings_take_the_wheel_when_asked_and_say_what_is_wrong_where_it_is(desktop: Desktop) -> None:
    write_config(desktop, "{}")
    app = App(desktop, "--demo")
    window = app.open_settings("Notifications")
    click_free_space(desktop, app, window)
    turn_wheel(desktop, app)
    type_wrong_number(desktop, app)
    said = try_connection(desktop, app)
    name_missing_folder(desktop, app)

    # The next opening begins at the top, without what was tested before.
    app.item.click_menu("Settings…")
    desktop.screen.wait_window(SETTINGS_WINDOW)
    desktop.reader.wait("General", role="label", pid=app.pid)
    search(desktop, app, "proxy")
    desktop.reader.wait("Test connection", pid=app.pid)
    assert said not in desktop.reader.texts(pid=app.pid)
    desktop.screen.key("Escape", to=SETTINGS_WINDOW)
    desktop.screen.wait_no_window(SETTINGS_WINDOW)
    choose_icon_colours(desktop, app)
    app.quit()
    assert app.program.errors() == ""
