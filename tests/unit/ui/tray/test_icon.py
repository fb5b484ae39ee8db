import itertools

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication

from probe_tray.adapters.systems.desktop import PlainDesktop, SystemDesktop
from probe_tray.adapters.systems.macos_desktop import MacosDesktop
from probe_tray.adapters.systems.windows_desktop import WindowsDesktop
from probe_tray.ui.tokens import DARK, LIGHT
from probe_tray.ui.tray.icon import (
    IN_MENU,
    ON_DARK,
    ON_EITHER,
    ON_LIGHT,
    ROW_SIZES,
    SIZES,
    IconPainter,
    Ink,
    card_ink,
    menu_ink,
)
from probe_tray.view.view_models import IconLook, Tone
from tests.support.contrast import contrast

LOOKS = {
    "fine": IconLook(weekly=17, short=42),
    "warning": IconLook(weekly=61, short=88, short_tone=Tone.WARNING),
    "critical": IconLook(weekly=97, short=30, weekly_tone=Tone.CRITICAL),
    "exhausted": IconLook(weekly=100, short=11, weekly_tone=Tone.CRITICAL, exhausted=True),
    "other needs login": IconLook(weekly=17, short=42, badge=True),
    "stale": IconLook(weekly=17, short=42, stale=True),
    "number": IconLook(weekly=17, short=42, number=42),
    "number, other needs login": IconLook(weekly=17, short=42, number=42, badge=True),
    "paused": IconLook(weekly=17, short=42, paused=True),
    "number, paused": IconLook(weekly=17, short=42, number=42, paused=True),
    "login": IconLook(badge=True),
    "no data": IconLook(),
}


def image(look: IconLook, size: int, ratio: float = 1.0) -> QImage:
    return IconPainter().pixmap(look, ON_LIGHT, size, ratio).toImage()


@pytest.mark.parametrize("size", [16, 22, 32, 64])
def test_every_state_looks_different_even_without_colour(qapp: QApplication, size: int) -> None:
    grey = {name: image(look, size).convertToFormat(QImage.Format.Format_Alpha8) for name, look in LOOKS.items()}
    for one, other in itertools.combinations(("fine", "exhausted", "stale", "login", "no data"), 2):
        assert grey[one] != grey[other], (one, other)
    pictures = [image(look, size) for look in LOOKS.values()]
    assert all(one != other for one, other in itertools.combinations(pictures, 2))


def test_beside_a_number_a_pause_has_a_sign_where_the_dot_of_a_login_is(qapp: QApplication) -> None:
    dot, pause = (image(LOOKS[name], 64) for name in ("number, other needs login", "number, paused"))
    places = [QPoint(x, y) for x in range(64) for y in range(64)]
    differ = [place for place in places if dot.pixelColor(place) != pause.pixelColor(place)]
    assert any(pause.pixelColor(place).alpha() for place in differ)


@pytest.mark.parametrize("size", [24, 32, 48, 64])
@pytest.mark.parametrize("short", [3, 11, 22, 40])
def test_beside_the_strike_no_speck_is_left_of_the_disc(qapp: QApplication, size: int, short: int) -> None:
    used, none = (
        image(IconLook(weekly=100, short=part, weekly_tone=Tone.CRITICAL, exhausted=True), size) for part in (short, 0)
    )
    # To the left of the strike, which goes up to the right, the disc is as empty as without any use.
    left = [QPoint(x, y) for y in range(size) for x in range(size - 1 - y)]
    assert [used.pixelColor(place) for place in left] == [none.pixelColor(place) for place in left]


@pytest.mark.parametrize("size", [16, 22, 32, 64])
@pytest.mark.parametrize(
    "look",
    [
        IconLook(weekly=100, short=11, weekly_tone=Tone.CRITICAL, exhausted=True),
        IconLook(weekly=61, short=88, short_tone=Tone.WARNING),
        IconLook(weekly=61, short=88, number=88),
    ],
)
def test_old_numbers_are_faint_as_a_whole(qapp: QApplication, size: int, look: IconLook) -> None:
    fresh, old = image(look, size), image(replace(look, stale=True), size)
    places = [QPoint(x, y) for y in range(size) for x in range(size)]
    # No part shows through another one that lies on it.
    assert all(abs(old.pixelColor(at).alpha() - fresh.pixelColor(at).alpha() / 2) <= 2 for at in places)


def test_at_16_px_the_ring_is_two_sharp_pixels(qapp: QApplication) -> None:
    found = image(IconLook(weekly=100, weekly_tone=Tone.CALM), 16)
    # Along the line through the middle: one free pixel, the ring, the gap.
    column = [found.pixelColor(QPoint(x, 7)).alpha() for x in range(5)]
    assert column[0] == 0
    assert min(column[1:3]) > 240
    assert max(column[3:5]) < 40


def test_use_goes_clockwise_from_the_top(qapp: QApplication) -> None:
    quarter = image(IconLook(weekly=25), 64)
    strong, weak = quarter.pixelColor(QPoint(54, 22)), quarter.pixelColor(QPoint(10, 22))
    assert strong.alpha() > 240
    assert weak.alpha() < 100


def test_a_picture_is_made_once(qapp: QApplication) -> None:
    painter = IconPainter()
    first = painter.pixmap(LOOKS["fine"], ON_DARK, 22)
    assert painter.pixmap(IconLook(weekly=17, short=42), ON_DARK, 22).cacheKey() == first.cacheKey()


@pytest.mark.parametrize("ratio", [1.25, 1.5, 2.0, 3.0])
def test_pictures_are_sharp_on_every_screen(qapp: QApplication, ratio: float) -> None:
    picture = IconPainter().pixmap(LOOKS["fine"], ON_DARK, 16, ratio)
    assert picture.width() == round(16 * ratio)
    assert picture.deviceIndependentSize().width() == pytest.approx(16)


def test_an_icon_has_all_sizes_and_is_a_template_only_while_calm(qapp: QApplication) -> None:
    painter = IconPainter()
    calm = painter.icon(LOOKS["fine"], ON_LIGHT, template=True)
    assert sorted(s.width() for s in calm.availableSizes()) == list(SIZES)
    assert calm.isMask()
    assert not painter.icon(LOOKS["warning"], ON_LIGHT, template=True).isMask()
    assert not painter.icon(LOOKS["fine"], ON_LIGHT).isMask()


@pytest.mark.parametrize("ink", [ON_LIGHT, ON_EITHER])
@pytest.mark.parametrize("stale", [False, True])
def test_a_size_looks_the_same_alone_and_beside_all_others(qapp: QApplication, ink: Ink, *, stale: bool) -> None:
    painter = IconPainter()
    full = {"full": IconLook(weekly=100, short=100), "number, full": IconLook(weekly=100, number=100, number_bar=100)}
    for name, known in (LOOKS | full).items():
        look = replace(known, stale=stale)
        for sizes in (SIZES, ROW_SIZES):
            icon = painter.icon(look, ink, sizes=sizes)
            for size in sizes:
                alone = IconPainter().pixmap(look, ink, size).toImage()
                assert icon.pixmap(size).toImage() == alone, (name, size)


def test_each_number_looks_the_same_alone_and_beside_other_sizes(qapp: QApplication) -> None:
    usual, painter = QFont(qapp.font()), IconPainter()
    try:
        qapp.setFont(QFont("DejaVu Sans"))
        for number in range(101):
            look = IconLook(weekly=number, number=number, number_bar=number)
            icon = painter.icon(look, ON_LIGHT)
            differ = [s for s in SIZES if icon.pixmap(s).toImage() != painter.pixmap(look, ON_LIGHT, s).toImage()]
            assert not differ, number
    finally:
        qapp.setFont(usual)


def test_a_look_is_the_same_whatever_was_painted_before(qapp: QApplication) -> None:
    painter, inks = IconPainter(), (ON_LIGHT, ON_DARK, ON_EITHER, IN_MENU)
    for look, ink in itertools.product((*LOOKS.values(), *reversed(LOOKS.values())), inks):
        used, fresh = (one.icon(look, ink, sizes=ROW_SIZES) for one in (painter, IconPainter()))
        assert all(used.pixmap(size).toImage() == fresh.pixmap(size).toImage() for size in ROW_SIZES), (look, ink)


@pytest.mark.parametrize("size", SIZES)
def test_every_number_is_told_from_every_other_and_stays_apart_from_bar_and_dot(qapp: QApplication, size: int) -> None:
    looks = [IconLook(weekly=50, number=number, badge=number % 2 == 1) for number in range(101)]
    pictures = [image(look, size) for look in looks]
    digits = {bytes(picture.copy(0, 0, size, round(size * 11 / 16)).constBits()) for picture in pictures}
    assert len(digits) == len(looks)
    # A free line below the digits.
    between = round(size * 11 / 16)
    assert all(picture.pixelColor(x, between).alpha() == 0 for picture in pictures[::2] for x in range(size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", [0, 7, 11, 42, 88, 99, 100])
def test_a_number_is_as_high_as_its_place_and_has_full_ink_at_any_size(
    qapp: QApplication, size: int, number: int
) -> None:
    found, tall = image(IconLook(weekly=42, number=number), size), round(size * 11 / 16)
    rows = [[found.pixelColor(x, y).alpha() for x in range(size)] for y in range(tall)]
    assert all(any(row) for row in rows)
    assert max(max(row) for row in rows) == 255


def test_a_number_is_drawn_in_the_typeface_of_the_system(qapp: QApplication) -> None:
    usual, look = QFont(qapp.font()), IconLook(weekly=42, number=88)
    before = image(look, 32)
    try:
        other = QFont(usual)
        other.setItalic(True)
        qapp.setFont(other)
        assert image(look, 32) != before
    finally:
        qapp.setFont(usual)


def inks(picture: QImage, tall: int) -> set[str]:
    """The colours that cover a whole pixel above ``tall``."""
    found = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(tall)]
    return {colour.name() for colour in found if colour.alpha() == 255}


def test_the_ink_of_a_number_tells_its_own_window(qapp: QApplication) -> None:
    short = image(IconLook(weekly=10, short=96, short_tone=Tone.CRITICAL, number=96, number_tone=Tone.CRITICAL), 32)
    assert inks(short, 22) == {ON_LIGHT.critical}
    week = image(IconLook(weekly=85, short=11, weekly_tone=Tone.WARNING, number=85, number_tone=Tone.WARNING), 32)
    assert inks(week, 22) == {ON_LIGHT.warning_number}
    budget = image(IconLook(weekly=85, short=11, weekly_tone=Tone.WARNING, number=88), 32)
    assert inks(budget, 22) == {ON_LIGHT.plain}


@pytest.mark.parametrize(("ink", "panels"), [(ON_LIGHT, ("#ffffff", "#eceff2")), (ON_DARK, ("#000000", "#22262c"))])
def test_every_number_can_be_read_on_its_panel(ink: Ink, panels: tuple[str, str]) -> None:
    inks = (ink.plain, ink.warning_number, ink.critical)
    assert all(contrast(colour, panel) >= 4.5 for colour in inks for panel in panels)


@pytest.mark.parametrize("ground", ["#ffffff", "#f6f7f9", "#303030", "#1d2025"])
def test_the_menu_of_a_panel_shows_its_glyphs_on_light_and_on_dark(ground: str) -> None:
    # WCAG 2.1, 1.4.11: parts of graphics that tell something have 3:1.
    for colour in (ON_EITHER.plain, ON_EITHER.warning, ON_EITHER.critical):
        assert contrast(colour, ground) >= 3
    assert menu_ink(LIGHT, PlainDesktop({})) == menu_ink(DARK, PlainDesktop({})) == IN_MENU


@pytest.mark.parametrize("desktop", [WindowsDesktop(), MacosDesktop()], ids=["Windows", "macOS"])
def test_a_menu_in_the_colours_of_our_windows_has_their_glyphs(desktop: SystemDesktop) -> None:
    assert menu_ink(DARK, desktop) == card_ink(DARK)


@pytest.mark.parametrize("ground", ["#2980b9", "#2b303b", "#000000", "#ffffff"])
@pytest.mark.parametrize("name", sorted(LOOKS.keys() - {"no data", "stale"}))
@pytest.mark.parametrize("size", [16, 24])
def test_the_icon_stands_out_on_any_panel_also_on_the_blue_of_waybar(
    qapp: QApplication, ground: str, name: str, size: int
) -> None:
    panel = QImage(size, size, QImage.Format.Format_RGB32)
    panel.fill(QColor(ground))
    painter = QPainter(panel)
    painter.drawPixmap(0, 0, IconPainter().pixmap(LOOKS[name], ON_EITHER, size))
    painter.end()
    pixels = [panel.pixelColor(x, y).name() for x in range(size) for y in range(size)]
    assert sum(contrast(colour, ground) >= 2.9 for colour in pixels) >= size * 0.75
    if LOOKS[name].badge or LOOKS[name].paused:
        at = [value for value in range(size) if value >= size * 0.62]
        corner = [panel.pixelColor(x, y).name() for x in at for y in at]
        assert sum(contrast(colour, ground) >= 2.9 for colour in corner) >= size / 2
