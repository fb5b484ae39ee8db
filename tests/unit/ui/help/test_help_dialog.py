"""The guides, opened and read as a person does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QColor, QImage, QKeySequence, QTextBlock
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QTextBrowser
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.core.settings import Language
from probe_tray.resources import resource
from probe_tray.ui.help.help_controller import HelpController
from probe_tray.ui.help.help_dialog import HelpDialog
from probe_tray.ui.lazy_window import forget_closed
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.preferences import load_catalogue
from probe_tray.ui.shell import Shell
from probe_tray.ui.theme import Theme
from probe_tray.view.text.translate import Translator
from tests.support.patience import PATIENCE_MS
from tests.support.widgets import open_windows, opened
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine
from tests.unit.ui.shell_contexts import shell_context

FOLDER = resource("help/index.md").parent
PAGES = sorted(FOLDER.rglob("*.md"))
LINK = re.compile(r"\]\(([^)]+)\)")
EXAMPLE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


class Opened:
    def __init__(self, app: QApplication) -> None:
        self.theme, self.translator = Theme(app, lambda: False), Translator()
        self.window = HelpController(self.theme, self.translator)
        self.window.show()

    @property
    def dialog(self) -> HelpDialog:
        return opened(HelpDialog)

    @property
    def page(self) -> QTextBrowser:
        return self.dialog.findChildren(QTextBrowser)[0]

    def button(self, text: str) -> QPushButton:
        return next(b for b in self.dialog.findChildren(QPushButton) if b.text() == text)

    def follow(self, page: str) -> None:
        self.page.setSource(self.page.source().resolved(QUrl(page)))


@pytest.fixture
def guides(qtbot: QtBot, qapp: QApplication) -> Iterator[Opened]:
    opened = Opened(qapp)
    yield opened
    opened.window.close()


def test_a_person_goes_to_a_page_and_back(guides: Opened) -> None:
    assert guides.page.toPlainText().startswith("Probe Tray: help")
    assert not guides.button("&Back").isEnabled()
    guides.follow("privacy.md")
    assert guides.page.toPlainText().startswith("Privacy")
    guides.button("&Back").click()
    assert guides.page.toPlainText().startswith("Probe Tray: help")
    guides.follow("where.md")
    guides.button("&Contents").click()
    assert guides.page.toPlainText().startswith("Probe Tray: help")


def test_another_language_has_pages_of_its_own(guides: Opened) -> None:
    guides.translator.use(load_catalogue(Language.CHINESE, ()))
    guides.window.draw()
    assert guides.page.toPlainText().startswith("Probe Tray 帮助")
    assert guides.button("关闭").isVisible()


def test_a_search_goes_through_all_pages_and_around(guides: Opened) -> None:
    field = guides.dialog.findChildren(QLineEdit)[0]
    field.setText("KEYRING")
    found: list[str] = []
    for _ in range(40):
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert guides.page.textCursor().selectedText().casefold() == "keyring"
        found.append(guides.page.source().fileName())
    assert len(set(found)) > 1
    assert found.index(found[-1]) < len(found) - 1


def test_escape_takes_back_the_search_and_then_closes_the_window(guides: Opened) -> None:
    field = guides.dialog.findChildren(QLineEdit)[0]
    QTest.keyClicks(field, "proxy")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), guides.dialog.isVisible()) == ("", True)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not open_windows(HelpDialog)


def test_a_search_for_what_no_page_says_stays_and_says_so(guides: Opened) -> None:
    guides.follow("privacy.md")
    field = guides.dialog.findChildren(QLineEdit)[0]
    field.setText("xyzzy")
    QTest.keyClick(field, Qt.Key.Key_Return)
    said = [label.text() for label in guides.dialog.findChildren(QLabel) if label.isVisible()]
    assert "No guide contains this text." in said
    assert guides.page.source().fileName() == "privacy.md"
    field.setText("xyz")
    assert not any(label.isVisible() and label.text() for label in guides.dialog.findChildren(QLabel))


def test_links_have_the_colour_that_reads_on_the_windows_ground(guides: Opened) -> None:
    block: QTextBlock = guides.page.document().begin().next()
    link = block.begin().fragment().charFormat()
    assert link.isAnchor()
    assert link.foreground().color() == QColor(guides.theme.tokens.accent)


def test_opened_again_it_shows_the_page_where_it_was_left(guides: Opened) -> None:
    guides.follow("where.md")
    guides.button("Close").click()
    assert not open_windows(HelpDialog)
    guides.window.show()
    assert guides.page.toPlainText().startswith("Where things are kept")


def test_also_a_window_made_anew_opens_where_the_last_one_was_left(guides: Opened, qtbot: QtBot) -> None:
    guides.follow("privacy.md")
    guides.follow("where.md")
    guides.dialog.resize(500, 300)
    guides.page.verticalScrollBar().setValue(120)
    gone = guides.dialog
    guides.button("Close").click()
    forget_closed()
    qtbot.waitUntil(lambda: not isValid(gone), timeout=PATIENCE_MS)
    guides.window.show()
    assert guides.page.toPlainText().startswith("Where things are kept")
    assert guides.page.verticalScrollBar().value() == 120
    guides.button("&Back").click()
    assert guides.page.toPlainText().startswith("Privacy")
    guides.button("&Back").click()
    assert guides.page.toPlainText().startswith("Probe Tray: help")
    assert not guides.button("&Back").isEnabled()


def test_in_another_language_a_window_made_anew_begins_on_the_first_page(guides: Opened, qtbot: QtBot) -> None:
    guides.follow("where.md")
    gone = guides.dialog
    guides.button("Close").click()
    forget_closed()
    qtbot.waitUntil(lambda: not isValid(gone), timeout=PATIENCE_MS)
    guides.translator.use(load_catalogue(Language.CHINESE, ()))
    guides.window.show()
    assert guides.page.toPlainText().startswith("Probe Tray 帮助")
    assert guides.page.verticalScrollBar().value() == 0


@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
def test_the_key_for_help_opens_the_guides_from_the_panel(qtbot: QtBot, qapp: QApplication) -> None:
    around = shell_context(desktop=this_desktop())
    shell = Shell(qapp, FakeEngine(samples.four()), around, lambda: None)
    try:
        shell.show_panel()
        panel = opened(PanelWindow)
        qtbot.waitUntil(panel.isActiveWindow, timeout=PATIENCE_MS)
        QTest.keySequence(panel, QKeySequence(QKeySequence.StandardKey.HelpContents))
        assert open_windows(HelpDialog)
    finally:
        shell.close()


@pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(FOLDER)) for p in PAGES])
def test_everything_a_page_links_to_is_shipped(page: Path) -> None:
    links = LINK.findall(EXAMPLE.sub("", page.read_text("utf-8")))
    assert page.name == "index.md" or "index.md" in links
    for link in links:
        assert (page.parent / link).is_file(), link


def test_every_page_is_there_in_both_languages() -> None:
    english, chinese = FOLDER.glob("*.md"), (FOLDER / "zh_CN").glob("*.md")
    assert {page.name for page in english} == {page.name for page in chinese}


def test_no_picture_is_heavy() -> None:
    pictures = list(FOLDER.rglob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 300_000, picture.name
        assert not QImage(str(picture)).isNull()
