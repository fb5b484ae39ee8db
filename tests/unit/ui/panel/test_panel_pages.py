"""What stands in the middle of the panel is made when it is first shown."""

from datetime import UTC

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.settings import Appearance
from probe_tray.core.state import AppState
from probe_tray.ui.panel.card_list import CardList
from probe_tray.ui.panel.no_match import NoMatchPage
from probe_tray.ui.panel.welcome import WelcomePage
from probe_tray.ui.theme import Theme
from probe_tray.view.presenter import present
from probe_tray.view.screen import Panel, ScreenOptions
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples
from tests.unit.ui.panel.open_panel import opened


def shown(search: str = "") -> Panel:
    return present(samples.many(20), samples.NOW, UTC, Translator(), ScreenOptions(search=search)).panel


def test_a_panel_of_accounts_makes_neither_the_first_starts_page_nor_that_of_a_vain_search(
    qtbot: QtBot, qapp: QApplication
) -> None:
    panel = opened(qtbot, Theme(qapp, lambda: False), shown())
    assert panel.findChildren(CardList)[0].isVisible()
    assert (panel.findChildren(WelcomePage), panel.findChildren(NoMatchPage)) == ([], [])


def test_the_page_of_a_vain_search_comes_with_it_and_the_keyboard_gets_there(qtbot: QtBot, qapp: QApplication) -> None:
    found: list[ScreenOptions] = []
    panel = opened(qtbot, Theme(qapp, lambda: False), shown(), found.append)
    field, cards = panel.findChildren(QLineEdit)[0], panel.findChildren(CardList)[0]
    field.setText("nobody")
    for _ in range(2):
        panel.show_model(shown("nobody"))
    (page,) = panel.findChildren(NoMatchPage)
    assert (found[-1].search, page.isVisible()) == ("nobody", True)
    following: QWidget | None = cards
    while following is not None and not isinstance(following, QPushButton):
        following = following.nextInFocusChain()
    assert following is page.button
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert panel.focusWidget() is page.button


def test_a_page_that_is_made_later_has_the_windows_colours_and_follows_them(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme(qapp, lambda: False)
    theme.set_appearance(Appearance.DARK)
    panel = opened(qtbot, theme, shown())
    panel.show_model(present(AppState(loaded=True), samples.NOW, UTC, Translator()).panel)
    (title,) = (label for label in panel.findChildren(QLabel) if label.text() == "Your Codex quotas at a glance")
    for appearance in (Appearance.DARK, Appearance.LIGHT, Appearance.AUTO):
        theme.set_appearance(appearance)
        assert title.palette().color(QPalette.ColorRole.WindowText) == QColor(theme.tokens.text)
