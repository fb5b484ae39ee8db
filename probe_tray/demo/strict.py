"""Strict reading of parameters: whatever the specification does not name is an error, and so is saying it twice."""

import json
from collections.abc import Iterable, Sequence
from typing import TypeVar, cast
from urllib.parse import parse_qsl

from probe_tray.demo.messages import JSON_TYPE, Request, Strange

FORM_TYPE = "application/x-www-form-urlencoded"

_T = TypeVar("_T")


def query(request: Request, *, required: Iterable[str] = ()) -> dict[str, str]:
    """The query's parameters: exactly ``required``, each once."""
    return _checked(_pairs(request.query, "query"), required, "query parameter")


def form(request: Request, *, required: Iterable[str]) -> dict[str, str]:
    """The form body's fields: exactly ``required``, each once, in a body declared as a form."""
    return _checked(form_pairs(request), required, "form field")


def form_pairs(request: Request) -> list[tuple[str, str]]:
    """The form body's fields as sent, in a body declared as a form."""
    query(request)
    _need_type(request, FORM_TYPE)
    return _pairs(_text(request.body), "form")


def json_object(request: Request, *, required: Iterable[str]) -> dict[str, object]:
    """The JSON body's members: exactly ``required``, each once, in a body declared as JSON."""
    query(request)
    _need_type(request, JSON_TYPE)
    try:
        decoded: object = json.loads(_text(request.body), object_pairs_hook=_Pairs)
    except ValueError:
        msg = "the body is not JSON"
        raise Strange(msg) from None
    if not isinstance(decoded, _Pairs):
        msg = "the body is not a JSON object"
        raise Strange(msg)
    members = _checked(decoded, required, "JSON member")
    return {name: _plain(value) for name, value in members.items()}


def json_strings(request: Request, *, required: Iterable[str]) -> dict[str, str]:
    """As ``json_object``, and every value is a string."""
    members = json_object(request, required=required)
    for name, value in members.items():
        if not isinstance(value, str):
            msg = f"JSON member {name} is not a string"
            raise Strange(msg)
    return cast("dict[str, str]", members)


def no_body(request: Request) -> None:
    """Refuse a body where the specification has none."""
    if request.body:
        msg = "a body where none belongs"
        raise Strange(msg)


class _Pairs(list[tuple[str, object]]):
    """A JSON object as it was written, so that a repeated name is still visible."""


def _plain(value: object) -> object:
    if isinstance(value, _Pairs):
        return {name: _plain(item) for name, item in _checked(value, dict(value), "JSON member").items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[object]", value)]
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        msg = "the body is not UTF-8"
        raise Strange(msg) from None


def _need_type(request: Request, wanted: str) -> None:
    if request.media_type != wanted:
        msg = f"content type {request.media_type or '(none)'} instead of {wanted}"
        raise Strange(msg, status=415)


def _pairs(text: str, where: str) -> list[tuple[str, str]]:
    if not text:
        return []
    try:
        return parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        msg = f"the {where} is not well formed"
        raise Strange(msg) from None


def _checked(pairs: Sequence[tuple[str, _T]], required: Iterable[str], kind: str) -> dict[str, _T]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated = sorted({name for name in found if sum(name == other for other, _ in pairs) > 1})
        msg = f"repeated {kind} {', '.join(repeated)}"
        raise Strange(msg)
    wanted = set(required)
    if missing := sorted(wanted - found.keys()):
        msg = f"missing {kind} {', '.join(missing)}"
        raise Strange(msg)
    if extra := sorted(found.keys() - wanted):
        msg = f"unknown {kind} {', '.join(extra)}"
        raise Strange(msg)
    return found
