"""What is drawn when: the icon at once, a closed menu when it opens."""

from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QPixmap, QPixmapCache
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.state import AccountState, AppState
from probe_tray.ui.bridge import Bridge, OpenWindows
from probe_tray.view.presenter import Presenter
from probe_tray.view.screen import ClosedScreen, IconScreen
from probe_tray.view.text.translate import Translator
from tests.support.patience import PATIENCE_MS
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine, StoppedClock


class Drawn:
    """A bridge over a fake engine, and what it had drawn."""

    def __init__(self, qtbot: QtBot) -> None:
        self._bot = qtbot
        self.engine = FakeEngine(samples.only(samples.four().accounts[:2]))
        self.menu = QMenu()
        self._parent = QObject()
        self.screens: list[IconScreen] = []
        presenter = Presenter(UTC, Translator())
        self.clock = StoppedClock()
        self.panel_open = self.others_open = self.fails = False
        windows = OpenWindows(panel=lambda: self.panel_open, others=lambda: self.others_open)
        self.bridge = Bridge(self._parent, self.engine, self.clock, presenter, self._take, windows, self.menu)
        self.bridge.draw()

    def _take(self, screen: IconScreen) -> None:
        if self.fails:
            raise RuntimeError
        self.screens.append(screen)

    @property
    def menus(self) -> list[str]:
        """How the menu began, each time that it was filled."""
        return [screen.menu.summary for screen in self.screens if isinstance(screen, ClosedScreen)]

    def change(self, state: AppState) -> None:
        """Change the state, and wait until that was drawn."""
        count = len(self.screens)
        self.engine.change(state)
        self._bot.waitUntil(lambda: len(self.screens) > count, timeout=PATIENCE_MS)

    def check(self, used: float = 100.0) -> None:
        """Have a check of the first account bring its numbers, a second after the last one."""
        self.clock.time += timedelta(seconds=1)
        self.change(self.checked(used))

    def checked(self, used: float) -> AppState:
        """The state after such a check."""
        state = self.engine.state
        return replace(state, accounts=(_used(state.accounts[0], used), *state.accounts[1:]))

    def again(self) -> AppState:
        """The state after a check that brings the numbers that are known."""
        state = self.engine.state
        account = state.accounts[0]
        assert account.snapshot is not None
        moment = account.snapshot.taken_at + timedelta(seconds=30)
        checked = replace(account, snapshot=replace(account.snapshot, taken_at=moment), checked_at=moment)
        return replace(state, accounts=(checked, *state.accounts[1:]))

    def rows(self) -> list[AccountKey]:
        """The accounts in the menu, as it was filled last."""
        return [row.key for row in next(s for s in reversed(self.screens) if isinstance(s, ClosedScreen)).menu.rows]

    def tick(self) -> None:
        """Have the next full minute come."""
        (found,) = (t for t in self.bridge.findChildren(QTimer) if t.isActive() and t.interval() > 10_000)
        found.timeout.emit()

    def timer(self, milliseconds: int) -> QTimer:
        """The one of that length that runs."""
        (found,) = (t for t in self.bridge.findChildren(QTimer) if t.isActive() and t.interval() == milliseconds)
        return found


def _used(account: AccountState, used: float) -> AccountState:
    assert account.snapshot is not None
    main = account.snapshot.main
    windows = tuple(replace(window, used_percent=used) for window in main.windows)
    return replace(account, snapshot=replace(account.snapshot, main=replace(main, windows=windows)))


@pytest.fixture
def drawn(qtbot: QtBot) -> Iterator[Drawn]:
    found = Drawn(qtbot)
    yield found
    if found.engine.watched:
        found.bridge.close()


def test_what_a_check_brings_changes_the_icon_at_once_and_a_closed_menu_not(drawn: Drawn) -> None:
    for used in (96.0, 97.0, 98.0):
        drawn.check(used)
    assert len(drawn.screens) == 4
    assert "98%" in drawn.screens[-1].tray.tooltip
    assert len(drawn.menus) == 1


def test_what_many_checks_bring_is_drawn_twice_a_second_and_what_a_person_does_at_once(drawn: Drawn) -> None:
    drawn.check(96.0)
    for used in (97.0, 98.0):
        drawn.engine.change(drawn.checked(used))
    waiting = drawn.timer(500)
    drawn.change(replace(drawn.engine.state, paused_until=drawn.clock.time + timedelta(hours=1)))
    assert waiting.interval() == 50
    assert "paused" in drawn.screens[-1].tray.tooltip
    assert len(drawn.screens) == 3


def test_a_check_that_brings_what_was_known_draws_nothing_while_nothing_is_open(drawn: Drawn) -> None:
    drawn.engine.change(drawn.again())
    assert [timer.interval() > 10_000 for timer in drawn.bridge.findChildren(QTimer) if timer.isActive()] == [True]
    assert len(drawn.screens) == 1


def test_what_a_check_says_of_another_account_than_the_icons_waits_for_the_menu(drawn: Drawn) -> None:
    drawn.engine.change(drawn.checked(11.0))
    assert len(drawn.screens) == 1
    drawn.timer(10_000).timeout.emit()
    assert isinstance(drawn.screens[-1], ClosedScreen)
    assert any("11%" in row.text for row in drawn.screens[-1].menu.rows)


def test_a_check_after_a_sleep_draws_what_the_time_has_changed(drawn: Drawn) -> None:
    drawn.change(replace(drawn.engine.state, paused_until=drawn.clock.time + timedelta(minutes=1)))
    assert "paused" in drawn.screens[-1].tray.tooltip
    drawn.clock.time += timedelta(minutes=10)
    drawn.change(drawn.again())
    assert "paused" not in drawn.screens[-1].tray.tooltip


def test_what_could_not_be_drawn_is_drawn_with_the_next_check_and_the_next_minute(drawn: Drawn) -> None:
    drawn.fails = True
    with pytest.raises(RuntimeError):
        drawn.bridge.draw()
    drawn.fails = False
    assert [timer.interval() > 10_000 for timer in drawn.bridge.findChildren(QTimer) if timer.isActive()] == [True]
    drawn.change(drawn.again())


@pytest.mark.parametrize("what", ["menu", "others", "panel"])
def test_what_is_open_follows_a_check_that_brings_what_was_known(drawn: Drawn, what: str) -> None:
    drawn.others_open, drawn.panel_open = what == "others", what == "panel"
    if what == "menu":
        drawn.menu.aboutToShow.emit()
    count = len(drawn.screens)
    drawn.change(drawn.again())
    assert len(drawn.screens) == count + 1


def test_the_next_minute_shows_what_a_check_has_brought_without_news(drawn: Drawn) -> None:
    drawn.engine.change(drawn.again())
    (tick,) = (timer for timer in drawn.bridge.findChildren(QTimer) if timer.isActive())
    tick.timeout.emit()
    assert len(drawn.menus) == 2


def test_the_menu_is_filled_when_it_opens_and_kept_up_to_date_while_it_is_open(drawn: Drawn) -> None:
    drawn.check()
    drawn.menu.aboutToShow.emit()
    assert len(drawn.menus) == 2
    drawn.check(97.0)
    assert len(drawn.menus) == 3
    drawn.menu.aboutToHide.emit()
    drawn.check(98.0)
    assert len(drawn.menus) == 3


def test_the_rows_of_an_open_menu_stay_in_their_places_until_it_opens_again(drawn: Drawn) -> None:
    drawn.menu.aboutToShow.emit()
    first, second = drawn.rows()
    drawn.check(99.0)
    assert drawn.rows() == [first, second]
    drawn.menu.aboutToHide.emit()
    # The click that has closed it may come after that.
    drawn.change(replace(drawn.engine.state, paused_until=drawn.clock.time + timedelta(hours=1)))
    assert drawn.rows() == [first, second]
    drawn.menu.aboutToShow.emit()
    assert drawn.rows() == [second, first]
    drawn.check(1.0)
    assert drawn.rows() == [second, first]


def test_a_menu_that_was_closed_is_filled_in_the_order_of_its_accounts_again(drawn: Drawn) -> None:
    drawn.menu.aboutToShow.emit()
    first, second = drawn.rows()
    drawn.menu.aboutToHide.emit()
    drawn.timer(500).timeout.emit()
    drawn.check(99.0)
    drawn.timer(10_000).timeout.emit()
    assert drawn.rows() == [second, first]


@pytest.mark.parametrize(("minutes", "moves"), [(0.5, False), (1, True)])
def test_rows_stay_for_a_minute_at_a_desktop_that_never_tells_of_the_closing(
    drawn: Drawn, minutes: float, *, moves: bool
) -> None:
    drawn.menu.aboutToShow.emit()
    before = drawn.rows()
    drawn.engine.change(drawn.checked(99.0))
    drawn.clock.time += timedelta(minutes=minutes)
    drawn.tick()
    assert (drawn.rows() != before) is moves


def test_rows_stay_for_as_long_as_the_menu_is_open_at_a_desktop_that_tells_of_the_closing(drawn: Drawn) -> None:
    drawn.menu.aboutToShow.emit()
    drawn.menu.aboutToHide.emit()
    drawn.menu.aboutToShow.emit()
    before = drawn.rows()
    for minutes in (1, 2):
        drawn.clock.time += timedelta(minutes=minutes)
        drawn.tick()
        drawn.check(97.0 + minutes)
        assert drawn.rows() == before
    assert isinstance(drawn.screens[-1], ClosedScreen)
    assert any("99%" in row.text for row in drawn.screens[-1].menu.rows)


def test_a_menu_of_whose_closing_nothing_came_is_put_in_order_some_time(drawn: Drawn) -> None:
    drawn.menu.aboutToShow.emit()
    drawn.menu.aboutToHide.emit()
    drawn.menu.aboutToShow.emit()
    first, second = drawn.rows()
    drawn.check(99.0)
    drawn.clock.time += timedelta(hours=1)
    drawn.tick()
    assert drawn.rows() == [second, first]
    count = len(drawn.menus)
    drawn.check(98.0)
    assert len(drawn.menus) == count


def test_a_menu_that_was_closed_is_put_in_order_without_another_check(drawn: Drawn) -> None:
    drawn.menu.aboutToShow.emit()
    first, second = drawn.rows()
    drawn.check(99.0)
    drawn.menu.aboutToHide.emit()
    drawn.timer(500).timeout.emit()
    assert drawn.rows() == [first, second]
    drawn.timer(10_000).timeout.emit()
    assert drawn.rows() == [second, first]


def test_a_menu_that_qt_shows_stays_as_it_is_for_as_long_as_it_is_open(drawn: Drawn) -> None:
    drawn.menu.addAction("Quit")
    drawn.menu.popup(QPoint(0, 0))
    before = drawn.rows()
    for minutes in (1, 2):
        drawn.clock.time += timedelta(minutes=minutes)
        drawn.check(97.0 + minutes)
        drawn.tick()
        assert drawn.rows() == before
    drawn.menu.close()


def test_a_menu_whose_opening_is_never_told_is_filled_some_seconds_after_the_first_check(drawn: Drawn) -> None:
    drawn.check(97.0)
    due = drawn.timer(10_000)
    drawn.check(98.0)
    assert drawn.timer(10_000) is due
    due.timeout.emit()
    assert len(drawn.menus) == 2
    assert isinstance(drawn.screens[-1], ClosedScreen)
    assert "98%" in " ".join(row.text for row in drawn.screens[-1].menu.rows)


def test_a_desktop_that_never_tells_of_the_closing_has_the_menu_kept_up_to_date_for_a_minute(drawn: Drawn) -> None:
    drawn.menu.aboutToShow.emit()
    drawn.check(97.0)
    assert len(drawn.menus) == 3
    drawn.clock.time += timedelta(minutes=1)
    drawn.tick()
    filled = len(drawn.menus)
    drawn.check()
    assert len(drawn.menus) == filled


def test_no_picture_that_qt_keeps_wakes_the_program_for_longer_than_a_minute(drawn: Drawn) -> None:
    key = QPixmapCache.insert(QPixmap(16, 16))
    assert key.isValid()
    (tick,) = (timer for timer in drawn.bridge.findChildren(QTimer) if timer.isActive())
    tick.timeout.emit()
    assert not key.isValid()


@pytest.mark.parametrize("what", ["names are hidden", "an account is gone", "another account is there"])
def test_a_closed_menu_names_nobody_who_is_gone_or_whose_name_is_hidden(drawn: Drawn, what: str) -> None:
    state = drawn.engine.state
    other = samples.account("zoe@example.com")
    drawn.change(
        {
            "names are hidden": replace(state, settings=replace(state.settings, privacy=True)),
            "an account is gone": replace(state, accounts=state.accounts[1:]),
            "another account is there": replace(state, accounts=(other, *state.accounts[1:])),
        }[what]
    )
    screen = drawn.screens[-1]
    assert isinstance(screen, ClosedScreen)
    gone = state.accounts[0].email
    assert not any(gone in row.text for row in screen.menu.rows)


def test_after_the_end_an_opening_menu_is_not_filled(drawn: Drawn) -> None:
    count = len(drawn.screens)
    drawn.bridge.close()
    drawn.menu.aboutToShow.emit()
    assert len(drawn.screens) == count
