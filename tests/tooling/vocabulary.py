"""Finds names in the source that only those who wrote it understand."""

import ast
import re
from collections.abc import Iterator
from typing import Final

# Word -> what the field calls it. Each of them was in use once, or is forbidden by the rules for names.
PRIVATE_WORDS: Final = {
    "anew": "again, or reset",
    "deaf": "not listening",
    "desk": "what it does: a service, a controller",
    "door": "socket, listener",
    "dress": "style",
    "floor": "layer",
    "heard": "received",
    "hear": "receive, listen",
    "holdings": "logins, accounts",
    "house": "package",
    "hush": "discard",
    "keeping": "storage, retained",
    "knock": "connect",
    "mending": "remedy",
    "misfit": "fault",
    "newcomers": "new accounts",
    "saying": "text",
    "scout": "first check",
    "scouted": "first check",
    "standing": "status",
    "tend": "process",
    "tending": "processing",
    "thank": "confirm",
    "thanking": "confirming",
    "town": "arrangement",
    "wear": "use",
    "wish": "request, command, options",
    "wishes": "requests",
}

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def private_words(module: str, tree: ast.AST) -> list[str]:
    """Return the names of a module, and those it defines, with words of :data:`PRIVATE_WORDS`, and their lines.

    Names of tests are sentences, so they are left out.
    """
    named = [(0, module.rpartition(".")[2]), *_defined(tree)]
    return [
        f"line {line}: {name} ({PRIVATE_WORDS[word]})"
        for line, name in named
        if not name.startswith("test_")
        for word in map(str.lower, _WORD.findall(name))
        if word in PRIVATE_WORDS
    ]


def _defined(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case _:
                continue
