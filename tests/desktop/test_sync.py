"""A person shares logins with other computers, on a real desktop."""

import pytest

from tests.desktop.bench import Desktop
from tests.desktop.walking import App

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]

WINDOW = "^Sync result"


def test_logins_of_other_computers_arrive_and_what_was_refused_is_told(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account("ana@example.com")
    app.item.click_menu("Sync now")
    desktop.screen.wait_window(WINDOW)
    app.read("Done: 1 sent, 3 received, 2 refused")
    app.read("This row belongs to another member of the same team")
    app.read("This row cannot be decrypted, so it was left as it is")
    desktop.screenshot("sync-result")
    app.wait_account("mia@laptop.example")
    app.press("Overwrite this row…")
    app.read("Overwrite the row of research@example.com")
    app.press("Overwrite")
    app.read("Sent, in place of a row that could not be read")
    app.read("Done: 1 sent, 4 the same, 1 refused")
    app.quit()
