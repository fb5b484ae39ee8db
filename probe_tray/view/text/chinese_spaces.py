"""The spaces between Chinese letters and facts in Latin ones."""

import re
from collections.abc import Mapping

_BEFORE_WORD = re.compile(r"(?<=[\u4e00-\u9fff])(?=\{(\w+)\})")
_AFTER_WORD = re.compile(r"\{(\w+)\}(?=[\u4e00-\u9fff])")


def spaced(text: str, facts: Mapping[str, str]) -> str:
    """``text`` with a space between a Chinese letter and a fact that is a Latin word on that side."""
    text = _BEFORE_WORD.sub(lambda found: " " if _is_latin(facts.get(found[1], ""), 0) else "", text)
    return _AFTER_WORD.sub(lambda found: f"{found[0]} " if _is_latin(facts.get(found[1], ""), -1) else found[0], text)


def _is_latin(fact: str, end: int) -> bool:
    """Whether ``fact`` is a word at this ``end``, such as a name; numbers have their spaces in the translation."""
    is_word = any(letter.isascii() and letter.isalpha() for letter in fact)
    return is_word and fact[end].isascii() and fact[end].isalnum()
