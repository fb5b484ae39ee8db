"""Where a line may end inside a long word, such as an address or a path."""

import re
from collections.abc import Callable
from typing import Final

from PySide6.QtGui import QFontMetrics, QFontMetricsF

_LONG = re.compile(r"[!-~]{25,}")
_SERVER = re.compile(r"\w+://[\w.-]{,23}(?::\d+)?\W?")
"""Its address: no longer than any line."""
_BOUNDARY = re.compile(r"([/\\@._-])(?=.{6})")
"""Not before the few letters of an ending, such as "json"."""
_PIECE = re.compile("([^\u200b]{20})(?=[^\u200b])")
_MAY_END: Final = "\\1\u200b"
"""A space without a width: Qt ends a line at none but a space, a hyphen or a slash, and runs over the edge instead."""
_DOT, _STAYING_DOT = " · ", "\u00a0· "
_SHORT = 24
"""Letters of a part that always fits into one line."""
_LAST_WORD = re.compile(r"(?<=[^\s·]) (?=\S{1,12}$)", re.MULTILINE)
_LAST_WORDS = re.compile(r"(?<=[^\s·]) (?=(?=.{3,9}$)\S+\u00a0\S+$)", re.MULTILINE)
_LAST_SENTENCE = re.compile(r"(?<=[.!?] )[^.!?\n]{3,22}[.!?]$", re.MULTILINE)
"""Such as "Nothing was changed."."""
_LAST_CHINESE = re.compile(r"(?:[\u3000-\uffef]{4,6}|[\u3000-\uffef]{3}\u00a0\S{1,12})$", re.MULTILINE)
_NUMBER = re.compile(r"(?<!\S)(\d[\d.,]*) (?=[^\W\d])")
_UNIT = re.compile("(?<=\\d\u00a0)(?:小时|分钟)")
_REMARK = re.compile("（[^（）]{1,8}）")
_NAMED = re.compile(r"[!-~]*\w-[!-~]*")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_LEAST = 30
"""Letters of a text that may be broken at all."""
_PRODUCT = re.compile("Probe Tray")
_COMMAND = "codex-probe"
_RUN = re.compile("[!-~…]+")
_INSIDE = re.compile("(?<=[^\\w\\s])(?=[!-~…])|(?<=[!-~])(?=…[!-~])")
"""Where Qt may end a line in a word though nothing here allows it."""
_BETWEEN = re.compile(r"(?<=[\u3000-\uffef])(?=\S)|(?<=\S)(?=[\u3000-\uffef])")
_NO_END: Final = "\u2060"
"""No line ends here: between two Chinese letters one may otherwise."""


def breakable(text: str, fits: Callable[[str], bool] | None = None) -> str:
    """``text`` for a place where it is wrapped: its long words break behind their punctuation, or anywhere.

    A word that ``fits`` into one line doesn't break at all; without it, nobody knows how long a line is.

    Short parts between middle dots stay whole, no line begins with a dot, the last line has more than a short word, a
    number stays with what it counts, a short name with a number in it, such as "gpt-6-sol", stays whole, and so does a
    short remark in Chinese parentheses.
    """
    parts = text.split(_DOT)
    if len(parts) > 1:
        text = _STAYING_DOT.join(_whole(part) if len(part) <= _SHORT else part for part in parts)
    if len(text) >= _LEAST or _LAST_CHINESE.search(text):
        text = _UNIT.sub(_joined, _NUMBER.sub("\\1\u00a0", text))
        text = _REMARK.sub(lambda found: _whole(found[0]), text)
        text = _LAST_SENTENCE.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
        text = _LAST_CHINESE.sub(_joined, _LAST_WORDS.sub("\u00a0", _LAST_WORD.sub("\u00a0", text)))
    text = _PRODUCT.sub("Probe\u00a0Tray", _NAMED.sub(_unbroken, text))
    if fits is None:
        return _broken(text)

    def word(found: re.Match[str]) -> str:
        run, whole = found[0], unbreakable(found[0])
        # Most words break nowhere, and need not be measured.
        if whole == run and len(run) <= _SHORT:
            return run
        return whole if fits(run) else _broken(run)

    return _RUN.sub(word, text)


def breakable_in(text: str, metrics: QFontMetrics | QFontMetricsF, width: float) -> str:
    """``text`` for lines of this ``width``: only what is longer than a line is broken inside."""
    return breakable(text, lambda word: metrics.horizontalAdvance(word) <= width)


def unbreakable(word: str) -> str:
    """``word`` without any place where a line may end."""
    return _INSIDE.sub(_NO_END, word)


def _broken(text: str) -> str:
    def word(found: re.Match[str]) -> str:
        if _SERVER.fullmatch(found[0]):
            return unbreakable(found[0])
        return _PIECE.sub(_MAY_END, _BOUNDARY.sub(_MAY_END, found[0]))

    return _LONG.sub(word, text)


def _joined(found: re.Match[str]) -> str:
    return _BETWEEN.sub(_NO_END, found[0])


def _unbroken(word: re.Match[str]) -> str:
    if _LONG.fullmatch(word[0]) or not (_COMMAND in word[0] or any(map(str.isdigit, word[0]))):
        return word[0]
    return _HYPHEN.sub(f"-{_NO_END}", word[0])


def _whole(part: str) -> str:
    return _BETWEEN.sub(_NO_END, part.replace(" ", "\u00a0"))
