"""Windows that a person opens a second time, and the panel at the time of an incident."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import pytest

from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import LOG_IN, LOGIN_WINDOW, PANEL, SETTINGS_WINDOW, App, config_file

pytestmark = [pytest.mark.desktop]

FROM_THE_MENU: Final = (
    ((LOG_IN,), LOGIN_WINDOW),
    (("More", "Import…"), "^Import"),
    (("More", "Test models…"), "^Test models"),
    (("Settings…",), SETTINGS_WINDOW),
)


def look_twice(desktop: Desktop, title: str, open_it: Callable[[], object]) -> None:
    """Open a window and close it, twice: it stands where it stood."""
    places = list[tuple[int, int]]()
    for _ in range(2):
        open_it()
        place = desktop.screen.wait_window(title).region
        places.append((place.x, place.y))
        desktop.screen.key("Escape", to=title)
        desktop.screen.wait_no_window(title)
    assert places[0] == places[1], title


def test_windows_open_again_where_they_were(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account("lee@studio.example")

    # Pinned the panel is a window too, and its cards open others.
    app.open_panel()
    desktop.reader.press("Keep this window open", role="check box", pid=app.pid)
    app.read("^This window stays open")
    desktop.screen.key("Escape", to=PANEL)
    desktop.screen.wait_no_window(PANEL)
    look_twice(desktop, PANEL, app.item.activate)
    app.open_panel()
    desktop.screen.key("Home", "Down", to=PANEL)
    desktop.reader.wait_focus(r"(?s)lee@studio\.example\..*")
    look_twice(desktop, "in detail", lambda: desktop.screen.key("Return", to=PANEL))
    for rows, title in FROM_THE_MENU:
        look_twice(desktop, title, partial(app.item.click_menu, *rows))
    app.quit()
    assert app.program.errors() == ""


def test_an_incident_is_named_unless_the_status_page_is_not_to_be_asked(desktop: Desktop) -> None:
    app = App(desktop, "--demo=incident")
    app.open_panel()
    app.read("OpenAI reports: Partial System Outage")
    app.quit()
    config_file(desktop).write_text('{"ask_status_page": false}', "utf-8")
    app = App(desktop, "--demo=incident")
    app.open_panel()

    def says_only_that_numbers_are_old() -> bool:
        shown = "\n".join(desktop.reader.texts(pid=app.pid))
        return re.search("numbers are (.* )?old", shown) is not None and "OpenAI reports" not in shown

    wait_for("old numbers and no incident", says_only_that_numbers_are_old, instead=desktop.reader.describe)
    assert desktop.screen.wait_window(PANEL).pid == app.pid
