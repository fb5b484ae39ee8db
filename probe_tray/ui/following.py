"""Has language and appearance follow the settings while the program runs."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from probe_tray.ui.engine import Engine
from probe_tray.ui.preferences import Languages
from probe_tray.ui.theme import Theme
from probe_tray.view.text.translate import Translator


class Following:
    """Watches the settings from now on."""

    def __init__(
        self, app: QApplication, engine: Engine, theme: Theme, translator: Translator, retell: Callable[[], None]
    ) -> None:
        """``translator`` speaks the settings' language already; ``retell`` is called once it speaks another."""
        self._engine = engine
        self._theme = theme
        self._retell = retell
        self._languages = Languages(app, translator, engine.state.settings.language)
        theme.wear(engine.state.settings.appearance)
        self._unsubscribe = engine.subscribe(self._follow)

    def close(self) -> None:
        """Watch no more, and leave Qt as it was."""
        self._unsubscribe()
        self._languages.close()

    def _follow(self) -> None:
        settings = self._engine.state.settings
        self._theme.wear(settings.appearance)
        if self._languages.use(settings.language):
            self._retell()
