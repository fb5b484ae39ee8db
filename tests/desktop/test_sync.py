"""A person shares logins with other computers, on a real desktop."""

import json
import re

import pytest

from probe_tray.demo import DemoService
from probe_tray.demo.table import PUBLISHABLE_KEY
from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import App, config_file
from tests.desktop.windows import Region

pytestmark = [pytest.mark.desktop]

WINDOW = "^Sync result"
SETUP, TITLE = "^Set up sync", "Share logins between your computers"


def test_logins_of_other_computers_arrive_and_what_was_refused_is_told(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account("ana@example.com")
    app.item.click_menu("More", "Sync now")
    desktop.screen.wait_window(WINDOW)
    app.read("Done: 1 sent, 3 received, 2 need a look")
    app.read("This row belongs to another member of the same team")
    app.read("This row can't be decrypted")
    desktop.screenshot("sync-result")
    app.wait_account("mia@laptop.example")
    app.press("Overwrite this row…")
    app.read("Overwrite the row of research@example.com")
    app.press("Overwrite")
    app.read("Sent, replacing an unreadable row")
    app.read("Done: 1 sent, 4 the same, 1 needs a look")
    app.quit()


def begins_at_its_top(desktop: Desktop, app: App) -> None:
    """The page is scrolled down and closed, and opens again as it opened first."""
    before = open_setup(desktop, app)
    title = desktop.reader.wait(TITLE, pid=app.pid)
    desktop.screen.hover(*before.centre)
    desktop.screen.turn_wheel(-9)
    wait_for("the page to scroll", lambda: desktop.reader.region(title).y < before.y)
    desktop.screen.key("Escape", to=SETUP)
    assert open_setup(desktop, app) == before


def open_setup(desktop: Desktop, app: App) -> Region:
    """Choose it in the menu, and wait until its title rests in its place."""
    app.item.click_menu("More", "Set up sync…")
    desktop.screen.wait_window(SETUP)
    return desktop.reader.place(desktop.reader.wait(TITLE, pid=app.pid))


def test_sync_is_set_up_on_its_page_and_its_keys_are_in_the_keyring_alone(desktop: Desktop) -> None:
    with DemoService() as service:
        url = service.addresses.table
        app = App(desktop)
        begins_at_its_top(desktop, app)
        desktop.screen.type_text(url, to=SETUP)
        desktop.screen.key("Tab", to=SETUP)
        desktop.screen.type_text(PUBLISHABLE_KEY, to=SETUP)
        app.read("Create a key, or enter the one from your other computer")
        app.press("Create a new key")
        app.press("Test connection")
        app.read("It works\\. The table is empty")
        desktop.screenshot("sync-setup")
        desktop.screen.key("alt+s", to=SETUP)
        app.read("Done: nothing to share")
    kept = desktop.keyring.wait_item(username="sync key")
    key = desktop.keyring.contents(kept).decode()
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert (
        desktop.keyring.contents(desktop.keyring.wait_item(username="sync publishable key")).decode() == PUBLISHABLE_KEY
    )
    settings = config_file(desktop, demo=False).read_text("utf-8")
    assert json.loads(settings)["sync_url"] == url
    assert key not in settings
    assert PUBLISHABLE_KEY not in settings
    app.quit()
