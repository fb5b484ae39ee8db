"""Reading JSON of a service that drifts: what can be understood is kept, the rest is missing, nothing raises.

Service fact: numbers also come as strings, and a malformed element stands among good ones.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import cast

from probe_tray.core.errors import StrangeAnswerError

_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{0,20})?([eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST_INTEGER = 18
_LONGEST_TEXT = 200


def json_object(body: bytes, *, status: int = 200) -> Mapping[str, object]:
    """The JSON object in ``body``.

    Raises StrangeAnswerError (with ``status``) when it is none, or nested too deeply to be read. NaN and Infinity are
    read as null, and integers too long to be meant are read as a float, so that neither hides what stands beside it.
    """
    try:
        found: object = _LENIENT.decode(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise StrangeAnswerError(status=str(status)) from None
    if not isinstance(found, dict):
        raise StrangeAnswerError(status=str(status))
    return cast("Mapping[str, object]", found)


def object_in(body: bytes) -> Mapping[str, object] | None:
    """As :func:`json_object`, None where there is none."""
    try:
        return json_object(body)
    except StrangeAnswerError:
        return None


def mapping(value: object) -> Mapping[str, object]:
    """``value`` where it is an object, else an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[object]:
    """``value`` where it is a list, else an empty one."""
    return cast("Sequence[object]", value) if isinstance(value, list) else ()


def number(value: object) -> float | None:
    """A finite number, also out of a string; None for everything else."""
    if isinstance(value, str):
        stripped = value.strip()
        if not _NUMBER.fullmatch(stripped):
            return None
        value = float(stripped)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    """As :func:`number`, cut to a whole number."""
    found = number(value)
    return None if found is None else int(found)


def flag(value: object) -> bool | None:
    """True or false, also as a word; None for everything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def text(value: object) -> str:
    """Printable text of at most 200 characters; empty for everything else.

    Characters that cannot be shown are left out: line breaks, control characters, lone surrogates.
    """
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value[: 4 * _LONGEST_TEXT] if c.isprintable()).strip()[:_LONGEST_TEXT]


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _nothing(_constant: str) -> None:
    """NaN and Infinity."""


_LENIENT = json.JSONDecoder(parse_int=_integer, parse_constant=_nothing)
