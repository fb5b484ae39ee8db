"""Reads a translation catalogue in gettext's text form (.po), so that nothing has to be compiled."""

import ast
import re

import msgspec

_ONE_FORM, _TWO_FORMS = 1, 2
_PLURALS = re.compile(r"nplurals\s*=\s*(\d+)")


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of one language."""

    language: str = "en"
    forms: int = _TWO_FORMS
    """Plural forms: 1 where the language has none, 2 where one thing is told from several."""
    texts: dict[str, tuple[str, ...]] = {}
    """English text (its singular) to the translations, one for each plural form."""


def parse_po(source: str) -> Catalogue:
    """The catalogue in ``source``; entries without a translation are left out.

    Raises ValueError for a line that is none of the format's, and for plural rules other than one form, or two as in
    English.
    """
    texts: dict[str, tuple[str, ...]] = {}
    header = ""
    for fields in _entries(source):
        original = fields.get("msgid", "")
        forms = tuple(v for k, v in fields.items() if k.startswith("msgstr"))
        if not original:
            header = "".join(forms)
        elif all(forms):
            texts[original] = forms
    language = re.search(r"^Language:\s*(\S+)", header, re.MULTILINE)
    plurals = _PLURALS.search(header)
    count = int(plurals.group(1)) if plurals else _TWO_FORMS
    if count not in {_ONE_FORM, _TWO_FORMS}:
        raise ValueError(f"plural rules with {count} forms are not known here")
    return Catalogue(language=language.group(1) if language else "en", forms=count, texts=texts)


def _entries(source: str) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = []
    field = ""
    for number, raw in enumerate(source.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        keyword, quote, rest = line.partition('"')
        if not quote or not rest.endswith('"'):
            raise ValueError(f"line {number} of the catalogue cannot be read")
        name = keyword.strip()
        if name == "msgid":
            entries.append({})
        if name:
            field = name
        if not entries or not (field == "msgid" or field.startswith(("msgid_plural", "msgstr"))):
            raise ValueError(f"line {number} of the catalogue cannot be read")
        entry = entries[-1]
        # The escapes of the format are those of Python's own strings.
        entry[field] = entry.get(field, "") + str(ast.literal_eval(quote + rest))
    return entries
