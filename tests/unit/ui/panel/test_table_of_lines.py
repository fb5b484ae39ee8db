"""Lines below each other look like one card."""

from datetime import UTC
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.panel.card_delegate import CardDelegate
from probe_tray.ui.panel.card_layout import GAP, SIDE
from probe_tray.ui.panel.card_list import CardList
from probe_tray.ui.panel.card_model import LINE_ROLE, CardModel
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.panel.cards import account_card
from probe_tray.view.panel.survey import SurveyFinding
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Card
from tests.support.patience import PATIENCE_MS
from tests.unit.ui import samples
from tests.unit.ui.panel.open_panel import CountingIcons, opened


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, lambda: False)


@pytest.fixture
def cards(qtbot: QtBot, theme: Theme) -> CardList:
    panel = PanelWindow(theme, IconPainter(), samples.idle_actions())
    qtbot.addWidget(panel)
    panel.show_model(present(samples.conditions(), samples.NOW, UTC, Translator()).panel)
    panel.open_at(None)
    panel.resize(panel.width(), 2300)
    return panel.findChildren(CardList)[0]


def test_a_table_ends_in_rounded_corners_as_far_from_the_next_card_as_cards_are(cards: CardList, theme: Theme) -> None:
    rows = [cards.model().index(row, 0) for row in range(cards.model().rowCount())]
    lines = [index for index in rows if index.data(LINE_ROLE)]
    assert 2 < len(lines) < len(rows), "some cards stand below the lines"
    first, middle, last = (cards.visualRect(lines[n]) for n in (0, 1, -1))
    assert last.height() - middle.height() == theme.px(GAP)
    picture, ground = cards.viewport().grab().toImage(), QColor(theme.tokens.window)
    left, below = first.left() + theme.px(SIDE), last.top() + middle.height() - 1
    corners = [(left, first.top()), (left, middle.top()), (left, below), (left + theme.px(100), last.bottom() - 1)]
    assert [picture.pixelColor(*corner) == ground for corner in corners] == [True, False, True, True]


def test_only_lines_in_sight_are_put_into_words(qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[AccountKey] = []

    def counted(found: SurveyFinding, *more: Any) -> Card:  # noqa: ANN401 - whatever a card is made of
        made.append(found.account.key)
        return account_card(found, *more)

    monkeypatch.setattr("probe_tray.view.panel.cards.account_card", counted)
    panel = PanelWindow(theme, IconPainter(), samples.idle_actions())
    qtbot.addWidget(panel)
    panel.show_model(present(samples.many(300), samples.NOW, UTC, Translator()).panel)
    panel.open_at(None)
    told: list[frozenset[AccountKey]] = []
    panel.visible_accounts.connect(told.append)
    shown = panel.findChildren(CardList)[0]
    bar = shown.verticalScrollBar()
    whole = shown.sizeHint().height()
    qtbot.waitUntil(lambda: bar.maximum() >= whole - shown.height() - theme.px(2), timeout=PATIENCE_MS)
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: bool(told) and panel.keys()[-1] in told[-1], timeout=PATIENCE_MS)
    assert 0 < len(made) < 150


def test_a_thousand_lines_are_measured_without_asking_for_any_of_them(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(model: CardModel, index: QModelIndex, role: int) -> object:
        asked.append(index.row())
        return answer(model, index, role)

    answer = CardModel.data
    # Before there is a model: Qt looks for the method only once.
    monkeypatch.setattr(CardModel, "data", counted)
    panel = opened(qtbot, theme, present(samples.many(1000), samples.NOW, UTC, Translator()).panel)
    shown = panel.findChildren(CardList)[0]
    most = 900 * shown.visualRect(shown.model().index(0, 0)).height()
    qtbot.waitUntil(lambda: shown.verticalScrollBar().maximum() > most, timeout=PATIENCE_MS)
    assert len(asked) < 200


def test_a_thousand_lines_are_laid_out_bit_by_bit_when_they_are_first_shown(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(delegate: CardDelegate, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        asked.append(index.row())
        return answer(delegate, option, index)

    answer = CardDelegate.sizeHint
    monkeypatch.setattr(CardDelegate, "sizeHint", counted)
    panel = opened(qtbot, theme, present(samples.many(1000), samples.NOW, UTC, Translator()).panel)
    assert len(asked) < 200
    shown = panel.findChildren(CardList)[0]
    line = shown.visualRect(shown.model().index(0, 0)).height()
    whole = shown.sizeHint().height() - theme.px(2)
    assert whole == 1000 * line + theme.px(GAP)
    most = whole - shown.viewport().height()
    qtbot.waitUntil(lambda: shown.verticalScrollBar().maximum() == most, timeout=PATIENCE_MS)
    panel.show_model(present(samples.many(1000), samples.NOW, UTC, Translator()).panel)
    assert shown.layoutMode() is CardList.LayoutMode.SinglePass, "where it was scrolled to stays in sight"


def test_the_height_of_lines_is_known_without_looking_at_each(cards: CardList, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = range(cards.model().rowCount())
    assert sum(bool(cards.model().index(row, 0).data(LINE_ROLE)) for row in rows) > 2
    cards.doItemsLayout()
    below = cards.visualRect(cards.model().index(rows[-1], 0)).bottom() + 1 + cards.verticalOffset()
    looked: list[int] = []

    def noted(_model: CardModel, row: int) -> bool:
        looked.append(row)
        return False

    monkeypatch.setattr(CardModel, "is_line", noted)
    assert cards.sizeHint().height() == below + 2
    assert len(looked) < len(rows)


@pytest.mark.parametrize("down", [True, False])
def test_lines_are_drawn_before_they_are_scrolled_into_sight(qtbot: QtBot, theme: Theme, *, down: bool) -> None:
    icons = CountingIcons()
    panel = PanelWindow(theme, icons, samples.idle_actions())
    qtbot.addWidget(panel)
    panel.show_model(present(samples.many(300), samples.NOW, UTC, Translator()).panel)
    panel.open_at(None)
    shown = panel.findChildren(CardList)[0]
    bar = shown.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 < icons.drawn, timeout=PATIENCE_MS)
    page = shown.viewport().height()
    bar.setValue(bar.maximum() // 2)
    turns()
    before = icons.drawn
    bar.setValue(bar.value() + (page // 2 if down else -page // 2))
    turns()
    coming = icons.drawn - before
    assert coming > page // 2 // shown.visualRect(shown.currentIndex()).height(), "more than has come into sight"
    bar.setValue(bar.value() + (page // 2 if down else -page // 2))
    shown.viewport().repaint()
    assert icons.drawn == before + coming


def turns() -> None:
    """Let the window do what it does when nothing else is to be done."""
    for _ in range(100):
        QApplication.processEvents()


def test_a_panel_is_measured_once_when_it_opens(qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[QSize] = []

    def counted(shown: CardList) -> QSize:
        measured.append(measure(shown))
        return measured[-1]

    measure = CardList.sizeHint
    monkeypatch.setattr(CardList, "sizeHint", counted)
    panel = PanelWindow(theme, IconPainter(), samples.idle_actions())
    qtbot.addWidget(panel)
    panel.show_model(present(samples.many(300), samples.NOW, UTC, Translator()).panel)
    assert measured == []
    panel.open_at(None)
    assert measured
    assert panel.size() == panel.sizeHint()
