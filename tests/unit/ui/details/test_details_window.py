"""The window with everything about one account."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import ShowDetails
from probe_tray.core.quota.history import Span
from probe_tray.core.state import AppState
from probe_tray.ui.details.chart_view import ChartView
from probe_tray.ui.details.details_controller import DetailsController
from probe_tray.ui.details.details_window import DetailsWindow
from probe_tray.ui.details.plots import BarRows, LifetimeView
from probe_tray.ui.panel.banner import Banner
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.details.chart import Chart, LevelLine, Tick
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction
from tests.support.painted import drawn_texts
from tests.support.widgets import button, open_windows, opened, part, parts, press, texts
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW


class Bench:
    def __init__(self, app: QApplication, state: AppState) -> None:
        self.engine = samples.FakeEngine(state)
        self.asked: list[CardAction] = []
        self.menus: list[AccountKey] = []
        self.detailing = DetailsController(
            self.engine,
            Theme(app, lambda: False),
            IconPainter(),
            Translator(),
            lambda: Now(NOW, UTC),
            self.asked.append,
            self._menu,
        )

    def show(self, number: int = 0) -> DetailsWindow:
        self.detailing.show(self.engine.state.accounts[number].key)
        return opened(DetailsWindow)

    def _menu(self, key: AccountKey, around: QWidget, at: QPoint) -> QMenu:
        del at
        self.menus.append(key)
        self.menu = QMenu(around)
        self.menu.addActions([QAction(text, self.menu) for text in ("Copy email", "Remove…")])
        return self.menu

    def change(self, state: AppState) -> None:
        self.engine.change(state)
        self.detailing.draw()


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    found = Bench(qapp, samples.looked_at())
    yield found
    found.detailing.close()


def test_the_buttons_do_what_they_say(bench: Bench) -> None:
    window = bench.show()
    for text in ("Renew now", "Test models", "More about ends@example.com"):
        press(window, text)
    assert [a.kind for a in bench.asked] == [ActionKind.RENEW, ActionKind.TEST_MODELS]
    assert bench.menus == [bench.engine.state.accounts[0].key]


@pytest.mark.parametrize(("state", "stands_out"), [(samples.troubled_lives(), False), (samples.four(), True)])
def test_what_a_notice_asks_for_stands_out_as_on_the_card(bench: Bench, state: AppState, *, stands_out: bool) -> None:
    wanted = ("uncertain@example.com", "old@example.com")
    bench.change(replace(state, accounts=tuple(a for a in state.accounts if a.email in wanted)))
    found = button(part(bench.show(), Banner), "Log in again")
    assert isinstance(found, QPushButton)
    assert found.isDefault() is stands_out


def test_the_menu_begins_on_its_first_row_where_a_key_opens_it(bench: Bench) -> None:
    window = bench.show()
    more = part(window, QToolButton, "More about ends@example.com")
    more.setFocus()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Space)
    assert bench.menu.activeAction() is bench.menu.actions()[0]
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=more.mapTo(window, more.rect().center()))
    assert (len(bench.menus), bench.menu.activeAction()) == (2, None)


def test_the_past_is_asked_for_once_and_again_when_there_is_more_of_it(bench: Bench) -> None:
    bench.show()
    first = bench.engine.state.accounts[0]
    bench.detailing.draw()
    assert bench.engine.sent == [ShowDetails(first.key, Span.WEEK)]
    assert first.snapshot is not None
    newer = replace(first, snapshot=replace(first.snapshot, taken_at=NOW))
    bench.change(replace(bench.engine.state, accounts=(newer,)))
    assert len(bench.engine.sent) == 2


def test_another_span_is_chosen(bench: Bench) -> None:
    window = bench.show()
    press(window, "30 days")
    assert bench.engine.sent[-1] == ShowDetails(bench.engine.state.accounts[0].key, Span.MONTH)
    assert [button(window, text).isChecked() for text in ("24 h", "7 days", "30 days")] == [False, False, True]


def test_no_window_opens_for_an_account_that_has_gone(bench: Bench) -> None:
    gone = bench.engine.state.accounts[0].key
    bench.change(replace(bench.engine.state, accounts=()))
    bench.detailing.show(gone)
    assert not open_windows(DetailsWindow)


def test_a_closed_window_asks_for_nothing(bench: Bench) -> None:
    window = bench.show()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    bench.engine.sent.clear()
    first = bench.engine.state.accounts[0]
    bench.change(replace(bench.engine.state, accounts=(replace(first, snapshot=samples.snapshot(1, 1)),)))
    assert bench.engine.sent == []


def test_an_account_that_is_removed_takes_its_window_along(bench: Bench) -> None:
    window = bench.show()
    bench.change(replace(bench.engine.state, accounts=()))
    assert not window.isVisible()


def test_another_account_takes_the_place_of_the_first(bench: Bench) -> None:
    window = bench.show()
    assert bench.show(1) is window
    assert window.windowTitle() == "lasts@example.com in detail"
    assert not parts(window, LifetimeView)


def test_everything_drawn_is_told_to_a_screen_reader_and_nothing_is_markup(bench: Bench) -> None:
    window = bench.show()
    assert "Code review 5%" in part(window, BarRows).accessibleName()
    assert "at most" in part(window, ChartView).accessibleName()
    assert "renews 25 Nov" in part(window, LifetimeView).accessibleName()
    assert part(window, QToolButton).accessibleName() == "More about ends@example.com"
    texts = [label for label in window.findChildren(QLabel) if label.pixmap().isNull()]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in texts)
    assert all(button.text() for button in window.findChildren(QPushButton) if button.isVisible())


def test_reset_credits_stand_in_the_window_with_the_days_they_are_lost(bench: Bench) -> None:
    window = bench.show()
    told = texts(window)
    assert (
        told[told.index("Reset credits") + 1] == "2 unused\none expires in 3 d · Wed 13:52\none expires in 12 d · 4 Dec"
    )


@pytest.mark.parametrize("scale", [1, 2])
def test_every_condition_can_be_drawn_with_any_font(qtbot: QtBot, qapp: QApplication, scale: int) -> None:
    small = qapp.font()
    large = qapp.font()
    large.setPixelSize(13 * scale)
    try:
        qapp.setFont(large)
        for state in (samples.conditions(), samples.long_names(), samples.looked_at(), samples.troubled_lives()):
            bench = Bench(qapp, state)
            for number in range(len(state.accounts)):
                assert not bench.show(number).grab().isNull()
            bench.detailing.close()
    finally:
        qapp.setFont(small)


def test_the_chart_is_read_with_the_arrows_and_told_to_a_screen_reader(bench: Bench) -> None:
    chart = part(bench.show(), ChartView)
    chart.setFocus()
    descriptions: list[str] = []
    for key in (
        Qt.Key.Key_Left,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Home,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_End,
    ):
        QTest.keyClick(chart, key)
        # Whatever else is drawn anew meanwhile.
        bench.detailing.draw()
        descriptions.append(chart.accessibleDescription())
    assert descriptions[0] == descriptions[2] == descriptions[5]
    assert descriptions[0].startswith("11:52 · Week ")
    assert len(set(descriptions)) == 4
    # Nothing is read any more once the keyboard is elsewhere.
    QApplication.sendEvent(chart, QFocusEvent(QEvent.Type.FocusOut))
    assert chart.accessibleDescription() == ""


def test_the_chart_is_read_under_the_mouse(bench: Bench) -> None:
    window = bench.show()
    QApplication.processEvents()
    chart = part(window, ChartView)
    plain = chart.grab().toImage()
    QTest.mouseMove(chart, QPoint(chart.width() // 2, 40))
    assert chart.grab().toImage() != plain
    QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
    assert chart.grab().toImage() == plain


def test_the_mouse_takes_nothing_from_the_keyboard_that_reads_the_chart(bench: Bench) -> None:
    window = bench.show()
    QApplication.processEvents()
    chart = part(window, ChartView)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Home)
    first, said = chart.grab().toImage(), chart.accessibleDescription()
    QTest.mouseMove(chart, QPoint(chart.width() - 2, 40))
    pointed = chart.grab().toImage()
    assert pointed != first
    bench.detailing.draw()
    QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
    assert (chart.grab().toImage(), chart.accessibleDescription()) == (first, said)
    # A key goes on from the moment that is seen.
    QTest.mouseMove(chart, QPoint(chart.width() - 2, 40))
    QTest.keyClick(chart, Qt.Key.Key_Right)
    QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
    assert chart.grab().toImage() not in (first, pointed)
    assert chart.accessibleDescription() != said


@pytest.mark.parametrize(
    "words",
    [{"empty": "Reading the history…"}, {"begins": Tick(0.9, "The line begins today")}],
    ids=["reading", "beginning"],
)
def test_the_words_in_the_chart_are_drawn_clear_of_the_grid(qapp: QApplication, words: dict[str, Any]) -> None:
    theme = Theme(qapp, lambda: False)
    view = ChartView(theme)
    theme.apply_theme(view)
    view.resize(480, 180)
    # A level at the height of the words crosses them no more than the grid does.
    bare = Chart(
        lines=(), ticks=(), levels=(LevelLine(0.53, "53%"),), empty="", begins=None, read_outs=(), spoken="A chart"
    )
    view.show_chart(bare)
    crossed = view.grab().toImage()
    view.show_chart(replace(bare, **words))
    image = view.grab().toImage()
    said = words.get("empty") or words["begins"].text
    place = next(drawn.place for drawn in drawn_texts(view) if drawn.text == said).toAlignedRect()
    column = [(place.left() - 3, y) for y in range(place.top(), place.bottom() + 1)]
    assert len({crossed.pixel(*dot) for dot in column}) > 1
    assert {image.pixelColor(*dot).name() for dot in column} == {theme.tokens.window}
