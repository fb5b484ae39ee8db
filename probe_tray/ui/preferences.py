"""Chooses the person's language, reads its catalogue, and has Qt's own words follow."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from probe_tray.core.settings import Language
from probe_tray.resources import resource
from probe_tray.ui.engine import EngineProtocol
from probe_tray.ui.theme import Theme
from probe_tray.view.text.translate import Catalogue, Translator, parse_po


class PreferenceWatch:
    """Watches the settings from now on."""

    def __init__(
        self,
        app: QApplication,
        engine: EngineProtocol,
        theme: Theme,
        translator: Translator,
        retranslate: Callable[[], None],
    ) -> None:
        """``translator`` speaks the settings' language already; ``retranslate`` is called once it speaks another."""
        self._engine = engine
        self._theme = theme
        self._retranslate = retranslate
        self._languages = LanguageSwitcher(app, translator, engine.state.settings.language)
        theme.set_appearance(engine.state.settings.appearance)
        self._unsubscribe = engine.subscribe(self._follow)

    def close(self) -> None:
        """Watch no more, and leave Qt as it was."""
        self._unsubscribe()
        self._languages.close()

    def _follow(self) -> None:
        settings = self._engine.state.settings
        self._theme.set_appearance(settings.appearance)
        if self._languages.use(settings.language):
            self._retranslate()


_SHIPPED = {"zh": "zh_CN"}
"""Languages with a catalogue, by the first part of their code. English is in the program itself."""


def system_languages() -> Sequence[str]:
    """What the person's system speaks, in the order of preference: codes such as ``zh-Hans-CN``."""
    return QLocale.system().uiLanguages()


def load_catalogue(language: Language, system: Sequence[str]) -> Catalogue:
    """The words of ``language``; ``AUTO``: of the first language of the system that is known, else English.

    ``system`` is what :func:`system_languages` gives.
    """
    for code in system if language is Language.AUTO else (language.value,):
        first = code.replace("_", "-").split("-")[0].lower()
        if first == "en":
            break
        if first in _SHIPPED:
            return parse_po(resource(f"locale/{_SHIPPED[first]}.po").read_text("utf-8"))
    return Catalogue()


class LanguageSwitcher:
    """Switches the language while the program runs."""

    def __init__(self, app: QApplication, translator: Translator, language: Language) -> None:
        """``translator`` speaks ``language`` already."""
        self._app = app
        self._translator = translator
        self._language = language
        self._qt = QTranslator(app)
        self._teach_qt()

    def use(self, language: Language) -> bool:
        """Speak it from now on; whether that is another one than before."""
        if language is self._language:
            return False
        self._language = language
        self._translator.use(load_catalogue(language, system_languages()))
        self._teach_qt()
        return True

    def close(self) -> None:
        """Have Qt speak English again."""
        self._app.removeTranslator(self._qt)

    def _teach_qt(self) -> None:
        # The words of file dialogs and of the menus in text fields.
        self._app.removeTranslator(self._qt)
        if self._translator.language == "en":
            return
        from PySide6.QtCore import QLibraryInfo

        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._qt.load(f"qtbase_{self._translator.language}", folder):
            self._app.installTranslator(self._qt)
