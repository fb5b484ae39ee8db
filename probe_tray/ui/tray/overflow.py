"""Tells once where Windows 11 hides the icon: behind an arrow, until somebody drags it out."""

import sys
from collections.abc import Callable

from msgspec.structs import replace

from probe_tray.core.commands import Arrange
from probe_tray.ui.engine import Engine
from probe_tray.ui.tray.tray import TrayIcon
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.overflow import overflow_words

_WINDOWS_11 = 22_000
"""Its first build."""


def hides_new_icons() -> bool:
    """Whether this system hides the icons of programs that it has not met before."""
    return sys.platform == "win32" and sys.getwindowsversion().build >= _WINDOWS_11


class OverflowHint:
    """Waits until the icon is there and it is known that nobody was told before; then says it, and remembers that."""

    def __init__(self, engine: Engine, tray: TrayIcon, translator: Translator, *, hidden: Callable[[], bool]) -> None:
        """Say it at ``tray``. ``hidden`` tells whether this system hides new icons."""
        self._engine, self._tray, self._translator = engine, tray, translator
        self._stop: Callable[[], None] | None = None
        if hidden():
            self._stop = engine.subscribe(self._look)
            tray.appeared.connect(self._look)

    def close(self) -> None:
        """Say nothing any more."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def _look(self) -> None:
        state = self._engine.state
        if self._stop is None or not state.loaded or not self._tray.present:
            return
        self.close()
        if not state.desk.overflow_told:
            words = overflow_words(self._translator)
            self._tray.message(words.title, words.text)
            self._engine.send(Arrange(replace(state.desk, overflow_told=True)))
