"""Between state and windows: many changes become one drawing, and time passing is a change too."""

from collections.abc import Callable
from datetime import tzinfo

from PySide6.QtCore import QObject, Qt, QTimer

from probe_tray.ports.time import Clock
from probe_tray.ui.engine import EngineProtocol
from probe_tray.view.presenter import Presenter
from probe_tray.view.screen import ClosedScreen, ScreenOptions
from probe_tray.view.text.translate import Translator

_TOGETHER = 50
"""Milliseconds."""
_SHARE, _SHARE_CLOSED = 4, 24
"""How many times as long as a drawing takes the next one waits: at most a fifth of one core, with the panel open."""
_MINUTE, _WHILE_LOGIN = 60_000, 10_000
_AFTER = 200
"""Milliseconds past the minute, so that a coarse timer does not fire just before it."""


class Bridge(QObject):
    """Draws the state with ``render``: soon after a change, at most a fifth of the time, and at every full minute."""

    def __init__(
        self,
        parent: QObject,
        engine: EngineProtocol,
        clock: Clock,
        zone: tzinfo,
        translator: Translator,
        render: Callable[[ClosedScreen], None],
        panel_open: Callable[[], bool],
    ) -> None:
        """Follow ``engine`` from now on. ``render`` gets a ``Screen``, with a panel, only while the panel is open."""
        super().__init__(parent)
        self._engine = engine
        self._clock = clock
        self._presenter = Presenter(zone, translator)
        self._options = ScreenOptions()
        self._render = render
        self._panel_open = panel_open
        self._cost = 0.0
        self._soon = _single(self, self.draw)
        self._tick = _single(self, self.draw)
        self._unsubscribe = engine.subscribe(self._changed)

    def draw(self, *, opening: bool = False) -> None:
        """Draw now; the panel too where it is ``opening``."""
        self._soon.stop()
        started = self._clock.monotonic()
        now = self._clock.now()
        state, presenter = self._engine.state, self._presenter
        shown = opening or self._panel_open()
        screen = presenter.present(state, now, self._options) if shown else presenter.present_closed(state, now)
        self._render(screen)
        self._cost = self._clock.monotonic() - started
        into = now.second * 1000 + now.microsecond // 1000
        wait = _MINUTE - into + _AFTER
        login_waits = screen.login is not None and not screen.login.failed
        self._tick.start(min(wait, _WHILE_LOGIN) if login_waits else wait)

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
        self._soon.stop()
        self._tick.stop()

    def _changed(self) -> None:
        # Not started anew by each change: a steady stream of changes would then never be drawn.
        if not self._soon.isActive():
            share = _SHARE if self._panel_open() else _SHARE_CLOSED
            self._soon.start(max(_TOGETHER, round(self._cost * 1000 * share)))


def _single(parent: QObject, do: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    # A coarse timer may come 5 % early: three seconds before the minute, for nothing.
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(do)
    return timer
