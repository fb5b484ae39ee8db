"""Which language the command speaks: that of the settings, else that of the terminal."""

import locale
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from probe_tray.adapters.files.app_folders import user_places
from probe_tray.adapters.files.config_file import load_settings
from probe_tray.adapters.files.disk import Disk
from probe_tray.core.errors import ProbeError
from probe_tray.core.settings import Language
from probe_tray.resources import resource
from probe_tray.view.text.translate import Catalogue, Translator, parse_po

_SHIPPED = {"zh": "zh_CN", "chinese (simplified)": "zh_CN"}
"""Languages with a catalogue, by the first part of their code. English is in the program itself."""
_ENGLISH = frozenset({"en", "c", "posix"})


def spoken(language: Language, environment: Mapping[str, str]) -> Catalogue:
    """The words of ``language``; ``AUTO``: of the first language of the environment that is known, else English.

    English too where the streams have no letters for the other language.
    """
    wanted = [language.value] if language is not Language.AUTO else list(_wanted(environment))
    for code in wanted:
        first = code.replace("_", "-").partition("-")[0].partition(".")[0].lower()
        if first in _ENGLISH:
            break
        if first in _SHIPPED:
            return _read(_SHIPPED[first])
    return Catalogue()


def person_translator(config: str | None, disk: Disk) -> Translator:
    """What speaks before an action starts: as the settings in ``config`` or the usual place say; nothing is written."""
    language = Language.AUTO
    # Settings that can't be read are reported by the action that needs them.
    with suppress(ProbeError):
        path = user_places().config_file if config is None else Path(config)
        language = load_settings(path, disk=disk).settings.language
    return Translator(spoken(language, os.environ))


def _wanted(environment: Mapping[str, str]) -> Iterator[str]:
    """The languages in the order of preference, as gettext looks for them."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    if not chosen:
        # Windows has no such variables.
        yield locale.getlocale()[0] or ""
        return
    if chosen.partition(".")[0].lower() not in _ENGLISH:
        yield from (code for code in environment.get("LANGUAGE", "").split(":") if code)
    yield chosen


def _read(name: str) -> Catalogue:
    try:
        found = parse_po(resource(f"locale/{name}.po").read_text("utf-8"))
    except FileNotFoundError:
        return Catalogue()
    sample = "".join(found.texts.get("available", ("",)))
    for stream in (sys.stdout, sys.stderr):
        try:
            sample.encode(getattr(stream, "encoding", None) or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return Catalogue()
    return found
