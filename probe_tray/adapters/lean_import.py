"""Keeps out what libraries bring along and nothing here calls: 2 to 4 MB of a program that asks the keyring."""

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, cached_property, wraps
from importlib import import_module
from types import FunctionType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from configparser import RawConfigParser

    from _typeshed import StrPath


def import_lean(*names: str) -> None:
    """Import these modules of libraries; those that cannot be imported so are left to an ordinary import.

    WORKAROUND keyring 25.7 (https://github.com/jaraco/keyring, keyring/backend.py): for one class and one function it
    imports packages that load ``urllib.request``, ``email``, ``tarfile`` and ``more_itertools``, and, before Python
    3.12, ``importlib_metadata``; ``configparser`` is for a file that hardly anybody has. It finds the class and the
    functions here instead, and the real packages behind them; whoever else wants those gets the real ones.

    WORKAROUND SecretStorage 3.5 (https://github.com/mitya57/secretstorage, secretstorage/util.py): it names the one
    backend of cryptography, which has looked at no such argument since version 3.1 and loads 0.6 MB to make it.

    WORKAROUND PySide6 6.11 (https://code.qt.io/cgit/pyside/pyside-setup.git, shibokensupport/signature/loader.py): it
    loads what writes type stubs by a command line, and so ``argparse``: 0.5 MB and 8 ms.

    Of the standard library, ``logging.handlers`` has ``pickle`` for what goes over a network, ``urllib.parse`` has
    ``ipaddress`` for numbers in brackets, and ``shutil`` and ``zipfile`` have ``bz2`` and ``lzma`` for archives that
    nobody opens here. ``platformdirs`` has ``tempfile``, and with it ``random`` and ``shutil``, for a folder that
    nobody asks for.
    """
    _import(names, _STAND_INS)


def import_asyncio() -> None:
    """Import ``asyncio`` as :func:`import_lean` does, which has ``inspect`` and ``tokenize``: 5 ms of a start.

    It asks them for the place of a callback in the ``repr`` of a task, and for the source that a traceback shows.
    """
    _import(("asyncio",), {"inspect": {"isfunction": _is_function, "unwrap": _unwrapped}, "tokenize": {}})


def _import(names: Iterable[str], stand_ins: Mapping[str, Mapping[str, object]]) -> None:
    made: dict[str, ModuleType] = {}
    for name, has in stand_ins.items():
        if name not in sys.modules:
            sys.modules[name] = made[name] = _StandIn(name)
            vars(made[name]).update(has)
    try:
        for name in names:
            # Whatever fails here fails once more where it is imported in the ordinary way, and is told there.
            with suppress(Exception):
                import_module(name)
    finally:
        for name, module in made.items():
            if sys.modules.get(name) is module:
                sys.modules.pop(name, None)


class _StandIn(ModuleType):
    """A module in the place of another one, of which it has a little."""

    def __getattr__(self, name: str) -> object:
        """What it doesn't have is the other one's, which is then loaded."""
        if name.startswith("__"):
            raise AttributeError(name)
        # Another thread may have done it meanwhile.
        if sys.modules.get(self.__name__) is self:
            sys.modules.pop(self.__name__, None)
        return getattr(import_module(self.__name__), name)


class _ExceptionTrap:
    """Says whether what was done within failed."""

    def __init__(self) -> None:
        self._failed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._failed = isinstance(error, Exception)
        return self._failed

    def __bool__(self) -> bool:
        return self._failed

    def passes(self, call: Callable[..., object]) -> Callable[..., bool]:
        """``call``, which then says whether it went well."""

        @wraps(call)
        def passes(*arguments: object, **named: object) -> bool:
            with _ExceptionTrap() as failed:
                call(*arguments, **named)
            return not failed

        return passes


class _LateConfigParser:
    """Made by the library before it looks whether there is a file to be read."""

    @cached_property
    def _real(self) -> "RawConfigParser":
        from configparser import RawConfigParser

        return RawConfigParser()

    def read(self, paths: "StrPath", encoding: str) -> list[str]:
        """Read them."""
        return self._real.read(paths, encoding)

    def __getattr__(self, name: str) -> object:
        """All else too is the real one's."""
        return getattr(self._real, name)


def _no_backend() -> None:
    pass


def _entry_points(*, group: str) -> object:
    from importlib.metadata import entry_points

    return entry_points(group=group)


def _temporary_folder() -> str:
    from tempfile import gettempdir

    return gettempdir()


def _is_function(value: object) -> bool:
    return isinstance(value, FunctionType)


def _unwrapped(call: Callable[..., object]) -> Callable[..., object]:
    seen: set[int] = set()
    while (inner := getattr(call, "__wrapped__", None)) is not None and id(call) not in seen:
        seen.add(id(call))
        call = inner
    return call


_STAND_INS: Final[dict[str, dict[str, object]]] = {
    "argparse": {},
    "bz2": {},
    "configparser": {"RawConfigParser": _LateConfigParser},
    "cryptography.hazmat.backends": {"default_backend": _no_backend},
    "ipaddress": {},
    "jaraco.context": {"ExceptionTrap": _ExceptionTrap},
    "jaraco.functools": {"once": cache},
    "lzma": {},
    "pickle": {},
    "tempfile": {"gettempdir": _temporary_folder},
    **({} if sys.version_info >= (3, 12) else {"importlib_metadata": {"entry_points": _entry_points}}),
}
