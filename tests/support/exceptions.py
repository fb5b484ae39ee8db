"""What libraries may raise: each exception class of those this program calls, and of Python itself."""

import builtins
import contextlib
import errno
import inspect
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import cryptography.exceptions
import h11
import httpcore
import httpx
import keyring.errors
import socksio
import socksio.exceptions

CANARY = "canary-in-the-text"
"""What no message may repeat."""
_MODULES: tuple[ModuleType, ...] = (httpx, httpcore, h11, socksio.exceptions, ssl, socket, builtins)
# The D-Bus libraries come with Linux only.
_LOCAL_NAMES = ("dbus_fast.errors", "jeepney.wrappers", "jeepney.auth", "jeepney.io.common", "secretstorage.exceptions")
_NUMBERS = (
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EHOSTUNREACH,
    errno.EMFILE,
    errno.EPIPE,
    errno.ETIMEDOUT,
    errno.ENOBUFS,
    errno.EIO,
)


def library_exceptions() -> dict[str, Exception]:
    """One of each that a request may meet, by a name that says which."""
    return _with_errnos(dict(_instances(_MODULES)))


def local_exceptions() -> dict[str, Exception]:
    """One of each that the keyring, the desktop, SQLite and the ciphers may meet, by a name that says which."""
    found = _with_errnos(dict(_instances(_local_modules())))
    with contextlib.suppress(ImportError):
        found["an error as a bus answers it"] = _bus_error()
    return found


def _local_modules() -> tuple[ModuleType, ...]:
    buses: list[ModuleType] = []
    for name in _LOCAL_NAMES:
        with contextlib.suppress(ImportError):
            buses.append(import_module(name))
    return (keyring.errors, cryptography.exceptions, sqlite3, builtins, *buses)


def _bus_error() -> Exception:
    jeepney: Any = import_module("jeepney")
    address = jeepney.DBusAddress("/a", "a.name", "a.name")
    call = jeepney.new_method_call(address, "Ask")
    return jeepney.DBusErrorResponse(jeepney.new_error(call, "a.name.Error.Failed", "s", (CANARY,)))


def _with_errnos(found: dict[str, Exception]) -> dict[str, Exception]:
    found |= {f"OSError {errno.errorcode[number]}": OSError(number, CANARY) for number in _NUMBERS}
    refused = httpx.ConnectError(CANARY)
    refused.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, CANARY)
    found["a chain"] = refused
    found["a group"] = ExceptionGroup(CANARY, [ConnectionResetError(CANARY), KeyError(CANARY)])
    found["a stranger"] = type("StrangerError", (Exception,), {})(CANARY)
    return found


def _instances(modules: tuple[ModuleType, ...]) -> Iterator[tuple[str, Exception]]:
    for module in modules:
        for name, kind in vars(module).items():
            if not inspect.isclass(kind) or not issubclass(kind, Exception) or issubclass(kind, Warning):
                continue
            if (made := _made(kind)) is not None:
                yield f"{kind.__module__}.{name}", made


def _made(kind: type[Exception]) -> Exception | None:
    for arguments in ((CANARY,), (), (1, CANARY), ("utf-8", b"x", 0, 1, CANARY), ("x", 0, 1, CANARY)):
        try:
            return kind(*arguments)
        except (TypeError, AttributeError):
            continue
    # Those with arguments of their own stand for nothing that the others do not.
    return None
