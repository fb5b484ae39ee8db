"""The rows of accounts in the tray's menu."""

from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QMenu

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.account_rows import AccountRows
from probe_tray.ui.tray.icon import ON_DARK, ON_EITHER, SIZES, IconPainter, Ink
from probe_tray.view.tray.icon_look import IconLook
from probe_tray.view.view_models import MenuRow, Tone


def test_a_row_has_its_picture_in_the_sizes_of_a_menu_and_no_larger_ones(qapp: QApplication) -> None:
    menu = QMenu()
    rows = AccountRows(menu, menu.addAction("All"), IconPainter(), lambda _key: None, checked=False)
    rows.show_model((MenuRow(key=AccountKey("a"), look=IconLook(weekly=20), text="a — 20%"),), ON_EITHER)
    picture = menu.actions()[0].icon()
    for scale in (1, 1.25, 1.5, 2, 3):
        # The pixels are there as they are drawn, and made from no other size.
        assert any(size.width() == 16 * scale for size in picture.availableSizes())
    assert max(size.width() for size in picture.availableSizes()) == 48


def test_a_row_is_about_the_account_that_it_shows_and_about_nobody_once_that_is_gone(qapp: QApplication) -> None:
    menu, chosen = QMenu(), list[AccountKey]()
    shown = AccountRows(menu, menu.addAction("All"), IconPainter(), chosen.append, checked=False)
    ana, lee = (MenuRow(key=AccountKey(name), look=IconLook(weekly=20), text=name) for name in ("ana", "lee"))
    shown.show_model((ana, lee), ON_EITHER)
    first, second = menu.actions()[:2]
    shown.show_model((ana, replace(lee, text="gone", there=False)), ON_EITHER)
    assert [row.isEnabled() for row in (first, second)] == [True, False]
    # The panel of a desktop may not have heard of it yet.
    second.triggered.emit()
    assert chosen == []
    shown.show_model((lee,), ON_EITHER)
    assert first.isEnabled()
    for row in (first, second):
        row.triggered.emit()
    assert chosen == [lee.key]


class CountingIcons(IconPainter):
    """Notes of which looks it was asked for a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[IconLook] = []

    def icon(self, look: IconLook, ink: Ink, *, template: bool = False, sizes: Sequence[int] = SIZES) -> QIcon:
        self.made.append(look)
        return super().icon(look, ink, template=template, sizes=sizes)


def test_rows_that_change_places_take_their_pictures_along(qapp: QApplication) -> None:
    menu, icons = QMenu(), CountingIcons()
    shown = AccountRows(menu, menu.addAction("All"), icons, lambda _key: None, checked=False)
    rows = tuple(MenuRow(key=AccountKey(f"{n}"), look=IconLook(weekly=n), text=f"{n}%") for n in range(6))
    new = MenuRow(key=AccountKey("new"), look=IconLook(weekly=90), text="90%")
    shown.show_model(rows, ON_EITHER)
    pictures = [action.icon().cacheKey() for action in menu.actions()[:6]]
    assert icons.made == [row.look for row in rows]
    shown.show_model((new, *rows[:5]), ON_EITHER)
    assert icons.made[6:] == [new.look]
    assert [action.icon().cacheKey() for action in menu.actions()[1:6]] == pictures[:5]
    assert [action.text() for action in menu.actions()[:6]] == ["90%", *(row.text for row in rows[:5])]
    shown.show_model((new, *rows[:5]), ON_DARK)
    assert icons.made[7:] == [new.look, *(row.look for row in rows[:5])], "the panel is dark now"


def test_the_picture_of_the_row_in_use_stands_below_the_others(qapp: QApplication) -> None:
    menu = QMenu()
    rows = AccountRows(menu, menu.addAction("All"), IconPainter(), lambda _key: None, checked=True)
    look = IconLook(weekly=100, weekly_tone=Tone.CRITICAL)
    shown = (MenuRow(key=AccountKey(name), look=look, text=name, chosen=name == "b") for name in "ab")
    rows.show_model(tuple(shown), ON_EITHER)
    Theme(qapp, lambda: False).apply_theme(menu)
    picture = menu.grab().toImage()
    places = [menu.actionGeometry(action) for action in menu.actions()[:2]]
    first, second = (
        min(x for x in range(1, place.right()) for y in _down(place) if _is_red(picture.pixelColor(x, y)))
        for place in places
    )
    assert first == second


def _down(place: QRect) -> range:
    return range(place.top(), place.bottom())


def _is_red(colour: QColor) -> bool:
    return colour.red() - colour.blue() > 60
