"""What a person does every day: with the panel and its search, by mouse and keyboard."""

import pytest

from tests.desktop.bench import Desktop
from tests.desktop.tray import TrayItem
from tests.desktop.waiting import wait_for
from tests.desktop.walking import BY_HAND, PANEL, App

pytestmark = [pytest.mark.desktop]

ANA, LEE, RESEARCH = "ana@example.com", "lee@studio.example", "research@example.com"
KEEPS_RUNNING = "Probe Tray keeps running"


def own_windows(desktop: Desktop, app: App) -> list[str]:
    return [window.title for window in desktop.screen.windows(pid=app.pid)]


def close_panel(desktop: Desktop) -> None:
    desktop.screen.key("Escape", to=PANEL)
    desktop.screen.wait_no_window(PANEL)


def wait_no_bubble(desktop: Desktop, app: App) -> None:
    """What was told goes, since the panel says it: a bubble over it would take the clicks that are meant for it."""
    app.read(rf"^{RESEARCH}\.")
    wait_for("no bubble over the panel", lambda: all(told.closed for told in desktop.notifications.all()))
    desktop.screen.wait_no_window("xfce4-notifyd")


def bring_three(desktop: Desktop, app: App) -> None:
    """A sync brings three accounts."""
    app.item.click_menu("More", "Sync now")
    app.read("3 received")
    desktop.screen.key("Escape", to="^Sync result")
    desktop.screen.wait_no_window("^Sync result")


def open_card_menu(desktop: Desktop, key: str) -> None:
    """Open the menu of the card that the keyboard is on; its first row is read aloud."""
    desktop.screen.key(key, to=PANEL)
    desktop.reader.wait_focus("Details…", role="menu item")


def every_text(item: TrayItem) -> str:
    """What the menu holds on the bus, hidden rows too, and the tooltip."""
    return "\n".join(entry.label for entry in item.menu().walk()) + item.tooltip


def test_the_panel_is_closed_renamed_in_asked_to_renew_pasted_into_and_hides_names(desktop: Desktop) -> None:
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

    wait_no_bubble(desktop, app)

    # A name of one's own, by keyboard, opens nothing else.
    desktop.screen.key("Home", "F2", to=PANEL)
    desktop.screen.type_text("Lab", to=PANEL)
    desktop.screen.key("Return", to=PANEL)
    app.read(r"^Lab\.")
    app.item.wait_menu("Lab — ")
    assert own_windows(desktop, app) == ["Probe Tray"]
    app.read("^Renamed to Lab")

    # Hidden names hide it too, everywhere.
    desktop.reader.press("Hide names", role="check box", pid=app.pid)
    app.read(r"^L•••\.")
    app.item.wait_menu("L••• — ")
    shown = "\n".join(desktop.reader.texts(pid=app.pid)) + every_text(app.item)
    assert not [word for word in ("Lab", ANA, LEE, RESEARCH) if word in shown]
    desktop.reader.press("Hide names", role="check box", pid=app.pid)
    app.read(r"^Lab\.")

    # What cannot be renewed says so, with its button, and the footer says the same.
    app.item.click_menu("More", "Renew logins")
    app.read("1 can't be renewed")
    app.read(r"^Lab\..*Can't be renewed.*Log in again")

    # An empty clipboard is answered, and so is a text that is no login.
    desktop.screen.wait_window(PANEL)
    desktop.screen.key("ctrl+v", to=PANEL)
    app.read("The clipboard has no text and no files")
    desktop.screen.key("Escape", to="^Import")
    desktop.screen.wait_no_window("^Import")
    desktop.screen.key("Home", to=PANEL)
    open_card_menu(desktop, "Menu")
    desktop.screen.key("c", to=PANEL)
    desktop.screen.key("ctrl+v", to=PANEL)
    app.read("That is not a login")
    desktop.screen.key("Escape", to="^Import")
    desktop.screen.wait_no_window("^Import")
    app.quit()
    assert app.program.errors() == ""


def test_the_keyboard_searches_and_what_is_removed_stays_away(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account(RESEARCH)
    desktop.notifications.wait("this login ends")

    # Six accounts bring the search. The keyboard goes through it into the list and back.
    bring_three(desktop, app)
    panel = app.open_panel()
    wait_no_bubble(desktop, app)
    desktop.screen.key("ctrl+f", to=PANEL)
    desktop.screen.type_text("noor", to=PANEL)
    app.read(r"^noor@example\.org\.")
    wait_for("the other cards to go", lambda: desktop.reader.find(rf"(?s){LEE}\..*", pid=app.pid) is None)
    desktop.screen.key("Return", to=PANEL)
    desktop.screen.wait_window("noor@")
    desktop.screen.key("Escape", to="noor@")
    desktop.screen.wait_no_window("noor@")
    desktop.screen.key("Down", to=PANEL)
    desktop.reader.wait_focus(r"(?s)noor@example\.org\..*")
    open_card_menu(desktop, "shift+F10")
    desktop.screen.key("r", to=PANEL)
    app.read(r"Remove noor@example\.org\?")
    app.press("Remove")

    # After the only hit is gone the list says so, in a window of the same height, and the search is ended by a button.
    app.read("No account matches")
    assert desktop.screen.wait_window(PANEL).region == panel.region
    app.press("Clear search")
    app.read(rf"^{LEE}\.")
    desktop.screen.key("ctrl+f", to=PANEL)
    desktop.screen.type_text("lee", to=PANEL)
    wait_for("the other cards to go", lambda: desktop.reader.find(rf"(?s){ANA}\..*", pid=app.pid) is None)
    desktop.screen.key("Escape", to=PANEL)
    app.read(rf"^{ANA}\.")

    # Nothing of it stays in the menu.
    wait_for("the address to leave the menu", lambda: "noor" not in every_text(app.item))
    wait_for("the time for Undo to end", lambda: desktop.reader.find("Undo", pid=app.pid) is None)

    # With a second one gone there are too few for a search: it ends, and shows all the others.
    desktop.screen.key("ctrl+f", to=PANEL)
    desktop.screen.type_text("ana", to=PANEL)
    wait_for("the other cards to go", lambda: desktop.reader.find(rf"(?s){LEE}\..*", pid=app.pid) is None)
    desktop.screen.key("Down", to=PANEL)
    desktop.reader.wait_focus(rf"(?s){ANA}\..*")
    open_card_menu(desktop, "Menu")
    desktop.screen.key("r", to=PANEL)
    app.read(rf"Remove {ANA}\?")
    app.press("Remove")
    app.read(rf"^{LEE}\.")
    assert desktop.reader.find("Find an account", pid=app.pid) is None
    desktop.screen.key("ctrl+z", to=PANEL)
    app.read(rf"^{ANA}\.")

    # The next sync does not bring back what was removed.
    app.item.click_menu("More", "Sync now")
    app.read("You removed it from this computer, so it was not brought back")
    assert "noor" not in every_text(app.item)
    app.quit()
    assert app.program.errors() == ""
