"""Menus, tooltips, lists of choices and selections have the theme's colours, as they are drawn."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QScrollBar,
    QSpinBox,
    QStyle,
    QToolTip,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from probe_tray.core.settings import Appearance
from probe_tray.ui.theme import Theme
from probe_tray.ui.tokens import Tokens
from tests.unit.ui.test_contrast import contrast

LEAST_EDGE = 3.0
_CHOICES = ("Automatic", "For dark panels", "For light panels")


class Themed:
    """A window of ours in one tone."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.window = QWidget()
        self.window.resize(400, 300)

    @property
    def tokens(self) -> Tokens:
        return self.theme.tokens

    def show(self) -> None:
        self.theme.apply_theme(self.window)
        self.window.show()
        QApplication.processEvents()


@pytest.fixture
def letters_as_before(qapp: QApplication) -> Iterator[None]:
    before = QFont(qapp.font())
    yield
    qapp.setFont(before)


@pytest.fixture(params=[Appearance.LIGHT, Appearance.DARK])
def themed(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Themed]:
    theme = Theme(qapp, lambda: False)
    theme.set_appearance(request.param)
    found = Themed(theme)
    yield found
    QToolTip.hideText()
    found.window.close()


def test_a_menu(themed: Themed) -> None:
    menu = QMenu(themed.window)
    first, second = menu.addAction("Copy email"), menu.addAction("Remove…")
    themed.show()
    menu.popup(QPoint(20, 20))
    menu.setActiveAction(second)
    image = menu.grab().toImage()
    plain, active = (menu.actionGeometry(action) for action in (first, second))
    tokens = themed.tokens
    assert edges(image) == {tokens.line}
    assert (ground(image, plain.left() + 6, plain.center().y()), ink(image, tokens.text)) == (tokens.card, True)
    assert ground(image, active.left() + 6, active.center().y()) == tokens.accent
    assert ink(image, tokens.on_accent)


def test_a_menu_that_is_higher_than_the_screen_scrolls_in_one_column(themed: Themed) -> None:
    menu = QMenu(themed.window)
    for number in range(100):
        menu.addAction(f"builder-{number}@example.com")
    themed.show()
    menu.popup(QPoint(20, 20))
    QApplication.processEvents()
    # In a second column, whatever has no room beside the first one is out of reach.
    assert {menu.actionGeometry(action).left() for action in menu.actions()} == {
        menu.actionGeometry(menu.actions()[0]).left()
    }
    assert menu.height() <= menu.screen().availableGeometry().height()
    menu.close()


def test_a_tooltip(themed: Themed) -> None:
    themed.show()
    QToolTip.showText(QPoint(20, 20), "Checks all accounts now", themed.window)
    QApplication.processEvents()
    (tip,) = (w for w in QApplication.topLevelWidgets() if w.inherits("QTipLabel") and w.isVisible())
    image = tip.grab().toImage()
    assert edges(image) == {themed.tokens.line}
    assert (ground(image, 3, 3), ink(image, themed.tokens.text)) == (themed.tokens.card, True)


def test_a_list_of_choices(themed: Themed) -> None:
    combo = QComboBox(themed.window)
    combo.addItems(_CHOICES)
    themed.show()
    combo.showPopup()
    QApplication.processEvents()
    rows = [combo.view().visualRect(combo.model().index(row, 0)) for row in range(len(_CHOICES))]
    # As easy to hit as the field that opens it.
    assert min(row.height() for row in rows) >= combo.height() - 2
    popup = combo.view().window()
    image = popup.grab().toImage()
    shift = combo.view().viewport().mapTo(popup, QPoint())
    grounds = [ground(image, shift.x() + 3, shift.y() + row.center().y()) for row in rows]
    # Nothing but the theme's own frame is round it, and the chosen row is as round as in a menu.
    assert edges(image) == {themed.tokens.line}
    chosen = rows[0].translated(shift)
    assert {ground(image, image.width() - 3, y) for y in range(1, image.height() - 1)} == {themed.tokens.card}
    assert ground(image, chosen.left(), chosen.top()) == themed.tokens.card
    assert max(row.bottom() for row in rows) <= combo.view().viewport().height()
    assert grounds == [themed.tokens.accent, themed.tokens.card, themed.tokens.card]
    assert ink(image, themed.tokens.text)
    assert ink(image, themed.tokens.on_accent)
    combo.hidePopup()


def test_the_edge_of_a_field_can_be_seen(themed: Themed) -> None:
    fields = QLineEdit(themed.window), QComboBox(themed.window), QSpinBox(themed.window)
    for place, field in enumerate(fields):
        field.setGeometry(20, 20 + 60 * place, 160, 40)
    themed.show()
    themed.window.setFocus()
    for field in fields:
        (edge,) = edges(field.grab().toImage())
        # WCAG 1.4.11: what shows where a control is differs by 3:1 from what is beside it.
        assert contrast(edge, themed.tokens.card) >= LEAST_EDGE


@pytest.mark.usefixtures("letters_as_before")
@pytest.mark.parametrize("letters", [13, 20])
def test_the_handle_of_a_scroll_bar_is_round_however_large_the_letters_are(qapp: QApplication, letters: int) -> None:
    font = QFont(qapp.font())
    font.setPixelSize(letters)
    qapp.setFont(font)
    theme = Theme(qapp, lambda: False)
    window = QWidget()
    handle = QScrollBar(window)
    handle.setGeometry(300, 10, theme.px(10), 200)
    handle.setPageStep(1_000)
    handle.setRange(0, 1)
    theme.apply_theme(window)
    window.resize(400, 300)
    window.show()
    QApplication.processEvents()
    moved = handle.grab().toImage()
    column = [ground(moved, x, handle.height() // 2) for x in range(handle.width())]
    first = column.index(theme.tokens.line)
    rows = [y for y in range(handle.height()) if ground(moved, handle.width() // 2, y) == theme.tokens.line]
    assert ground(moved, first, rows[0]) != theme.tokens.line
    window.close()


@pytest.mark.usefixtures("letters_as_before")
def test_the_pictures_of_a_menu_grow_with_its_letters(themed: Themed) -> None:
    menu = QMenu(themed.window)
    font = QFont(QApplication.font())
    font.setPixelSize(26)
    QApplication.setFont(font)
    themed.show()
    assert menu.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize, None, menu) == themed.theme.px(16) == 32


def test_what_is_selected(themed: Themed) -> None:
    field, tree = QLineEdit("ana@example.com", themed.window), QTreeWidget(themed.window)
    tree.move(0, 60)
    tree.setHeaderHidden(True)
    row = QTreeWidgetItem(tree, ["ana@example.com"])
    themed.show()
    field.selectAll()
    tree.setCurrentItem(row)
    for part in (field, tree.viewport()):
        image = part.grab().toImage()
        assert ink(image, themed.tokens.accent)
        assert ink(image, themed.tokens.on_accent)


def ground(image: QImage, x: int, y: int) -> str:
    return image.pixelColor(x, y).name()


def edges(image: QImage) -> set[str]:
    """The colours in the middle half of each side: the corners may be round."""
    right, bottom = image.width() - 1, image.height() - 1
    across, down = range(right // 4, right * 3 // 4), range(bottom // 4, bottom * 3 // 4)
    dots = [(x, y) for x in across for y in (0, bottom)] + [(x, y) for y in down for x in (0, right)]
    return {ground(image, *dot) for dot in dots}


def ink(image: QImage, colour: str) -> bool:
    """Whether something is drawn in this colour."""
    return any(ground(image, x, y) == colour for x in range(image.width()) for y in range(image.height()))
