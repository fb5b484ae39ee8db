"""Lines of the panel are drawn once, and look as if they were drawn each time."""

from datetime import UTC
from functools import partial

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.glyphs import Glyph, draw
from probe_tray.ui.panel.card_painter import MORE, ButtonState
from probe_tray.ui.panel.line_face import LineFace
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.panel.cards import widest_briefs
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Card
from tests.support.painted import drawn_by
from tests.unit.ui import samples
from tests.unit.ui.panel.open_panel import CountingIcons

CARDS = tuple(present(samples.conditions(), samples.NOW, UTC, Translator()).panel.cards[1:4])


def _drawn(face: LineFace, card: Card, *, ratio: float = 1.0, hovered: int | None = None) -> QImage:
    image = QImage(face.size_of_all * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    face.paint(
        painter,
        card,
        lambda number: ButtonState.HOVERED if number == hovered else ButtonState.PLAIN,
        focused=False,
    )
    painter.end()
    return image


def _paint(face: LineFace, card: Card, painter: QPainter) -> None:
    # One that nobody points at is a copy of its own picture.
    face.paint(painter, card, lambda _: ButtonState.HOVERED, focused=False)


def _without(image: QImage, area: QRectF) -> QImage:
    rest = QImage(image)
    painter = QPainter(rest)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    # What is drawn ends softly in the pixel beyond.
    painter.fillRect(area.adjusted(-1, -1, 1, 1), QColor(0, 0, 0, 0))
    painter.end()
    return rest


@pytest.fixture
def face(qapp: QApplication) -> LineFace:
    return LineFace(Theme(qapp, lambda: False), IconPainter(), 430, widest_briefs(Translator()))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_copy_looks_like_the_drawing(face: LineFace, ratio: float) -> None:
    # A line that somebody points at is drawn each time. Besides what is pointed at, it is the same.
    for card in CARDS:
        copy = _drawn(face, card, ratio=ratio)
        assert _drawn(face, card, ratio=ratio) == copy
        for number, area in ((MORE, face.columns.more), (0, face.columns.brief)):
            drawing = _drawn(face, card, ratio=ratio, hovered=number)
            assert _without(drawing, area) == _without(copy, area)


def test_what_all_lines_have_is_drawn_once_for_each_screen(face: LineFace, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Glyph] = []

    def noted(painter: QPainter, glyph: Glyph, area: QRectF, colour: QColor) -> None:
        drawn.append(glyph)
        draw(painter, glyph, area, colour)

    monkeypatch.setattr("probe_tray.ui.panel.line_face.draw", noted)
    for card in CARDS:
        _drawn(face, card)
    assert drawn == [Glyph.MORE]
    for card in CARDS:
        _drawn(face, card, ratio=2.0)
    assert drawn == [Glyph.MORE] * 2


def test_what_changed_is_drawn_anew(face: LineFace) -> None:
    before = _drawn(face, CARDS[0])
    assert _drawn(face, replace(CARDS[0], title="somebody else", label="somebody else")) != before
    assert _drawn(face, CARDS[0]) == before
    assert _drawn(face, CARDS[0], hovered=MORE) != before


def test_only_some_pictures_are_kept(qapp: QApplication) -> None:
    icons = CountingIcons()
    face = LineFace(Theme(qapp, lambda: False), icons, 430, widest_briefs(Translator()))
    cards = [replace(CARDS[0], name=f"account {number}") for number in range(200)]
    for card in cards:
        _drawn(face, card)
    assert icons.drawn == 200
    for card in reversed(cards):
        _drawn(face, card)
    copied = 400 - icons.drawn
    assert 0 < copied <= 80


def test_no_more_lines_are_made_ready_than_are_kept_beside_those_in_sight(qapp: QApplication) -> None:
    icons = CountingIcons()
    face = LineFace(Theme(qapp, lambda: False), icons, 430, widest_briefs(Translator()))
    height = face.size_of_all.height()
    assert face.lines_ahead(10 * height) == 12
    assert face.lines_ahead(60 * height) == 18
    assert face.lines_ahead(200 * height) == 0
    cards = [replace(CARDS[0], name=f"account {number}") for number in range(80)]
    for card in cards[:62]:
        _drawn(face, card)
    for card in cards[62:]:
        face.make_ready(card, 1.0)
    for card in cards:
        _drawn(face, card)
    assert icons.drawn == 80


def test_the_end_of_a_long_address_is_seen_since_it_tells_which_it_is(face: LineFace) -> None:
    name = "builder.007@department.of.research.of.the.007.example"
    card = replace(CARDS[0], title=name, label=name)
    # One that nobody points at is a copy of its own picture.
    drawn = drawn_by(
        lambda painter: face.paint(painter, card, lambda _: ButtonState.HOVERED, focused=False), face.size_of_all, 96
    )
    (seen,) = (line.text for line in drawn if line.text.startswith("builder."))
    assert "…" in seen
    assert seen.endswith(".example")


def test_two_accounts_of_one_address_are_told_apart(face: LineFace) -> None:
    first = samples.account("ana@example.com", samples.snapshot(42, 17), plan="team")
    pair = [replace(first, key=AccountKey(place, "user"), workspace=place) for place in ("Studio", "Research")]
    cards = present(samples.only(pair), samples.NOW, UTC, Translator()).panel.cards
    lines = [
        drawn_by(
            lambda painter, card=card: face.paint(painter, card, lambda _: ButtonState.HOVERED, focused=False),
            face.size_of_all,
            96,
        )
        for card in cards
    ]
    names = {next(line.text for line in texts if line.text.startswith("ana")) for texts in lines}
    assert len(names) == 2
    assert {name.rpartition(" ")[2][-5:] for name in names} == {"udio)", "arch)"}


def test_the_account_in_use_is_marked_even_where_its_name_is_long(qapp: QApplication) -> None:
    face = LineFace(Theme(qapp, lambda: False), IconPainter(), 500, widest_briefs(Translator()))
    address = "a.very.long.address@department.of.research.example.org"
    long = replace(CARDS[0], title=address, label=address, plan_beside="")
    marked = replace(long, mark="in Codex")
    title = face.columns.title
    assert _drawn(face, marked) != _drawn(face, replace(long, name="another"))
    # Within its column: what stands beside it is as it was.
    assert _without(_drawn(face, marked), title) == _without(_drawn(face, replace(long, name="another")), title)


@pytest.mark.parametrize(
    "places",
    [
        ("Alpha Engineering Department", "Beta Engineering Department"),
        ("Acme", "Bold"),
        ("Sales, team 1", "Sales, team 2"),
    ],
)
def test_two_lines_of_one_long_address_are_told_apart(face: LineFace, places: tuple[str, str]) -> None:
    account = samples.account("maximilian.mustermann@department.of.research.example.com", samples.snapshot(42, 17))
    both = [replace(account, key=AccountKey(place, "user"), workspace=place) for place in places]
    cards = present(samples.only(both), samples.NOW, UTC, Translator()).panel.cards
    drawn = [drawn_by(partial(_paint, face, card), face.size_of_all, 96) for card in cards]
    one, other = (next(line.text for line in lines if line.text.endswith(")")) for lines in drawn)
    assert one != other
    assert all(name.startswith("m") and "…" in name for name in (one, other))
