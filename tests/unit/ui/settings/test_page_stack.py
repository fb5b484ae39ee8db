"""A page of the settings is made when it is first shown; nothing else is different for that."""

import enum
import typing
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st
from msgspec import Meta
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.errors import ProxyFailedError
from probe_tray.core.service.connection import ConnectionCheck, ConnectionStep, Reached
from probe_tray.core.settings import Appearance, SettingEntry, Settings, SettingsPatch, difference, table
from probe_tray.ui.settings.page_list import PageList
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.settings.settings_page import SettingsPage
from probe_tray.ui.sync.sync_box import SyncBox
from probe_tray.ui.theme import Theme
from probe_tray.ui.tokens import DARK
from probe_tray.view.settings.connection import connection
from probe_tray.view.settings.faults import check
from probe_tray.view.settings.form import form
from probe_tray.view.text.translate import Translator
from tests.support.widgets import buttons, part, parts, texts
from tests.unit.ui.settings_walk import each_page

FORM = form(Translator())
TITLES = [page.title for page in FORM.pages]
_STEPS = (ConnectionStep.NAME, ConnectionStep.PROXY)
ODD = st.text(st.sampled_from("aé水 ,;~/\t'\""), min_size=1, max_size=12)
PLAIN = st.text(st.sampled_from("abc/"), min_size=1, max_size=8)


def values_of(entry: SettingEntry, text: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    """What a setting can be; ``text`` for those that are written."""
    base, *metas = typing.get_args(entry.type)
    if base is bool:
        return st.booleans()
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return st.sampled_from(list(base))
    if typing.get_origin(base) is typing.Literal:
        return st.sampled_from(typing.get_args(base))
    if base is int:
        (bounds,) = (meta for meta in metas if isinstance(meta, Meta) and meta.ge is not None)
        return st.integers(int(bounds.ge or 0), int(bounds.le or 0))
    if typing.get_origin(base) is tuple:
        return st.lists(text, min_size=1, max_size=4).map(tuple)
    return st.one_of(st.none(), text) if entry.key == "proxy" else text


def some(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, typing.Any]]:
    """Values for some settings."""
    return st.fixed_dictionaries({}, optional={entry.key: values_of(entry, text) for entry in table()})


class Opened:
    """The dialog, and what it saved."""

    def __init__(self) -> None:
        app = typing.cast("QApplication", QApplication.instance())
        self.saved: list[SettingsPatch] = []
        self.theme = Theme(app, lambda: False)
        self.dialog = SettingsDialog(self.theme, Translator(), self.saved.append)

    def choose(self, title: str) -> SettingsPage:
        """Go to a page as a person does."""
        part(self.dialog, PageList).choose(TITLES.index(title))
        return part(self.dialog, SettingsPage)

    def search(self, text: str) -> list[str]:
        """The pages on which this is found."""
        side = part(self.dialog, PageList)
        side.search.setText(text)
        return [title for row, title in enumerate(TITLES) if not side.pages.isRowHidden(row)]

    def made(self) -> list[str]:
        """The titles of the pages that are made, in the order in which a screen reader has them."""
        stack = self.dialog.pages
        pages = [page for n in range(stack.count()) if isinstance(page := stack.widget(n), SettingsPage)]
        return [next(label.text() for label in page.findChildren(QLabel)) for page in pages]

    def close(self) -> None:
        self.dialog.close()
        self.dialog.deleteLater()
        self.theme.deleteLater()


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[Opened]:
    del qtbot
    found = Opened()
    found.dialog.open_with(Settings())
    yield found
    found.theme.set_appearance(Appearance.AUTO)
    found.close()


@given(some(ODD), st.lists(st.sampled_from(TITLES), max_size=3), some(PLAIN))
@runs(max_examples=10, deadline=None)
@pytest.mark.usefixtures("qapp")
def test_what_is_saved_is_what_was_changed_whichever_pages_were_shown(
    before: dict[str, typing.Any], shown: list[str], typed: dict[str, typing.Any]
) -> None:
    opened = Opened()
    try:
        now = Settings(**before)
        opened.dialog.open_with(now)
        assert opened.dialog.settings() == now
        for title in shown:
            opened.choose(title)
        assert opened.dialog.settings() == now
        there = [row for page in FORM.pages if page.title in shown for card in page.cards for row in card]
        typed = {row.key: typed[row.key] for row in there if row.key in typed}
        for key, value in typed.items():
            opened.dialog.pages.field(key).show(msgspec.to_builtins(value))
        after = replace(now, **typed)
        assert opened.dialog.settings() == after
        opened.dialog.accept()
        wanted = difference(now, after)
        assert opened.saved == ([] if check(after, FORM) or not wanted.values else [wanted])
    finally:
        opened.close()


def test_only_a_page_that_is_shown_is_made(opened: Opened) -> None:
    assert opened.made() == ["General"]
    assert opened.search("proxy") == ["Network"]
    assert opened.made() == ["General", "Network"]
    assert len(opened.search("e")) == len(TITLES)
    assert opened.made() == ["General", "Network"]
    assert opened.search("qqq") == []
    opened.dialog.reveal("poll_minutes")
    assert opened.made() == ["General", "Accounts", "Network"]


def test_a_search_finds_the_same_before_and_after_the_pages_are_made(opened: Opened) -> None:
    words = [word for row in FORM.rows for word in (row.label, row.help, row.note) if word]
    others = [FORM.test.replace("&", ""), FORM.apart, FORM.sync_title, FORM.connection_title, "qqq"]
    pages = opened.dialog.pages
    before = [pages.search(text) for text in (*words, *others)]
    assert opened.made() == ["General"]
    for _ in each_page(opened.dialog):
        pass
    assert opened.made() == TITLES
    assert [pages.search(text) for text in (*words, *others)] == before
    found = [[title for title, hit in zip(TITLES, hits, strict=True) if hit] for hits in before]
    assert found[-5:] == [["Notifications"], ["Notifications"], ["Storage and sync"], ["Network"], []]


def test_no_part_of_a_page_is_opened_as_a_window(opened: Opened, qapp: QApplication) -> None:
    class Watch(QObject):
        seen: typing.ClassVar[list[QWidget]] = []

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                self.seen.append(watched)
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    for _ in each_page(opened.dialog):
        assert watch.seen == []
    qapp.removeEventFilter(watch)
    assert opened.made() == TITLES


def test_each_part_of_a_page_is_styled_once(opened: Opened, qapp: QApplication) -> None:
    class Watch(QObject):
        styled: typing.ClassVar[Counter[QObject]] = Counter()

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.StyleChange:
                self.styled[watched] += 1
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    page = opened.choose("Notifications")
    qapp.processEvents()
    qapp.removeEventFilter(watch)
    # Where it is made by itself and moves into the window, nearly all of it is styled three times: half of the waiting.
    assert {watch.styled[part] for part in parts(page, QSpinBox)} == {1}
    assert max(watch.styled.values()) == 1


def test_a_page_that_scrolls_is_laid_out_in_the_turn_in_which_it_is_seen(opened: Opened, qapp: QApplication) -> None:
    opened.dialog.resize(opened.dialog.minimumSizeHint().width() + 250, 340)
    opened.dialog.show()
    for title in ("Accounts", "Notifications", "Appearance"):
        body = opened.choose(title).widget()
        assert body is not None
        qapp.processEvents()
        first = body.height()
        for _ in range(3):
            qapp.processEvents()
        assert body.height() == first


def test_a_page_that_comes_later_has_the_colours_and_letters_of_its_window(opened: Opened, qapp: QApplication) -> None:
    opened.theme.set_appearance(Appearance.DARK)
    page = opened.choose("Accounts")
    label = next(label for label in parts(page, QLabel) if label.text() == "Check quotas")
    assert label.palette().windowText().color().name() == DARK.text
    assert label.font().featureValue(QFont.Tag("calt")) == 0
    opened.theme.set_appearance(Appearance.AUTO)
    assert label.palette().windowText().color() == opened.dialog.palette().windowText().color()
    assert label.font().pixelSize() == opened.dialog.font().pixelSize()
    del qapp


@pytest.mark.parametrize("order", [("Notifications",), ("Appearance", "Notifications"), ("Notifications", "General")])
def test_the_tab_key_goes_over_the_page_to_the_last_buttons(opened: Opened, order: tuple[str, ...]) -> None:
    page = [opened.choose(title) for title in order][-1]
    dialog = opened.dialog
    part(dialog, QLineEdit, "Search settings").setFocus()
    stops = list[QWidget]()
    while (now := dialog.focusWidget()) not in stops:
        stops.append(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
    inside = [page.isAncestorOf(stop) for stop in stops]
    assert inside == [False, False, *[True] * (len(stops) - 4), False, False]
    assert [stop.text() for stop in stops[-2:] if isinstance(stop, QPushButton)] == ["&Save", "Cancel"]
    tops = [stop.mapTo(page, stop.rect().center()).y() for stop in stops[2:-2]]
    assert tops == sorted(tops)


def test_a_page_that_comes_later_shows_what_was_said_before(opened: Opened) -> None:
    pages = opened.dialog.pages
    pages.remark("hook", "It works.")
    pages.show_notifications("Notifications are turned off.")
    problem = ProxyFailedError(reason="it is gone").problem
    reached = Reached(steps=_STEPS, failed=_STEPS[-1], problem=problem)
    pages.show_connection(connection(ConnectionCheck(reached=reached), Translator()))
    made = list[SyncBox]()
    pages.sync_made.connect(made.append)
    said = texts(opened.choose("Notifications"))
    assert "It works." in said
    assert said.index("Notifications are turned off.") > said.index("It works.")
    assert any("it is gone" in text for text in texts(opened.choose("Network")))
    assert made == []
    opened.choose("Storage and sync")
    assert made == [part(opened.dialog, SyncBox)]


def test_a_page_that_comes_later_shows_what_was_changed_elsewhere(opened: Opened) -> None:
    opened.dialog.follow(Settings(hook="/usr/local/bin/hook", quiet_hours=True, warn_weekly_percent=70), None)
    opened.choose("Notifications")
    values = {key: opened.dialog.pages.field(key).value() for key in ("hook", "quiet_hours", "warn_weekly_percent")}
    assert values == {"hook": "/usr/local/bin/hook", "quiet_hours": True, "warn_weekly_percent": 70}
    assert opened.dialog.pages.field("quiet_to_hour").widget.isEnabled()
    assert opened.dialog.pages.field("warn_weekly_percent").widget.isVisible()
    opened.dialog.accept()
    assert opened.saved == []


def test_a_wrong_value_leads_to_its_page_and_is_marked_there(opened: Opened) -> None:
    dialog = opened.dialog
    dialog.reject()
    dialog.open_with(Settings(warn_used_percent=90, critical_used_percent=50))
    assert opened.made() == ["General"]
    dialog.accept()
    assert opened.made() == ["General", "Notifications"]
    assert dialog.focusWidget() is dialog.pages.field("critical_used_percent").widget
    assert "Must be higher than the first warning." in texts(dialog)
    assert "1 value needs a look" in texts(dialog)


def test_a_search_offers_the_systems_settings_only_where_they_are_needed(opened: Opened) -> None:
    page = opened.choose("Notifications")
    opened.search("notification")
    opened.search("")
    assert "Open system settings" not in buttons(page)
    opened.dialog.pages.show_notifications("Notifications are turned off.")
    opened.search("notification")
    assert "Open system settings" in buttons(page)
