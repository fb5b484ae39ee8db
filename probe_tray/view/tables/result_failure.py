"""What every JSON result of ``codex-probe`` has in common: how it is written, and how a failure looks in it."""

from collections.abc import Mapping
from typing import cast

import msgspec

from probe_tray.core.errors import Problem
from probe_tray.view.text.translate import Translator


class ResultFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A failure, in English whatever the person speaks."""

    kind: str
    """The cause, such as ``TokenRefused``: the name of its class without "Error", the same in every result."""
    title: str
    hint: str
    retry_after_seconds: float | None
    needs_login: bool


def result_failure(problem: Problem, t: Translator) -> ResultFailure:
    """``problem`` as results have it; its hint is what is to be said there. ``t`` speaks English."""
    return ResultFailure(
        kind=problem.name.removesuffix("Error"),
        title=t.title(problem),
        hint=t.hint(problem),
        retry_after_seconds=problem.retry_after,
        needs_login=problem.kind.needs_login,
    )


def json_result(result: msgspec.Struct) -> bytes:
    """``result`` indented by two spaces, with a final newline; what is no text is replaced by ``?``."""
    try:
        encoded = msgspec.json.encode(result)
    except UnicodeEncodeError:
        # The name of a file may hold bytes that are no text, which JSON can't carry.
        encoded = msgspec.json.encode(_sendable(msgspec.to_builtins(result)))
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _sendable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {name: _sendable(held) for name, held in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_sendable(held) for held in cast("list[object]", value)]
    return value
