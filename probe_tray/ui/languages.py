"""Chooses the person's language and reads its catalogue."""

from collections.abc import Sequence

from PySide6.QtCore import QLocale

from probe_tray.resources import resource
from probe_tray.view.catalogue import parse_po
from probe_tray.view.translate import Translator

_SHIPPED = {"zh": "zh_CN"}
"""Languages with a catalogue, by the first part of their code. English is in the program itself."""


def load_translator(wanted: Sequence[str] | None = None) -> Translator:
    """The translator for the first language that is known among ``wanted`` (codes such as ``zh-Hans-CN``).

    Without ``wanted``, the languages of the person's system, in their order. English where none of them is known.
    """
    for code in QLocale.system().uiLanguages() if wanted is None else wanted:
        language = code.replace("_", "-").split("-")[0].lower()
        if language == "en":
            break
        if language in _SHIPPED:
            path = resource(f"locale/{_SHIPPED[language]}.po")
            return Translator(parse_po(path.read_text("utf-8")))
    return Translator()
