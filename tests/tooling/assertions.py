"""Finds tests that prove nothing: they end well whatever the program does."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.tooling import source

Function = ast.FunctionDef | ast.AsyncFunctionDef
_TELLING: Final = (ast.Assert, ast.Raise, ast.Call)
FAILURES: Final = frozenset({"AssertionError", "BenchError", "TimedOutError"})
"""Raised by helpers that wait for something, when it does not come."""
RAISING: Final = frozenset({"fail", "raises", "waitExposed", "waitSignal", "waitSignals", "waitUntil", "warns"})
"""What pytest and pytest-qt offer that fails a test by itself; and every method of a mock that begins with assert_."""


def trees(root: Path) -> dict[str, ast.Module]:
    """Return the syntax trees of all Python files below ``root``, by their path from there."""
    paths = sorted(root.rglob("*.py"))
    return {path.relative_to(root).as_posix(): source.tree(path) for path in paths}


def without_assertion(files: Mapping[str, ast.Module]) -> list[str]:
    """Return the tests in ``files``, each as ``file::name``, that neither assert nor call a helper that does.

    A function is looked for in the file that calls it and among those that it imports. A method is known by its name
    alone, so it counts only if all methods of that name assert.
    """
    functions = [(file, one) for file, tree in files.items() for one in ast.walk(tree) if isinstance(one, Function)]
    helpers = _Helpers(files, functions)
    return [
        f"{file}::{one.name}"
        for file, one in functions
        if one.name.startswith("test_") and not helpers.proves(file, one)
    ]


class _Helpers:
    """Which functions and methods of the tests assert, themselves or in what they call."""

    def __init__(self, files: Mapping[str, ast.Module], functions: list[tuple[str, Function]]) -> None:
        self._imported = {file: _imported(tree) for file, tree in files.items()}
        self._methods: defaultdict[str, list[tuple[str, Function]]] = defaultdict(list)
        for file, one in functions:
            self._methods[one.name].append((file, one))
        self._proving: set[tuple[str, str]] = set()
        self._telling = {id(one): [n for n in ast.walk(one) if isinstance(n, _TELLING)] for _, one in functions}
        before = -1
        while before != len(self._proving):
            before = len(self._proving)
            self._proving |= {(file, one.name) for file, one in functions if self.proves(file, one)}

    def proves(self, file: str, one: Function) -> bool:
        return any(self._fails(file, node) for node in self._telling[id(one)])

    def _fails(self, file: str, node: ast.AST) -> bool:
        match node:
            case ast.Assert():
                return True
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name))):
                return name in FAILURES
            case ast.Call(func=ast.Name(id=name)):
                places = {file, *self._imported[file].get(name, ())}
                return name in RAISING or any((place, name) in self._proving for place in places)
            case ast.Call(func=ast.Attribute(attr=name)):
                methods = self._methods.get(name, [])
                known = bool(methods) and all((place, name) in self._proving for place, _ in methods)
                return known or name in RAISING or name.startswith("assert_")
            case _:
                return False


def _imported(tree: ast.Module) -> dict[str, set[str]]:
    """Return the files that names come from, for what is imported from the tests."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for node in _imports(tree):
        path = (node.module or "").removeprefix("tests.").replace(".", "/")
        for alias in node.names:
            found[alias.asname or alias.name] |= {f"{path}.py", f"{path}/__init__.py"}
    return found


def _imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "")[:5] == "tests")
