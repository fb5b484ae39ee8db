"""Part of a sentence that can be said in another language later."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Self


class Phrase(str):
    """Part of a sentence, such as a reason, with the template and the values that it was made of.

    As text it is English, for logs, files and comparisons; a view renders template and values in the person's language.
    A value may be a phrase itself. Text that comes from elsewhere (a path, a name) stays plain ``str``.
    """

    __slots__ = ("is_clause", "template", "values")

    template: str
    values: tuple[tuple[str, str], ...]
    is_clause: bool
    """Whether the template is a whole sentence, whose full stop is left out."""

    def __new__(cls, template: str, /, **values: str) -> Self:
        """The phrase ``template`` with its named ``values``."""
        return cls._made(template, values, is_clause=False)

    @classmethod
    def clause(cls, sentence: str, values: Mapping[str, str]) -> Self:
        """A whole sentence as part of another one: without its full stop."""
        return cls._made(sentence, values, is_clause=True)

    @classmethod
    def _made(cls, template: str, values: Mapping[str, str], *, is_clause: bool) -> Self:
        text = template.format_map(values) if values else template
        made = super().__new__(cls, text.removesuffix(".") if is_clause else text)
        made.template, made.values, made.is_clause = template, tuple(values.items()), is_clause
        return made

    def changed(self, change: Callable[[str], str]) -> "Phrase":
        """The same phrase with ``change`` done to each of its values."""
        values = {name: changed(value, change) for name, value in self.values}
        return Phrase._made(self.template, values, is_clause=self.is_clause)


def changed(text: str, change: Callable[[str], str]) -> str:
    """What ``change`` makes of plain text, or of the values in a phrase."""
    return text.changed(change) if isinstance(text, Phrase) else change(text)


def any_of(choices: Iterable[str]) -> str:
    """One text for at least one choice: "this or that"."""
    return reduce(lambda one, other: Phrase("{one} or {other}", one=one, other=other), choices)


def all_of(parts: Iterable[str]) -> str:
    """One text for at least one part: "this, this and that"."""
    *others, last = parts
    if not others:
        return last
    listed = reduce(lambda one, other: Phrase("{one}, {other}", one=one, other=other), others)
    return Phrase("{one} and {other}", one=listed, other=last)
