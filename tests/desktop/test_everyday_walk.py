"""What a person does with the panel every day: close it, rename an account, ask for renewals, paste a login."""

import pytest

from tests.desktop.bench import Desktop
from tests.desktop.walking import BY_HAND, PANEL, App

pytestmark = [pytest.mark.desktop]

RESEARCH = "research@example.com"
KEEPS_RUNNING = "Probe Tray keeps running"


def own_windows(desktop: Desktop, app: App) -> list[str]:
    return [window.title for window in desktop.screen.windows(pid=app.pid)]


def close_panel(desktop: Desktop) -> None:
    desktop.screen.key("Escape")
    desktop.screen.wait_no_window(PANEL)


def test_the_panel_is_closed_renamed_in_asked_to_renew_and_pasted_into(desktop: Desktop) -> None:
    app = App(desktop, "--demo", BY_HAND)
    desktop.screen.wait_window(PANEL)
    app.wait_account(RESEARCH)

    # Closing it says once that the program goes on.
    close_panel(desktop)
    told = desktop.notifications.wait(KEEPS_RUNNING)
    assert "To quit, choose Quit in its menu" in told.body
    app.open_panel()
    close_panel(desktop)
    app.open_panel()
    assert sum(note.summary == KEEPS_RUNNING for note in desktop.notifications.all()) == 1

    # A name of one's own, by keyboard, opens nothing else.
    app.read(rf"^{RESEARCH}\.")
    desktop.screen.key("Home", "F2")
    desktop.screen.type_text("Lab")
    desktop.screen.key("Return")
    app.read(r"^Lab\.")
    app.item.wait_menu("Lab — ")
    assert own_windows(desktop, app) == ["Probe Tray"]

    # What cannot be renewed says so, with its button, and the footer says the same.
    app.item.click_menu("Renew logins")
    app.read("1 can't be renewed")
    app.read(r"^Lab\..*Can't be renewed.*Log in again")

    # An empty clipboard is answered.
    desktop.screen.wait_window(PANEL)
    desktop.screen.key("ctrl+v")
    app.read("The clipboard has no text and no files")
    desktop.screen.key("Escape")
    desktop.screen.wait_no_window("^Import")
    app.quit()
