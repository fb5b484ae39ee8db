"""Reads the program's own source as text and syntax tree, for the rules that no linter knows."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LONGEST_FILE: Final = 400
# Module -> the lines it may have, and why it is not split.
LONGER_FILES: Final[dict[str, int]] = {}
# fmt: off
_BODIES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CHANGING: Final = frozenset((
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove",
    "reverse", "setdefault", "sort", "update",
))
# fmt: on

# Library -> the only modules that may import it themselves.
OWNERS: Final = (
    ("PySide6", ("probe_tray.ui", "probe_tray.ui.*", "probe_tray.app")),
    ("qasync", ("probe_tray.ui.loop",)),
    ("httpx", ("probe_tray.adapters.http.*",)),
    ("httpcore", ("probe_tray.adapters.http.*",)),
    ("truststore", ("probe_tray.adapters.http.*",)),
    ("stamina", ("probe_tray.adapters.*",)),
    ("keyring", ("probe_tray.adapters.keyring.*",)),
    ("h11", ("probe_tray.adapters.callback.*", "probe_tray.adapters.http.wire.answer", "probe_tray.demo.*")),
    ("desktop_notifier", ("probe_tray.adapters.*",)),
    ("webbrowser", ("probe_tray.adapters.*",)),
    ("sqlite3", ("probe_tray.adapters.*",)),
    ("urllib.request", ("probe_tray.adapters.*",)),
    ("rich", ("probe_tray.cli.*",)),
)


def files() -> Iterator[tuple[str, Path]]:
    """Yield the dotted name and the path of every module of the program."""
    for path in sorted((ROOT / "probe_tray").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that is imported anywhere in the tree, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strangers(module: str, tree: ast.AST) -> list[str]:
    """Return the libraries that this module imports although they belong to others."""
    names = list(imported(tree))
    return [
        library
        for library, owners in OWNERS
        if any(name == library or name.startswith(f"{library}.") for name in names)
        and not any(fnmatch(module, owner) for owner in owners)
    ]


def mutable_state(tree: ast.Module) -> list[str]:
    """Return a line for each thing at module level that a function could change behind everyone's back.

    A table with a constant's name is none, as long as nothing in its module changes it.
    """
    found = [f"line {node.lineno}: global" for node in ast.walk(tree) if isinstance(node, ast.Global)]
    tables: set[str] = set()
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if _is_mutable(value):
                if name.isupper() or name == "__all__":
                    tables.add(name)
                else:
                    found.append(f"line {node.lineno}: {name}")
            case _:
                continue
    changes = (_changed(node) for node in ast.walk(tree))
    return found + [f"{name} is changed" for name in changes if name in tables]


def late_decoders(tree: ast.Module) -> list[str]:
    """Return a line for each place that has msgspec take a type apart while the program runs.

    msgspec does that without a lock, and in two threads at once it ends the process (SIGSEGV): a decoder is made once,
    at import.
    """
    late = [node for body in tree.body if isinstance(body, _BODIES) for node in ast.walk(body)]
    calls = [node for node in late if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return [
        f"line {call.lineno}: {call.func.attr}"
        for call in calls
        if isinstance(call.func, ast.Attribute) and (call.func.attr in {"Decoder", "convert"} or _is_typed(call))
    ]


def _is_typed(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="msgspec")), attr="decode"):
            return len(call.args) > 1 or bool(call.keywords)
        case _:
            return False


def _is_mutable(value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in {"list", "dict", "set", "bytearray", "deque", "defaultdict", "Counter", "OrderedDict"}
        case _:
            return False


def _changed(node: ast.AST) -> str | None:
    match node:
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in CHANGING:
            return name
        case _:
            return None
