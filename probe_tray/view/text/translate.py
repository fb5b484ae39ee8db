"""Turns English sentences with named facts into the person's language."""

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import final

import msgspec

from probe_tray.core.errors import Phrase, Problem

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
    # The escapes of the format are those of Python's own strings. Imported here: English has no catalogue.
    from ast import literal_eval

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
        entry[field] = entry.get(field, "") + str(literal_eval(quote + rest))
    return entries


class _SentenceFacts(dict[str, str]):
    """Facts of a sentence; one that is missing is shown as missing and never raises."""

    def __missing__(self, key: str) -> str:
        return "–"


@final
class Translator:
    """``t("in {time}", time=…)``, ``t.plural("{n} day", "{n} days", 3)``; English where there is no translation."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        """Translate with ``catalogue``; without one, speak English."""
        self._catalogue = catalogue or Catalogue()

    def use(self, catalogue: Catalogue) -> None:
        """Speak another language from now on; what is drawn next is drawn in it."""
        self._catalogue = catalogue

    @property
    def language(self) -> str:
        """The language's code, such as ``en`` or ``zh_CN``."""
        return self._catalogue.language

    def __call__(self, text: str, /, **facts: str) -> str:
        """``text`` in the person's language with its facts filled in."""
        found = self._catalogue.texts.get(text)
        return _fill(found[0] if found else text, facts)

    def plural(self, one: str, many: str, n: int, /, **facts: str) -> str:
        """The sentence for ``n`` things, which stands in it as ``{n}``."""
        found = self._catalogue.texts.get(one)
        single = n == 1
        if found is None:
            text = one if single else many
        else:
            text = found[0] if self._catalogue.forms == _ONE_FORM or single else found[-1]
        return _fill(text, {**facts, "n": str(n)})

    def title(self, problem: Problem) -> str:
        """What happened."""
        return self(problem.title, **self._facts(problem))

    def hint(self, problem: Problem) -> str:
        """What to do about it."""
        return self(problem.hint, **self._facts(problem))

    def told(self, problem: Problem) -> str:
        """What happened, and what to do about it."""
        return self.joined((self.title(problem), self.hint(problem)))

    def joined(self, sentences: Iterable[str]) -> str:
        """One after the other, without those that are empty: not every script puts a space between sentences."""
        said = [sentence for sentence in sentences if sentence]
        return reduce(lambda one, two: self(_TWO, first=one, second=two), said) if said else ""

    def _facts(self, problem: Problem) -> dict[str, str]:
        return {name: self.said(value) for name, value in problem.facts}

    def said(self, value: str) -> str:
        """A phrase in the person's language; other text comes from elsewhere and stays as it is."""
        if not isinstance(value, Phrase):
            return value
        text = self(value.template, **{name: self.said(inner) for name, inner in value.values})
        return text.rstrip(_FULL_STOPS) if value.is_clause else text


def mark(text: str) -> str:
    """Names a text for the catalogue where it stands in a table and is translated later."""
    return text


_TWO = mark("{first} {second}")
_FULL_STOPS = ".。"


_FIRST_CHINESE = "\u4e00"


def _fill(text: str, facts: Mapping[str, str]) -> str:
    if "{" not in text:
        return text
    # A thousand cards are full of dots between two facts, which are no Chinese.
    if not text.isascii() and max(text) >= _FIRST_CHINESE:
        # Only here: to make its patterns takes 3 ms of a start.
        from probe_tray.view.text.chinese_spaces import spaced

        text = spaced(text, facts)
    return text.format_map(_SentenceFacts(facts))
