"""Between state and windows: many changes become one drawing, and time passing is a change too."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter, is_
from typing import NamedTuple, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QMenu

from probe_tray.core.state import AppState
from probe_tray.ports.time import Clock
from probe_tray.ui.engine import EngineProtocol
from probe_tray.view.presenter import Presenter
from probe_tray.view.screen import IconScreen, ScreenOptions
from probe_tray.view.tray.news import News, news
from probe_tray.view.view_models import Menu, Tray

_TOGETHER = 50
"""Milliseconds."""
_SHARE, _SHARE_CLOSED = 4, 24
"""How many times as long as a drawing takes the next one waits: at most a fifth of one core, with the panel open."""
_CHECKS_APART = 500
"""Milliseconds between two drawings of the icon for what checks bring: a thousand answers come within seconds."""
_MINUTE, _WHILE_LOGIN = 60_000, 10_000
_AFTER = 200
"""Milliseconds past the minute, so that a coarse timer does not fire just before it."""
_MENU_AFTER = 10_000
"""Milliseconds after a check at which the menu is filled though nothing has told of its opening: not every desktop's
panel does."""
_CLICK_COMES = 500
"""Milliseconds after the menu was closed: some desktops' panels tell of the closing before the click that closed it."""
_NEVER_CLOSED, _NOT_CLOSED = 60, 3600
"""Seconds after which a menu of which no closing was told counts as closed: at a desktop that has never told of one,
and at one that has, whose panel may have been started again meanwhile."""
_BESIDE = frozenset({"accounts", "visible_accounts", "windows_in_use"})
"""What somebody looks at changes with each step of a list that is scrolled."""
_drawn_beside_accounts = attrgetter(*(name for name in AppState.__struct_fields__ if name not in _BESIDE))


_Screen = TypeVar("_Screen", bound=IconScreen)


class OpenWindows(NamedTuple):
    """Which of the windows are open now that show something of what checks bring."""

    panel: Callable[[], bool]
    others: Callable[[], bool]
    """Whether one of them is: they are drawn with icon or menu."""


class Bridge(QObject):
    """Draws the state with ``render``: soon after a change, at most a fifth of the time, and at every full minute.

    What checks bring changes the icon at once; a closed menu is filled with it when it opens. While nothing is open,
    a check that brings what was known draws nothing, and one that says nothing about the icon only fills the menu.
    While the menu is open, its rows stay where they are.
    """

    def __init__(
        self,
        parent: QObject,
        engine: EngineProtocol,
        clock: Clock,
        presenter: Presenter,
        render: Callable[[IconScreen], None],
        windows: OpenWindows,
        menu: QMenu,
    ) -> None:
        """Follow ``engine`` from now on.

        ``render`` gets a ``Screen``, with a panel, only while the panel is open, and a ``ClosedScreen``, which fills
        ``menu``, only where that may not wait.
        """
        super().__init__(parent)
        self._engine = engine
        self._clock = clock
        self._presenter = presenter
        self._options = ScreenOptions()
        self._render = render
        self._panel_open, self._others_open = windows
        self._cost, self._drawn_at = 0.0, 0.0
        self._state = engine.state
        self._menu, self._menu_open = menu, False
        self._opened: Menu | None = None
        """What the menu told when it opened: its rows stay with these accounts."""
        self._opened_at, self._closed_after = 0.0, _NEVER_CLOSED
        self._filled: AppState | None = None
        """The state that the menu tells."""
        self._shown: tuple[Tray, datetime] | None = None
        """What icon and tooltip say, and the minute in which that was so."""
        self._soon = _single(self, self._draw_seen)
        self._tick = _single(self, self._draw_minute)
        self._menu_due = _single(self, self.draw)
        self._clicked = _single(self, self._release_rows)
        self._unsubscribe = engine.subscribe(self._changed)
        menu.aboutToShow.connect(self._menu_opens)
        menu.aboutToHide.connect(self._menu_closes)

    def draw(self, *, opening: bool = False) -> None:
        """Draw now, the menu too; the panel too where it is open or ``opening``."""
        self._menu_due.stop()
        self._filled, presenter = self._engine.state, self._presenter
        if opening or self._panel_open():
            screen = self._draw(lambda state, now: presenter.present(state, now, self._options, self._opened))
        else:
            screen = self._draw(lambda state, now: presenter.present_closed(state, now, self._opened))
        if self._menu_open and self._opened is None:
            self._opened, self._opened_at = screen.menu, self._clock.monotonic()

    def show_only(self, options: ScreenOptions) -> None:
        """Show this from now on, and at once: somebody is typing."""
        self._options = options
        self.draw()

    def show_all(self) -> None:
        """Show all accounts from the next drawing on."""
        self._options = ScreenOptions()

    def close(self) -> None:
        """Draw no more."""
        self._unsubscribe()
        self._menu.aboutToShow.disconnect(self._menu_opens)
        for timer in (self._soon, self._tick, self._menu_due, self._clicked):
            timer.stop()

    def _draw(self, present: Callable[[AppState, datetime], _Screen]) -> _Screen:
        self._soon.stop()
        started, now = self._clock.monotonic(), self._clock.now()
        self._shown = None
        screen = present(self._engine.state, now)
        into = now.second * 1000 + now.microsecond // 1000
        wait = _MINUTE - into + _AFTER
        login_waits = screen.login is not None and not screen.login.failed
        self._tick.start(min(wait, _WHILE_LOGIN) if login_waits else wait)
        self._render(screen)
        self._shown = screen.tray, now.replace(second=0, microsecond=0)
        self._drawn_at = self._clock.monotonic()
        self._cost = self._drawn_at - started
        return screen

    def _draw_seen(self) -> None:
        """Draw what somebody may see, and fill a closed menu later, should only checks have brought something."""
        if self._menu_open or self._panel_open() or not _is_only_checked(self._filled, self._engine.state):
            self.draw()
            return
        self._draw(self._presenter.present_icon)
        self._fill_menu_later()

    def _fill_menu_later(self) -> None:
        if not self._menu_due.isActive():
            self._menu_due.start(_MENU_AFTER)

    def _is_told_by_icon(self, before: AppState) -> bool:
        """Whether the icon says all that a check since ``before`` has brought; the menu is filled later then."""
        now = self._clock.now()
        # While the machine sleeps no timer tells of a new minute.
        if self._shown is None or self._shown[1] != now.replace(second=0, microsecond=0):
            return False
        found = news(before, self._state, self._shown[0], now)
        if found is News.MENU:
            self._fill_menu_later()
        return found is not News.ICON

    def _menu_opens(self) -> None:
        self._menu_open, self._opened = True, None
        self._clicked.stop()
        self.draw()

    def _menu_closes(self) -> None:
        self._menu_open, self._closed_after = False, _NOT_CLOSED
        self._clicked.start(_CLICK_COMES)

    def _release_rows(self) -> None:
        """Have the closed menu in order soon: some desktops' panels show it for a moment as it is once it opens."""
        self._opened = None
        self._fill_menu_later()

    def _draw_minute(self) -> None:
        # Some desktops' panels tell that the menu opens, and not that it has closed. Qt shows its own menus.
        if not self._menu.isVisible() and self._clock.monotonic() - self._opened_at >= self._closed_after:
            self._menu_open, self._opened = False, None
        if not self._panel_open():
            # Qt throws away the pictures that it has kept bit by bit, and wakes every ten seconds for minutes to do so.
            QPixmapCache.clear()
        self.draw()

    def _changed(self) -> None:
        before, now = self._state, self._engine.state
        self._state = now
        is_alike = _is_alike_beside_accounts(before, now)
        if is_alike and before.accounts is now.accounts:
            return
        is_open = self._panel_open()
        # Of two states in a row: to compare the accounts of any two may take as long as a drawing does.
        may_wait = is_alike and not (is_open or self._menu_open) and now.has_accounts_of(before)
        if may_wait and not self._others_open() and self._is_told_by_icon(before):
            return
        # Not started anew by each change: a steady stream of changes would then never be drawn.
        if self._soon.isActive() and (may_wait or self._soon.remainingTime() <= _TOGETHER):
            return
        wait = max(_TOGETHER, round(self._cost * 1000 * (_SHARE if is_open else _SHARE_CLOSED)))
        if may_wait:
            wait = max(wait, _CHECKS_APART - round((self._clock.monotonic() - self._drawn_at) * 1000))
        if not self._soon.isActive() or wait < self._soon.remainingTime():
            self._soon.start(wait)


def _is_alike_beside_accounts(one: AppState, other: AppState) -> bool:
    return all(map(is_, _drawn_beside_accounts(one), _drawn_beside_accounts(other)))


def _is_only_checked(before: AppState | None, now: AppState) -> bool:
    """Whether both have the same accounts, and nothing that is drawn but what is known of these is another.

    No name may stay in a menu once it is hidden, or its account is gone: all rows can be read over D-Bus.
    """
    return before is not None and _is_alike_beside_accounts(before, now) and now.has_accounts_of(before)


def _single(parent: QObject, do: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    # A coarse timer may come 5 % early: three seconds before the minute, for nothing.
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(do)
    return timer
