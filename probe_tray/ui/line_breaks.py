"""Where a line may end inside a long word, such as an address or a path."""

import re
from typing import Final

_LONG = re.compile(r"[!-~]{25,}")
_BOUNDARY = re.compile(r"([/\\@._-])(?=.)")
_PIECE = re.compile("([^\u200b]{20})(?=[^\u200b])")
_MAY_END: Final = "\\1\u200b"
"""A space without a width: Qt ends a line at none but a space, a hyphen or a slash, and runs over the edge instead."""


def breakable(text: str) -> str:
    """``text`` for a place where it is wrapped: its long words break behind their punctuation, or anywhere."""
    return _LONG.sub(lambda word: _PIECE.sub(_MAY_END, _BOUNDARY.sub(_MAY_END, word[0])), text)
