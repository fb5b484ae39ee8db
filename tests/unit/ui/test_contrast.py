"""Every text can be read: its contrast with what it lies on is 4.5 to 1 at least (WCAG 2.1, 1.4.3)."""

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.settings import Appearance
from probe_tray.ui.theme import Theme
from probe_tray.ui.tokens import DARK, LIGHT, Tokens
from tests.support.contrast import contrast

LEAST = 4.5
GROUNDS = ("window", "card", "strip", "strip_critical", "strip_calm", "track")
LIES_ON = {
    "text": GROUNDS,
    "secondary": GROUNDS,
    "accent": ("window", "card"),
    "good": GROUNDS,
    "warning_text": ("window", "card", "strip", "strip_calm"),
    "critical_text": GROUNDS,
    "on_accent": ("accent",),
}


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", LIES_ON)
def test_each_ink_reads_on_each_ground_that_it_lies_on(tokens: Tokens, ink: str) -> None:
    for ground in LIES_ON[ink]:
        assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= LEAST, ground


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_a_row_of_a_menu_that_only_says_something_can_be_read(
    qtbot: QtBot, qapp: QApplication, appearance: Appearance
) -> None:
    theme = Theme(qapp, lambda: False)
    theme.set_appearance(appearance)
    menu = QMenu()
    qtbot.addWidget(menu)
    menu.addAction("MMMMMMMM").setEnabled(False)
    theme.apply_theme(menu)
    menu.show()
    row = menu.grab(menu.actionGeometry(menu.actions()[0])).toImage()
    colours = {row.pixelColor(x, y).name() for x in range(row.width()) for y in range(row.height())}
    theme.set_appearance(Appearance.AUTO)
    assert max(contrast(colour, theme_card(appearance)) for colour in colours) >= LEAST


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_what_a_field_is_for_can_be_read_while_it_is_empty(
    qtbot: QtBot, qapp: QApplication, appearance: Appearance
) -> None:
    theme = Theme(qapp, lambda: False)
    theme.set_appearance(appearance)
    window, field = QWidget(), QLineEdit()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(field)
    field.setPlaceholderText("MMMMMMMM")
    theme.apply_theme(window)
    window.show()
    field.clearFocus()
    inside = field.grab(field.rect().adjusted(6, 6, -6, -6)).toImage()
    colours = {inside.pixelColor(x, y).name() for x in range(inside.width()) for y in range(inside.height())}
    theme.set_appearance(Appearance.AUTO)
    assert max(contrast(colour, theme_card(appearance)) for colour in colours) >= LEAST


def theme_card(appearance: Appearance) -> str:
    return (DARK if appearance is Appearance.DARK else LIGHT).card
