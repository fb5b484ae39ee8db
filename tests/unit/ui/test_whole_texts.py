"""Nothing that a person reads is cut off, but the name of an account where there is no room."""

from collections.abc import Iterator
from datetime import UTC
from functools import partial

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.core.state import AppState
from probe_tray.resources import resource
from probe_tray.ui.panel.card_painter import ButtonState
from probe_tray.ui.panel.line_face import LineFace
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.panel.cards import widest_briefs
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import Card
from tests.support.painted import DrawnText, drawn_by, drawn_texts
from tests.unit.ui import samples
from tests.unit.ui.every_window import EveryWindow, rich

ENGLISH = Translator()
CATALOGUE = parse_po(resource("locale/zh_CN.po").read_text("utf-8"))
CHINESE = Translator(CATALOGUE)
DOTS = "…"
ENDS = {
    text.replace("&", "").replace(" ", "")
    for one, forms in CATALOGUE.texts.items()
    for text in (one, *forms)
    if text.endswith(DOTS)
}
"""Texts that are written with dots at their end."""
STATES = {
    "three": samples.only(samples.four().accounts[:3]),
    "conditions": samples.conditions(),
    "failed renewals": samples.troubled_lives(),
    "long names": samples.long_names(),
    "other limits": samples.looked_at(),
}
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


@pytest.fixture
def letters(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[float]:
    before = QFont(qapp.font())
    font = QFont(before)
    font.setPixelSize(round(13 * request.param))
    qapp.setFont(font)
    yield request.param
    qapp.setFont(before)


def _cut(drawn: list[DrawnText], state: AppState) -> list[str]:
    names = {part for a in state.accounts for part in (a.email, a.alias, a.workspace, a.plan) if part}
    said = [line.text.replace("\u2060", "") for line in drawn if DOTS in line.text]
    return [text for text in said if not _is_whole(text) and not any(_is_part(text, name) for name in names)]


def _is_whole(text: str) -> bool:
    """Whether a text ends in dots because it is written so."""
    plain = text.replace(" ", "")
    return any(end.endswith(plain) or plain.endswith(end) for end in ENDS)


def _is_part(text: str, name: str) -> bool:
    before, _, after = text.casefold().partition(DOTS)
    return before[-2:] in name.casefold() and after[:2].strip() in name.casefold()


@pytest.mark.parametrize("letters", [1.0, 2.0], indirect=True)
@pytest.mark.parametrize("t", [ENGLISH, CHINESE], ids=["English", "Chinese"])
@pytest.mark.parametrize("name", STATES)
def test_in_the_panel_only_a_name_is_cut(
    qtbot: QtBot, qapp: QApplication, letters: float, name: str, t: Translator
) -> None:
    panel = PanelWindow(Theme(qapp, lambda: False), IconPainter(), samples.idle_actions())
    panel.show_model(present(STATES[name], samples.NOW, UTC, t).panel)
    panel.open_at(None)
    panel.setMinimumWidth(1)
    # As it opens, and as wide as it is on a screen of 800 by 600 pixels with letters twice as large.
    for width in (panel.width(), round(368 * letters)):
        panel.resize(width, 4_000)
        qapp.processEvents()
        drawn = drawn_texts(panel)
        assert _cut(drawn, STATES[name]) == []
        assert [line.text for line in drawn if line.place.right() > width or line.place.left() < 0] == []
    panel.close()


@pytest.mark.parametrize("letters", [1.0, 2.0], indirect=True)
@pytest.mark.parametrize("t", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_in_a_line_only_the_name_is_cut(qapp: QApplication, letters: float, t: Translator) -> None:
    state = samples.conditions()
    face = LineFace(Theme(qapp, lambda: False), IconPainter(), round(464 * letters), widest_briefs(t))
    for card in present(state, samples.NOW, UTC, t).panel.cards:
        drawn = drawn_by(partial(_draw_line, face, card), QSize(1_000, 100), 96)
        assert _cut(drawn, state) == []
        brief = [line for line in drawn if line.text == card.brief]
        assert all(face.columns.brief.left() - 1 <= line.place.left() for line in brief)


def _draw_line(face: LineFace, card: Card, painter: QPainter) -> None:
    # One that nobody points at is a copy of its own picture.
    face.paint(painter, card, lambda _: ButtonState.HOVERED, focused=False)


@pytest.mark.parametrize("letters", [1.0, 1.5], indirect=True)
@pytest.mark.parametrize("t", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_in_no_window_more_than_a_name_is_cut(qtbot: QtBot, qapp: QApplication, letters: float, t: Translator) -> None:
    state = rich()
    everything = EveryWindow(qapp, state, t)
    cut = {type(w).__name__: texts for w in everything.windows() if (texts := _cut(drawn_texts(w), state))}
    everything.close()
    assert cut == {}
