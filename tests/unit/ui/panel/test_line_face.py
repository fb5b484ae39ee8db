"""Lines of the panel are drawn once, and look as if they were drawn each time."""

from datetime import UTC

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from probe_tray.ui.panel.card_painter import MORE, ButtonState
from probe_tray.ui.panel.line_face import LineFace
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Card
from tests.unit.ui import samples

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


@pytest.fixture
def face(qapp: QApplication) -> LineFace:
    return LineFace(Theme(qapp), IconPainter(), 430)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_copy_looks_like_the_drawing(face: LineFace, ratio: float) -> None:
    for card in CARDS:
        first = _drawn(face, card, ratio=ratio)
        assert _drawn(face, card, ratio=ratio) == first
        plain = QImage(first.size(), first.format())
        plain.setDevicePixelRatio(ratio)
        plain.fill(0)
        painter = QPainter(plain)
        face._draw(painter, card, lambda _: ButtonState.PLAIN, focused=False)
        painter.end()
        assert plain == first


def test_what_changed_is_drawn_anew(face: LineFace) -> None:
    before = _drawn(face, CARDS[0])
    assert _drawn(face, replace(CARDS[0], title="somebody else")) != before
    assert _drawn(face, CARDS[0]) == before
    assert _drawn(face, CARDS[0], hovered=MORE) != before


def test_only_some_pictures_are_kept(face: LineFace) -> None:
    for number in range(200):
        _drawn(face, replace(CARDS[0], name=f"account {number}"))
    assert len(face._kept) <= 80
