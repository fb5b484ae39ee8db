"""Reads the program's own source as text and syntax tree, for the rules that no linter knows."""

import ast
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LONGEST_FILE: Final = 400
# Module -> the lines it may have, and why it is not split.
LONGER_FILES: Final[dict[str, int]] = {}
LONGEST_FUNCTION: Final = 40
# Function -> the lines it may have, and why it is not split.
LONGER_FUNCTIONS: Final[dict[str, int]] = {}
MOST_MODULES: Final = 30
ERRORS: Final = "probe_tray/core/errors"
# Module -> why no class names it. Most of them are a set of equals, or functions with the values they return.
NAMED_OTHERWISE: Final = {
    # Sets of equals.
    "probe_tray.core.errors.base": "the base of all errors",
    "probe_tray.core.errors.program": "errors by where they come from",
    "probe_tray.core.commands": "each command is named after what is asked",
    "probe_tray.core.events": "all events",
    "probe_tray.adapters.http.wire.wire_errors": "all failures of a connection",
    "probe_tray.ports.desktop": "ports by what is outside",
    "probe_tray.ports.http": "ports by what is outside",
    "probe_tray.ports.time": "ports by what is outside",
    "probe_tray.view.view_models": "what a presenter returns",
    "probe_tray.ui.widgets": "small widgets of many windows",
    "probe_tray.ui.event_loop.loop": "the joined event loop",
    "probe_tray.ui.details.plots": "the drawings of one window",
    "probe_tray.demo.messages": "request and reply",
    "probe_tray.demo.people": "the sample people",
    "probe_tray.demo.table_query": "the parts of a query",
    "probe_tray.demo.usage": "what a quota's use is made of",
    "probe_tray.core.quota.history": "what the history holds",
    # Terms of the field, where the classes are values of its functions.
    "probe_tray.adapters.desktop.autostart": "one class per operating system",
    "probe_tray.adapters.desktop.power": "the power state, read by SystemMonitor for the port MachineMonitor",
    "probe_tray.adapters.files.config_file": "the file, read as LoadedSettings and written by JsonSettingsFile",
    "probe_tray.adapters.history.schema": "the tables of the database",
    "probe_tray.adapters.hygiene": "what keeps secrets out of logs and core dumps",
    "probe_tray.bootstrap": "the start of the tray app",
    "probe_tray.cli.accounts": "the logins a command works on",
    "probe_tray.cli.login.login": "the action --login",
    "probe_tray.cli.renew.model_test": "the action --apitest",
    "probe_tray.cli.tables.layout": "the layout of tables",
    "probe_tray.cli.terminal.signals": "Ctrl-C and its kind",
    "probe_tray.core.account.identity": "AccountKey, and the store it is in",
    "probe_tray.core.alerts.quiet_hours": "when notifications wait",
    "probe_tray.core.login.oauth": "RFC 6749 and RFC 7636",
    "probe_tray.core.polling.schedule": "when each account is checked",
    "probe_tray.core.renewal.pause": "when renewals pause",
    "probe_tray.core.renewal.policy": "when a login is renewed",
    "probe_tray.core.transfer.import_plan": "what an import would do",
    "probe_tray.demo.table_seed": "the first rows of the table",
    "probe_tray.engine.runtime": "the Engine",
    "probe_tray.ui.transfer.import_drop": "files dropped on a window",
    "probe_tray.view.alerts.alert_sentences": "Sentences, of alerts",
    "probe_tray.view.sync.sync_view": "the views of a sync",
    "probe_tray.view.tables.status_table": "the table of --status",
    "probe_tray.view.text.times": "times as a person reads them",
    "probe_tray.view.text.translate": "Translator and its catalogue",
    "probe_tray.view.tray.tray": "the tray's view",
}
GERUNDS: Final = {
    "probe_tray.wiring": "the field's word for joining objects, which both programs do alike",
}
# fmt: off
_BODIES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CHANGING: Final = frozenset((
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove",
    "reverse", "setdefault", "sort", "update",
))
# fmt: on

# Where a branch by system may stand besides adapters.systems, and why.
BY_SYSTEM: Final = {
    "probe_tray.adapters.desktop.display": "X11, which macOS and Windows can have too",
    "probe_tray.adapters.desktop.machine": "names the system and decides nothing",
    "probe_tray.adapters.keyring.backends": "only that package may import keyring",
    "probe_tray.adapters.keyring.key_store": "a switch of the keychain, around a call of keyring",
    "probe_tray.app": "hands the name on to what is asked before Qt",
    "probe_tray.cli.diagnose.diagnose": "what a desktop of Linux has",
    "probe_tray.ui.event_loop.loop": "qasync waits in another way on Windows",
    "probe_tray.ui.system_network": "Qt alone knows the network's price",
}
# Who may take something from one system's own file besides, and why.
BY_FILE: Final = {
    "probe_tray.ui.event_loop.loop": "the part of asyncio that only Windows has",
}
_OWN_NAMES: Final = frozenset({"linux", "macos", "windows"})
_SYSTEM_NAMES: Final = frozenset({"sys.platform", "os.name", "platform.system", "sys.getwindowsversion"})

# Library -> the only modules that may import it themselves.
OWNERS: Final = (
    ("PySide6", ("probe_tray.ui", "probe_tray.ui.*", "probe_tray.app", "probe_tray.program")),
    ("qasync", ("probe_tray.ui.event_loop.loop",)),
    ("httpx", ("probe_tray.adapters.http.*",)),
    ("httpcore", ("probe_tray.adapters.http.exchange", "probe_tray.adapters.http.wire.*")),
    ("truststore", ("probe_tray.adapters.http.*",)),
    ("stamina", ("probe_tray.adapters.*",)),
    ("keyring", ("probe_tray.adapters.keyring.*",)),
    ("h11", ("probe_tray.adapters.callback.*", "probe_tray.adapters.http.wire.*", "probe_tray.demo.*")),
    ("desktop_notifier", ("probe_tray.adapters.*",)),
    ("webbrowser", ("probe_tray.adapters.*",)),
    ("segno", ("probe_tray.adapters.qr_code",)),
    ("sqlite3", ("probe_tray.adapters.*",)),
    ("urllib.request", ("probe_tray.adapters.*",)),
)


def files() -> Iterator[tuple[str, Path]]:
    """Yield the dotted name and the path of every module of the program."""
    for path in sorted((ROOT / "probe_tray").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file; :func:`forget_trees` when all of them have been looked at."""
    return ast.parse(path.read_text(encoding="utf-8"))


def forget_trees() -> None:
    """Give the memory of all trees back, 300 MB."""
    tree.cache_clear()


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


def long_functions(module: str, tree: ast.Module) -> list[str]:
    """Return a line for each function that is longer than it may be."""
    sizes = [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [
        f"{name} has {lines} lines"
        for name, lines in sizes
        if lines > LONGER_FUNCTIONS.get(f"{module}.{name}", LONGEST_FUNCTION)
    ]


def class_names(tree: ast.Module) -> list[str]:
    """Return the names of the classes at module level."""
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def error_names() -> frozenset[str]:
    """Return the names of the program's error classes."""
    modules = (tree(path) for path in (ROOT / ERRORS).glob("*.py"))
    return frozenset(name for module in modules for name in class_names(module) if name.endswith("Error"))


def names_in_text(tree: ast.Module, names: Iterable[str]) -> list[str]:
    """Return a line for each text that is one of ``names``: a cause is told by its class, which a tool can check.

    Types that are written as text are none, and neither are the names a package exports.
    """
    wanted, exempt = frozenset(names), set[ast.AST]()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                exempt.update(ast.walk(value))
            case ast.FunctionDef(returns=ast.expr() as hint) | ast.AsyncFunctionDef(returns=ast.expr() as hint):
                exempt.update(ast.walk(hint))
            case ast.arg(annotation=ast.expr() as hint) | ast.AnnAssign(annotation=hint):
                exempt.update(ast.walk(hint))
            case _:
                continue
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in exempt)
    return [f"line {text.lineno}: {text.value}" for text in texts if text.value in wanted]


def is_well_named(module: str, classes: Iterable[str]) -> bool:
    """Whether a public class has the module's name, alone or with words before or after it; or there is none.

    ``disk_files`` may hold ``DiskFile``, ``SafeDiskFile`` and ``DiskFileError``. Singular and plural are the same.
    """
    public = [name for name in classes if not name.startswith("_")]
    stem = _singular(module.rpartition(".")[2].split("_"))
    words = [_singular(_WORD.findall(name.removesuffix("Error"))) for name in public]
    named = any(stem in (one[: len(stem)], one[-len(stem) :]) for one in words)
    return named or not public or module in NAMED_OTHERWISE


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]+")


def _singular(words: Iterable[str]) -> list[str]:
    small = (word.lower() for word in words)
    return [word if word.endswith("ss") else word.removesuffix("s") for word in small]


def much_alike(classes: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the class names that a reader may take for one another; ``classes`` has the names by module.

    These have the same words, in whatever order, in singular or plural, with an underscore or without.
    """
    places: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for module, names in classes.items():
        for name in names:
            places[tuple(sorted(_singular(_WORD.findall(name))))].append(f"{module}.{name}")
    return [alike for alike in places.values() if len(alike) > 1]


def crowded(modules: Iterable[str]) -> dict[str, int]:
    """Return the packages with too many modules of their own, and how many."""
    counts = Counter(module.rpartition(".")[0] for module in modules)
    return {package: count for package, count in counts.items() if count > MOST_MODULES}


def import_circle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the modules of one circle, the first one once more at its end; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


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


def names_of_systems(tree: ast.Module) -> list[str]:
    """Return a line for each place that asks which operating system this is."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                found.append((node.lineno, f"{name}.{attribute}"))
            case ast.ImportFrom(module=module, names=names):
                found += [(node.lineno, f"{module}.{alias.name}") for alias in names]
            case ast.Compare(left=left, comparators=others):
                named = (one.value for one in (left, *others) if isinstance(one, ast.Constant))
                found += [(node.lineno, f"a comparison with {name!r}") for name in named if name in _OWN_NAMES]
            case _:
                continue
    return [f"line {line}: {name}" for line, name in found if name in _SYSTEM_NAMES or name.startswith("a comparison")]


def files_of_systems(tree: ast.Module) -> list[str]:
    """Return the files of single systems that this module imports past the port."""
    shared = tuple(
        f"probe_tray.adapters.systems.{name}." for name in ("current", "desktop", "operating_system", "tools")
    )
    names = (name for name in imported(tree) if name.startswith("probe_tray.adapters.systems."))
    return [name for name in names if not name.startswith(shared)]


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
