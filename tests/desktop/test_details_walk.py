"""One account in full: its window beside the panel, its past under the mouse and the keyboard, its names hidden."""

import itertools
import re
from contextlib import suppress
from typing import Final

import pytest
from PySide6.QtGui import QImage

from tests.desktop.bench import Desktop
from tests.desktop.reader import Element
from tests.desktop.waiting import TimedOutError, wait_for
from tests.desktop.walking import BY_HAND, PANEL, App, write_config
from tests.desktop.windows import Region, Window

pytestmark = [pytest.mark.desktop]

LEE = "lee@studio.example"
DETAILS = "in detail"
CHART = r"(?s).*% (used|left) now, \d+% at (most|the lowest).*"
_SAME_DRAWING: Final = 10.0
"""Seconds that the mouse is given to leave the chart, before all is looked at once more."""


def chart(desktop: Desktop, app: App) -> Element:
    """The chart, whose name is what its lines come to."""
    return desktop.reader.wait(CHART, pid=app.pid)


def overlap(one: Region, other: Region) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def open_details(desktop: Desktop, app: App) -> Window:
    """Return on a card opens its window, beside the panel."""
    panel = desktop.screen.wait_window(PANEL)
    app.wait_account(LEE)
    app.read(rf"^{LEE}\.")
    desktop.screen.key("Home", "Down", to=PANEL)
    desktop.reader.wait_focus(rf"(?s){LEE}\..*")
    desktop.screen.key("Return", to=PANEL)
    window = desktop.screen.wait_window(DETAILS)
    assert not overlap(window.region, panel.region)
    return window


def read_by_mouse(desktop: Desktop, app: App) -> None:
    """A moment is read where the mouse is, and no longer once it has gone."""
    place = desktop.reader.place(chart(desktop, app))
    columns = itertools.count(3)

    def picture(name: str) -> QImage:
        return QImage(str(desktop.screenshot(f"details-{name}", place)))

    def is_alone_again() -> bool:
        desktop.screen.hover(2, 400)
        before = picture("chart")
        # Elsewhere each time: a read-out that stayed is in the picture before, and another one in that after it.
        desktop.screen.hover(place.x + place.width // next(columns), place.y + place.height // 3)
        wait_for("the read-out", lambda: picture("read-out") != before)
        desktop.screen.hover(2, 400)
        with suppress(TimedOutError):
            return wait_for("the chart alone", lambda: picture("chart-again") == before, seconds=_SAME_DRAWING)
        return False

    # Its lines have moved on where it was drawn anew meanwhile, as it is at each full minute.
    wait_for("the chart as it was before the mouse came", is_alone_again)


def read_by_keyboard(desktop: Desktop, app: App) -> str:
    """The arrows read one moment after the other aloud; returns the last."""
    desktop.screen.click(*desktop.reader.place(chart(desktop, app)).centre, pid=app.pid)
    # A window manager that is late holds a click back, and lets keys pass it.
    desktop.reader.wait_focus(CHART)
    desktop.screen.hover(2, 400)
    said: list[str] = []
    for key in ("Home", "Right", "End"):
        desktop.screen.key(key, to=DETAILS)
        wait_for("another moment", lambda: chart(desktop, app).description not in {"", *said[-1:]})
        said.append(chart(desktop, app).description)
    assert all(re.search(r"\d\d:\d\d · .*\d+% (used|left)", words) for words in said), said
    return said[-1]


def hide_names(desktop: Desktop, app: App) -> None:
    """What is open is about somebody still, and nobody knows whom: titles, fields and places of files too."""
    app.item.click_menu("More", "Hide names")
    desktop.screen.wait_window(r"^l•••@s••• in detail")
    app.item.wait_menu("l•••@s••• — ")
    app.read(r"^l•••@s•••\.")
    titles = [window.title for window in desktop.screen.windows(pid=app.pid)]
    shown = [*titles, *desktop.reader.texts(pid=app.pid), *app.item.menu().all_labels(), app.item.tooltip]
    assert not [text for text in shown if re.search("lee|studio|_at_|ana@|research", text)]


def test_the_details_open_beside_the_panel_are_read_and_hide_whose_they_are(desktop: Desktop) -> None:
    folder = desktop.home / "logins"
    write_config(desktop, f'{{"storage": "folder", "sync_dir": "{folder}"}}')
    app = App(desktop, "--demo", BY_HAND)
    open_details(desktop, app)
    app.read(re.escape(str(folder)))
    read_by_mouse(desktop, app)
    read_by_keyboard(desktop, app)
    # Of 30 days a line of the short window shows the highest use of each day.
    desktop.reader.press("30 days", role="check box", pid=app.pid)
    desktop.reader.wait_focus("30 days")
    assert "5 h, daily maximum" in read_by_keyboard(desktop, app)
    hide_names(desktop, app)
    app.quit()
    assert app.program.errors() == ""


def test_a_setting_turns_every_number_of_panel_menu_tooltip_and_details_round(desktop: Desktop) -> None:
    write_config(desktop, '{"percentages": "left"}')
    app = App(desktop, "--demo", BY_HAND)
    open_details(desktop, app)
    chart(desktop, app)
    desktop.screenshot("details-left")
    titles = [window.title for window in desktop.screen.windows(pid=app.pid)]
    shown = [*titles, *desktop.reader.texts(pid=app.pid), *app.item.menu().all_labels(), app.item.tooltip]
    assert [text for text in shown if re.search(r"\d% left", text)]
    assert not [text for text in shown if re.search(r"\d+% used|credits used|Usage over", text)]
