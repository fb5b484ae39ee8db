"""JSON text that is changed in place: what is not changed keeps its bytes, order, numbers, escapes and white space.

A reader of its own (RFC 8259) instead of a library's, for three reasons: it knows where each value stands, its errors
are sentences that hold nothing of the text (a library's may print a token), and it says which hostile thing it met.
"""

import json
import re
from typing import cast

import msgspec

from probe_tray.core.errors import Phrase

MAX_DEPTH = 64
MAX_DIGITS = 400
"""No number of any format comes near; longer ones make other programs fail."""

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NOT_JSON = re.compile(r"-?(?:NaN|Infinity|nan|inf)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LITERALS = {"true": True, "false": False, "null": None}


class JsonTextError(ValueError):
    """Text that is no JSON, or hostile JSON; the reason holds none of the text."""

    def __init__(self, reason: Phrase, in_a_line: Phrase | None = None) -> None:
        """``in_a_line`` is the reason where the text is one line of a larger one, whose number it does not know."""
        super().__init__(reason)
        self.reason = reason
        self.in_a_line = in_a_line or reason


class Number(msgspec.Struct, frozen=True):
    """A number as it was written."""

    text: str


class Scalar(msgspec.Struct, frozen=True):
    """Text, a number, true, false or null, and its place."""

    start: int
    end: int
    value: str | Number | bool | None

    def __repr__(self) -> str:
        return "Scalar(…)"


class Array(msgspec.Struct, frozen=True):
    """A list and its place."""

    start: int
    end: int
    items: tuple["Node", ...]


class Member(msgspec.Struct, frozen=True):
    """A key of an object with its value; ``start`` is the place of the key."""

    start: int
    key: str
    value: "Node"

    def __repr__(self) -> str:
        return "Member(…)"


class Object(msgspec.Struct, frozen=True):
    """An object and its place."""

    start: int
    end: int
    members: tuple[Member, ...]

    def get(self, key: str) -> "Node | None":
        """The value of ``key``; of a repeated key the last one, as most programs read it."""
        for member in reversed(self.members):
            if member.key == key:
                return member.value
        return None


Node = Scalar | Array | Object


def parse(text: str) -> Node:
    """The one value that ``text`` holds. Raises JsonTextError."""
    node = _value(text, _skip(text, 0), 0)
    if _skip(text, node.end) != len(text):
        raise _unexpected(text, _skip(text, node.end))
    return node


def quote(value: str) -> str:
    """``value`` as JSON text, not escaping more than it must."""
    return json.dumps(value, ensure_ascii=False)


def set_member(text: str, path: tuple[str, ...], raw: str | None, *, after: tuple[str, ...] = ()) -> str:
    """``text`` with the value at ``path`` replaced by the JSON ``raw``, or without it where ``raw`` is None.

    A key that is not there is added in the style of its neighbours behind the last present one of ``after``, or in
    front where none of them is present. Raises JsonTextError, and KeyError where the path leads through no object.
    """
    *parents, key = path
    node = parse(text)
    for name in parents:
        found = node.get(name) if isinstance(node, Object) else None
        if not isinstance(found, Object):
            raise KeyError(name)
        node = found
    if not isinstance(node, Object):
        raise KeyError(key)
    members = node.members
    at = max((i for i, m in enumerate(members) if m.key == key), default=None)
    if at is None:
        return text if raw is None else _insert(text, node, f"{quote(key)}{_colon(text, node)}{raw}", after)
    if raw is not None:
        return text[: members[at].value.start] + raw + text[members[at].value.end :]
    if at > 0:
        return text[: members[at - 1].value.end] + text[members[at].value.end :]
    if len(members) > 1:
        return text[: members[0].start] + text[members[1].start :]
    return text[: node.start] + "{}" + text[node.end :]


def _insert(text: str, node: Object, member: str, after: tuple[str, ...]) -> str:
    members = list(node.members)
    if not members:
        return text[: node.start] + "{" + member + "}" + text[node.end :]
    behind = max((i for i, m in enumerate(members) if m.key in after), default=None)
    # The white space in front of the second key is the style between members; a single one shows only its own.
    gap = _gap_before(text, members[1 if len(members) > 1 else 0].start)
    if behind is None:
        return text[: members[0].start] + member + "," + gap + text[members[0].start :]
    end = members[behind].value.end
    return text[:end] + "," + gap + member + text[end:]


def _colon(text: str, node: Object) -> str:
    first = next(iter(node.members), None)
    if first is None:
        return ":"
    between = text[first.start : first.value.start]
    return between[between.rindex(":") :] if between.rstrip().endswith(":") else ":"


def _gap_before(text: str, place: int) -> str:
    start = place
    while start and text[start - 1] in " \t\r\n":
        start -= 1
    return text[start:place]


def _skip(text: str, place: int) -> int:
    if text[place : place + 1] > " ":
        # Most often there is none, and a search costs more than this look.
        return place
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _value(text: str, place: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise JsonTextError(Phrase("it is nested more than {n} levels deep", n=str(MAX_DEPTH)))
    start = text[place : place + 1]
    if start == "{":
        return _object(text, place, depth)
    if start == "[":
        return _array(text, place, depth)
    if start == '"':
        end, value = _string(text, place)
        return Scalar(place, end, value)
    for word, literal in _LITERALS.items():
        if text.startswith(word, place):
            return Scalar(place, place + len(word), literal)
    if _NOT_JSON.match(text, place):
        raise JsonTextError(Phrase("it contains NaN or Infinity, which JSON doesn't allow"))
    if found := _NUMBER.match(text, place):
        if found.end() - place > MAX_DIGITS:
            raise JsonTextError(Phrase("it contains a number with more than {n} digits", n=str(MAX_DIGITS)))
        return Scalar(place, found.end(), Number(found.group()))
    raise _unexpected(text, place)


def _object(text: str, start: int, depth: int) -> Object:
    members: list[Member] = []
    place = _skip(text, start + 1)
    while text[place : place + 1] != "}":
        if members:
            place = _expect(text, place, ",")
        if text[place : place + 1] != '"':
            raise _unexpected(text, place)
        end, key = _string(text, place)
        value = _value(text, _expect(text, _skip(text, end), ":"), depth + 1)
        members.append(Member(place, key, value))
        place = _skip(text, value.end)
    return Object(start, place + 1, tuple(members))


def _array(text: str, start: int, depth: int) -> Array:
    items: list[Node] = []
    place = _skip(text, start + 1)
    while text[place : place + 1] != "]":
        if items:
            place = _expect(text, place, ",")
        items.append(_value(text, place, depth + 1))
        place = _skip(text, items[-1].end)
    return Array(start, place + 1, tuple(items))


def _string(text: str, place: int) -> tuple[int, str]:
    found = _STRING.match(text, place)
    if not found:
        raise JsonTextError(
            Phrase("unterminated or broken string in line {n}", n=_line(text, place)),
            Phrase("unterminated or broken string"),
        )
    end = found.end()
    value = text[place + 1 : end - 1]
    if "\\" in value:
        value = cast("str", json.loads(found.group()))
        if "\0" in value:
            raise JsonTextError(Phrase("it contains a NUL character"))
    if not value.isascii() and _SURROGATE.search(value):
        raise JsonTextError(Phrase("it contains half a character (a lone surrogate)"))
    return end, value


def _expect(text: str, place: int, mark: str) -> int:
    if text[place : place + 1] != mark:
        raise _unexpected(text, place)
    return _skip(text, place + 1)


def _unexpected(text: str, place: int) -> JsonTextError:
    if place >= len(text):
        return JsonTextError(Phrase("it is cut off") if text.strip() else Phrase("it is empty"))
    return JsonTextError(Phrase("not valid JSON (line {n})", n=_line(text, place)), Phrase("not valid JSON"))


def _line(text: str, place: int) -> str:
    return str(text.count("\n", 0, place) + 1)
