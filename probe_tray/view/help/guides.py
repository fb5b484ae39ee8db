"""The guides that ship with the program, and the words around them."""

import msgspec

from probe_tray.view.text.translate import Translator

FIRST_PAGE = "index.md"
_FOLDER = "help"
_TRANSLATED = frozenset({"zh_CN"})
"""Languages with guides of their own, each in a folder of its name."""


class Guides(msgspec.Struct, frozen=True, kw_only=True):
    """The window."""

    window_title: str
    name: str
    """What a screen reader calls the page."""
    about: str
    first_page: str
    """Among the files that ship, in the person's language; the other pages are linked from it."""
    search_hint: str
    not_found: str
    contents: str
    back: str
    close: str


def help_view(t: Translator) -> Guides:
    """What the window says, and where it begins."""
    folder = f"{_FOLDER}/{t.language}" if t.language in _TRANSLATED else _FOLDER
    return Guides(
        window_title=t("Help and guides"),
        name=t("Guide"),
        about=t("How to use Probe Tray. Press Tab to go to a link and Enter to open it."),
        first_page=f"{folder}/{FIRST_PAGE}",
        search_hint=t("Search the guides"),
        not_found=t("No guide contains this text."),
        contents=t("&Contents"),
        back=t("&Back"),
        close=t("Close"),
    )
