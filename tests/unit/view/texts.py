"""Which texts of the program need a translation, read from its source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import probe_tray
from probe_tray.core import errors
from probe_tray.core.errors import ProbeError
from probe_tray.core.settings import table

_ROOT = Path(probe_tray.__file__).parent
_WORDED = frozenset({"reason", "missing", "found", "allowed", "away", "party", "what"})
"""Facts that are words of the program; the others are names, paths and numbers."""


def needed() -> dict[str, str]:
    """Every text that a view or the command translates, with its plural where it has one, else an empty string."""
    found: dict[str, str] = {}
    for path in sorted(path for room in ("view", "cli") for path in (_ROOT / room).rglob("*.py")):
        found.update(_translated(ast.parse(path.read_text("utf-8"))))
    for path in sorted(_ROOT.rglob("*.py")):
        for phrase in _phrases(ast.parse(path.read_text("utf-8"))):
            found.setdefault(phrase, "")
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, ProbeError):
            found.update(dict.fromkeys((error.title_template, error.hint_template), ""))
    found.update((entry.help, "") for entry in table() if entry.key != "proxy")
    return found


def spoken() -> set[str]:
    """Every text that stands anywhere in the program's source."""
    return {
        node.value
        for path in _ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def plain_facts() -> list[str]:
    """Each fact of a failure whose words stand in the source and are no phrase, so that nobody can translate them."""
    return [
        f"{path.relative_to(_ROOT)}, line {call.lineno}: {fact.arg}"
        for path in sorted(_ROOT.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in vars(errors)
        for fact in call.keywords
        if fact.arg in _WORDED and _words(fact.value)
    ]


def _words(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.JoinedStr():
            return True
        case ast.IfExp(body=one, orelse=other):
            return _words(one) or _words(other)
        case ast.BoolOp(values=values):
            return any(map(_words, values))
        case _:
            return False


def _phrases(tree: ast.AST) -> list[str]:
    return [
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Phrase"
        for text in _texts(node.args[:1])
    ]


def _translated(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="t" | "mark" | "WrongUseError"):
                yield from ((text, "") for text in _texts(node.args[:1]))
            case ast.Attribute(value=ast.Name(id="t"), attr="plural"):
                one, many = _texts(node.args[:2])
                yield one, many
            case _:
                pass


def _texts(arguments: list[ast.expr]) -> list[str]:
    return [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]
