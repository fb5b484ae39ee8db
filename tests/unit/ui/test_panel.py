import itertools
from collections.abc import Iterator
from datetime import UTC

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.state import AppState
from probe_tray.ui.card_layout import CardLayout
from probe_tray.ui.card_list import CardActions
from probe_tray.ui.icon import IconPainter
from probe_tray.ui.panel import PanelWindow
from probe_tray.ui.placing import beside, likely, near
from probe_tray.ui.theme import Theme
from probe_tray.view.models import Action, ActionKind
from probe_tray.view.present import present
from probe_tray.view.translate import Translator
from tests.unit.ui import samples


class Shown:
    """A panel, and the actions it asked for."""

    def __init__(self, app: QApplication) -> None:
        self.theme = Theme(app)
        self.asked: list[Action] = []
        self.opened: list[tuple[str, QPoint]] = []
        actions = CardActions(act=self.asked.append, menu=lambda card, at: self.opened.append((card.title, at)))
        self.window = PanelWindow(self.theme, IconPainter(), actions)

    def show(self, state: AppState) -> None:
        self.window.show_model(present(state, samples.NOW, UTC, Translator()).panel)
        self.window.open_at(None)

    def titles(self) -> list[str]:
        model = self.window._list.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Iterator[Shown]:
    shown = Shown(qapp)
    yield shown
    shown.window.close()
    shown.window.deleteLater()


def test_the_button_of_a_card_is_clicked(panel: Shown, qtbot: QtBot) -> None:
    panel.show(samples.four())
    cards = panel.window._list
    area = cards.visualRect(cards.model().index(0, 0))
    card = present(samples.four(), samples.NOW, UTC, Translator()).panel.cards[0]
    places = CardLayout(panel.theme, cards.width() - 24).places(card)
    target = area.topLeft() + QPoint(12, 0) + places.buttons[0].center().toPoint()
    QTest.mouseClick(
        cards.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, area.topLeft() + QPoint(40, 10)
    )
    assert panel.asked == []
    QTest.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, target)
    assert [(a.kind, a.label) for a in panel.asked] == [(ActionKind.LOG_IN, "Log in again")]


def test_each_of_two_buttons_does_its_own(panel: Shown, qtbot: QtBot) -> None:
    panel.show(samples.troubled_lives())
    panel.window.resize(384, 2300)
    cards = panel.window._list
    area = cards.visualRect(cards.model().index(0, 0))
    card = present(samples.troubled_lives(), samples.NOW, UTC, Translator()).panel.cards[0]
    for place in CardLayout(panel.theme, cards.width() - 24).places(card).buttons:
        target = area.topLeft() + QPoint(12, 0) + place.center().toPoint()
        QTest.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, target)
    assert [a.kind for a in panel.asked] == [ActionKind.READ_STORES, ActionKind.START_ANEW]


def test_the_menu_of_a_card_opens_at_its_button(panel: Shown, qtbot: QtBot) -> None:
    panel.show(samples.four())
    cards = panel.window._list
    area = cards.visualRect(cards.model().index(1, 0))
    card = present(samples.four(), samples.NOW, UTC, Translator()).panel.cards[1]
    more = CardLayout(panel.theme, cards.width() - 24).places(card).more
    target = area.topLeft() + QPoint(12, 0) + more.center().toPoint()
    QTest.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, target)
    below = area.topLeft() + QPoint(12, 0) + more.bottomLeft().toPoint()
    [(title, at)] = panel.opened
    assert title == "research@example.com"
    assert (at - cards.viewport().mapToGlobal(below)).manhattanLength() <= 2
    assert panel.asked == []


@pytest.mark.parametrize("reason", QContextMenuEvent.Reason)
def test_the_menu_opens_for_a_right_click_and_for_the_menu_key(
    panel: Shown, qapp: QApplication, reason: QContextMenuEvent.Reason
) -> None:
    panel.show(samples.four())
    cards = panel.window._list
    cards.setCurrentIndex(cards.model().index(1, 0))
    at = cards.visualRect(cards.model().index(0, 0)).center()
    qapp.sendEvent(cards.viewport(), QContextMenuEvent(reason, at, cards.viewport().mapToGlobal(at)))
    by_key = reason is QContextMenuEvent.Reason.Keyboard
    assert [title for title, _ in panel.opened] == ["research@example.com" if by_key else "old@example.com"]


def test_trouble_stands_above_the_cards_until_it_was_read(panel: Shown) -> None:
    panel.show(samples.troubled_lives())
    banner = panel.window._banner
    assert banner.isVisible()
    assert "The service did not end the login (status 503)" in banner.accessibleName()
    banner._button.click()
    assert [a.kind for a in panel.asked] == [ActionKind.DISMISS]
    panel.show(replace(samples.troubled_lives(), trouble=None))
    assert not banner.isVisible()


def test_trouble_is_told_on_the_first_page_too(panel: Shown) -> None:
    panel.show(AppState(loaded=True, trouble=samples.offline()))
    assert panel.window._banner.isVisible()
    assert panel.window._welcome.isVisible()


def test_the_keyboard_presses_the_button_of_its_card(panel: Shown, qtbot: QtBot) -> None:
    panel.show(samples.four())
    cards = panel.window._list
    cards.setCurrentIndex(cards.model().index(0, 0))
    QTest.keyClick(cards, Qt.Key.Key_Return)
    QTest.keyClick(cards, Qt.Key.Key_Down)
    QTest.keyClick(cards, Qt.Key.Key_Space)
    assert [a.kind for a in panel.asked] == [ActionKind.LOG_IN]
    assert cards.currentIndex().row() == 1


def test_a_search_finds_and_escape_ends_it_before_it_closes_the_window(panel: Shown, qtbot: QtBot) -> None:
    panel.show(samples.many(100))
    search = panel.window._search
    assert search.isVisible()
    search.setText(" BUILDER-07")
    assert len(panel.titles()) == 10
    search.setText("nobody")
    assert panel.window._nothing.isVisible()
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert len(panel.titles()) == 100
    QTest.keyClick(panel.window._list, Qt.Key.Key_Escape)
    assert not panel.window.isVisible()


def test_a_few_accounts_need_no_search(panel: Shown) -> None:
    panel.show(samples.four())
    assert not panel.window._search.isVisible()


def test_a_first_start_offers_the_login(panel: Shown) -> None:
    panel.show(AppState(loaded=True))
    assert panel.window._welcome.isVisible()
    assert not panel.window._list.isVisible()
    panel.window._welcome._button.click()
    assert [a.kind for a in panel.asked] == [ActionKind.LOG_IN]


def test_the_keyboard_stays_with_its_account_when_the_order_changes(panel: Shown) -> None:
    panel.show(samples.only(samples.four().accounts[:3]))
    cards = panel.window._list
    cards.setCurrentIndex(cards.model().index(2, 0))
    assert cards.currentIndex().data() == "ana@example.com"
    panel.show(samples.four())
    assert cards.currentIndex().data() == "ana@example.com"
    assert cards.currentIndex().row() == 3


def test_an_account_that_is_gone_leaves_no_trace(panel: Shown) -> None:
    panel.show(samples.four())
    cards = panel.window._list
    cards.setCurrentIndex(cards.model().index(0, 0))
    panel.show(samples.only(samples.four().accounts[:1]))
    assert panel.titles() == ["ana@example.com"]


def test_the_window_stays_within_seventy_percent_of_the_screen(panel: Shown) -> None:
    panel.show(samples.many(100))
    assert panel.window.height() <= 0.7 * panel.window.screen().availableGeometry().height() + 1
    panel.show(samples.only(samples.four().accounts[:1]))
    assert panel.window.height() < 300


def test_every_control_has_a_name_and_no_text_is_markup(panel: Shown) -> None:
    panel.show(samples.many(10))
    controls = [panel.window._refresh, panel.window._settings, panel.window._search, panel.window._list]
    assert all(control.accessibleName() for control in controls)
    assert panel.window._log_in.text()
    texts = [w for w in panel.window.findChildren(QLabel) if w.pixmap().isNull()]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in texts)


def test_a_card_is_read_out_whole(panel: Shown) -> None:
    panel.show(samples.four())
    spoken = panel.window._list.model().index(3, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("ana@example.com. Plus. 5 h: 42% used")


def test_every_condition_can_be_drawn(panel: Shown) -> None:
    panel.show(samples.conditions())
    panel.window.resize(384, 2400)
    assert not panel.window.grab().isNull()


def test_a_larger_font_makes_everything_larger(panel: Shown, qapp: QApplication) -> None:
    panel.show(samples.four())
    before = panel.window.width()
    small = qapp.font()
    large = qapp.font()
    large.setPixelSize(26)
    try:
        qapp.setFont(large)
        assert panel.window.width() > before * 1.4
        assert not panel.window.grab().isNull()
    finally:
        qapp.setFont(small)


@pytest.mark.parametrize("width", [330, 360, 420, 600])
def test_nothing_of_a_card_overlaps_or_sticks_out(qapp: QApplication, width: int) -> None:
    layout = CardLayout(Theme(qapp), width)
    for state in (samples.conditions(), samples.long_names(), samples.troubled_lives()):
        for card in present(state, samples.NOW, UTC, Translator()).panel.cards:
            places = layout.places(card)
            parts = [
                places.title,
                places.subtitle,
                *places.bars,
                places.foot,
                places.text,
                *places.buttons,
                places.more,
            ]
            for part in parts:
                assert part is None or places.card.contains(part)
            assert all(bar.width() > 40 for bar in places.bars)
            assert not any(places.text.intersects(b) for b in places.buttons if places.text is not None)
            assert not any(a.intersects(b) for a, b in itertools.pairwise(places.buttons))
            for part in (places.title, places.subtitle, places.plan):
                assert part is None or not part.intersects(places.more)


def test_the_window_opens_below_an_icon_at_the_top_and_above_one_at_the_bottom() -> None:
    room = QRect(0, 0, 1280, 800)
    window = QSize(384, 500)
    top = QRect(beside(QRect(1200, 0, 22, 22), window, room), window)
    bottom = QRect(beside(QRect(1200, 778, 22, 22), window, room), window)
    assert top.top() > 22
    assert bottom.bottom() < 778
    assert room.contains(top)
    assert room.contains(bottom)


@pytest.mark.parametrize(
    ("mouse", "room", "expected"),
    [
        (QPoint(900, 5), QRect(0, 28, 1280, 772), QPoint(900, 5)),
        (QPoint(600, 400), QRect(0, 28, 1280, 772), QPoint(1279, 28)),
        (QPoint(600, 400), QRect(0, 0, 1280, 760), QPoint(1279, 759)),
        (QPoint(5000, 5), QRect(0, 0, 1280, 760), QPoint(1279, 759)),
    ],
)
def test_an_icon_that_does_not_tell_its_place_is_looked_for_on_the_panel(
    mouse: QPoint, room: QRect, expected: QPoint
) -> None:
    assert likely(mouse, QRect(0, 0, 1280, 800), room).topLeft() == expected


def test_an_icon_that_is_nowhere_decides_nothing(qapp: QApplication) -> None:
    assert near(QRect(), QSize(384, 500)) is None
    assert near(QRect(99_999, 99_999, 22, 22), QSize(384, 500)) is None


def test_a_hundred_accounts_need_no_more_widgets_than_one(panel: Shown) -> None:
    panel.show(samples.many(1))
    few = len(panel.window.findChildren(QWidget))
    panel.show(samples.many(100))
    assert len(panel.window.findChildren(QWidget)) - few < 6
