"""What libraries may raise: each exception class of those that requests go through, and of Python itself."""

import builtins
import errno
import inspect
import socket
import ssl
from collections.abc import Iterator
from types import ModuleType

import h11
import httpcore
import httpx
import socksio
import socksio.exceptions

CANARY = "canary-in-the-text"
"""What no message may repeat."""
_MODULES: tuple[ModuleType, ...] = (httpx, httpcore, h11, socksio.exceptions, ssl, socket, builtins)
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
    """One of each, by a name that says which."""
    found = dict(_instances())
    found |= {f"OSError {errno.errorcode[number]}": OSError(number, CANARY) for number in _NUMBERS}
    refused = httpx.ConnectError(CANARY)
    refused.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, CANARY)
    found["a chain"] = refused
    found["a group"] = ExceptionGroup(CANARY, [ConnectionResetError(CANARY), KeyError(CANARY)])
    found["a stranger"] = type("StrangerError", (Exception,), {})(CANARY)
    return found


def _instances() -> Iterator[tuple[str, Exception]]:
    for module in _MODULES:
        for name, kind in vars(module).items():
            if not inspect.isclass(kind) or not issubclass(kind, Exception) or issubclass(kind, Warning):
                continue
            if (made := _made(kind)) is not None:
                yield f"{kind.__module__}.{name}", made


def _made(kind: type[Exception]) -> Exception | None:
    for arguments in ((CANARY,), (), (1, CANARY), ("utf-8", b"x", 0, 1, CANARY), ("x", 0, 1, CANARY)):
        try:
            return kind(*arguments)
        except TypeError:
            continue
    # Those with arguments of their own stand for nothing that the others do not.
    return None
