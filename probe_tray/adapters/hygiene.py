"""Logging that cannot show a secret, however it came into a message, an exception or a traceback."""

import asyncio
import base64
import contextlib
import errno
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO, final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from probe_tray.adapters.files.disk import reason_of
from probe_tray.adapters.lean_import import import_lean
from probe_tray.adapters.system import LocalZone
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import DataFolderError, LogError, Phrase

REMOVED: Final = "[removed]"
"""What stands where a secret was."""

_SHORTEST_KNOWN: Final = 6
_MOST_KNOWN: Final = 512
_TELLING: Final = {"code", "state"}
_LOG_BYTES: Final = 1_000_000
_OLDER_LOGS: Final = 2
_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# At more detail these log headers, bodies, results of tasks or whole notifications.
_QUIET: Final = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
    "qasync": logging.WARNING,
    "keyring": logging.WARNING,
    # A desktop without notifications is no fault; what cannot be shown is shown in another way.
    "desktop_notifier": logging.ERROR,
}

# A JWT (RFC 7519): the first part is the base64url of an object, which begins with {".
_JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,4}={0,2}")
# The issuer's own prefixes: refresh token, access token, authorization code, API key, session.
_PREFIXED: Final = re.compile(r"(?<![A-Za-z0-9])(?:rt|at|ac|sk|sess)[_-][A-Za-z0-9._~+/=-]{8,}")
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+")
_NAMED: Final = re.compile(
    r"""(?ix) \b(
        (?:access|refresh|id|agent)_?token | code_verifier | device_auth_id
        | openai_api_key | api_?key | password | secret
    ) (["']? \s* [=:] \s* ["']?) [^\s"'&,;)}\]]+"""
)
# With = only: "exit code: 3" says nothing secret.
_QUERY: Final = re.compile(r"(?i)\b(code|state|token)=[^\s\"'&,;)}\]]+")
_USERINFO: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,15}://)[^\s/\"']+@")
# A proxy that wants no user: it is shown to whoever asks which one is used.
_PLAIN_ADDRESS: Final = re.compile(r"(?i)[a-z][a-z0-9+.-]{0,15}://[a-z0-9._:\[\]%-]+/?")
_RUN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{24,}")
_SHORTEST_OPAQUE: Final = 24

_log: Final = logging.getLogger(__name__)


def redact(text: str) -> str:
    """``text`` without anything shaped like a token, a code, a state or the user and password of an address."""
    text = _JWT.sub(REMOVED, text)
    text = _BEARER.sub(rf"\1 {REMOVED}", text)
    text = _NAMED.sub(rf"\1\2{REMOVED}", text)
    text = _QUERY.sub(rf"\1={REMOVED}", text)
    text = _USERINFO.sub(rf"\1{REMOVED}@", text)
    text = _PREFIXED.sub(REMOVED, text)
    return _RUN.sub(lambda run: REMOVED if _is_opaque(run[0]) else run[0], text)


@final
class KnownSecrets:
    """The secrets that this run handled last: what has no telling shape is removed because it is in here.

    The adapters that handle secrets add them, a :class:`Redactor` asks for them; each from whatever thread.
    """

    def __init__(self, most: int = _MOST_KNOWN) -> None:
        """Know ``most`` secrets at once; the one that was added longest ago gives way."""
        self._most = most
        self._latest: dict[Secret, None] = {}
        # Reentrant: a finalizer that logs may run in the middle of adding.
        self._turn = threading.RLock()

    def add(self, secret: Secret) -> None:
        """Know ``secret`` from now on; an address brings its password, code and state along.

        One that is nothing but a scheme, a host and a port is no secret.
        """
        if _PLAIN_ADDRESS.fullmatch(secret.reveal()):
            return
        with self._turn:
            for each in (secret, *_parts_of_address(secret.reveal())):
                self._latest.pop(each, None)
                self._latest[each] = None
            while len(self._latest) > self._most:
                del self._latest[next(iter(self._latest))]

    def __call__(self) -> tuple[Secret, ...]:
        """Those of the moment."""
        with self._turn:
            return tuple(self._latest)


@final
class Redactor:
    """:func:`redact`, and the secrets that are known besides, whatever their shape."""

    def __init__(self, known: Callable[[], Iterable[Secret]]) -> None:
        """Ask ``known`` for the secrets of the moment each time; it may be called from any thread."""
        self._known = known

    def __call__(self, text: str) -> str:
        """``text`` without secrets."""
        known = {secret.reveal() for secret in self._known()}
        # The longest first: one may be a part of another.
        for value in sorted(known, key=len, reverse=True):
            if len(value) >= _SHORTEST_KNOWN:
                text = text.replace(value, REMOVED).replace(quote(value, safe="", errors="replace"), REMOVED)
        return redact(text)


@contextlib.contextmanager
def configure_logging(level: int, target: TextIO | Path, redactor: Redactor) -> Generator[None]:
    """Log this program at ``level`` and libraries from WARNING to a stream or a private file; undone on leaving.

    A file is kept below 1 MB, with two older ones beside it. What nobody caught is logged as well: in threads, in the
    main program and where Python can only report. Raises DataFolderError when the folder cannot be made, LogError when
    the file cannot be written.
    """
    handler = _file_handler(target) if isinstance(target, Path) else logging.StreamHandler(target)
    handler.setFormatter(_RedactingFormatter(redactor))
    root, ours = logging.getLogger(), logging.getLogger("probe_tray")
    levels = {root: logging.WARNING, ours: level, **{logging.getLogger(name): low for name, low in _QUIET.items()}}
    with contextlib.ExitStack() as undo:
        for logger, low in levels.items():
            undo.callback(logger.setLevel, logger.level)
            logger.setLevel(low)
        undo.callback(handler.close)
        undo.callback(root.removeHandler, handler)
        root.addHandler(handler)
        # A handler that fails would print the message and its arguments as they are.
        undo.callback(setattr, logging, "raiseExceptions", logging.raiseExceptions)
        logging.raiseExceptions = False
        for module, name, hook in (
            (sys, "excepthook", _uncaught),
            (sys, "unraisablehook", _unraisable),
            (threading, "excepthook", _uncaught_in_thread),
        ):
            undo.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, hook)
        yield


def log_loop_failure(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Log what an event loop could not hand to anybody; for ``loop.set_exception_handler``.

    The loop's own handler would print its futures too, and with them their results.
    """
    del loop
    _log.error("%s", context.get("message", "A task failed."), exc_info=context.get("exception"))


def switch_off_core_dumps() -> None:
    """Let a crash leave no image of this program's memory behind."""
    this_system().switch_off_core_dumps()


def _parts_of_address(value: str) -> Generator[Secret]:
    """What is secret by itself in an address or its query, spelled as there and as it is meant."""
    # No token has any of these characters.
    if not any(mark in value for mark in ":?&"):
        return
    try:
        parts = urlsplit(value)
        query = parse_qsl(parts.query or value.rpartition("?")[2])
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return
    if password:
        # RFC 7617 section 2: so the two travel to a proxy.
        basic = base64.b64encode(f"{user}:{password}".encode(errors="replace")).decode("ascii")
        yield from (Secret(parts.password or ""), Secret(password), Secret(basic))
    for name, found in query:
        if name in _TELLING:
            yield Secret(found)


def _is_opaque(run: str) -> bool:
    # Long, with capitals, small letters and digits between two dots or slashes: chance makes that, people hardly do.
    return any(
        len(part) >= _SHORTEST_OPAQUE and all(re.search(kind, part) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
        for part in re.split(r"[./]", run)
    )


@final
class _RedactingFormatter(logging.Formatter):
    # Here and not in a filter: a filter would change the record for every other handler, and would not see the
    # text that a traceback becomes.
    def __init__(self, redactor: Redactor) -> None:
        super().__init__(_FORMAT)
        self._redactor = redactor

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        # The zone of now: on Windows the C runtime, which the base class asks, keeps that of the start.
        moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
        return moment.astimezone(LocalZone()).timetuple()

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor(super().format(record))


def _file_handler(path: Path) -> logging.Handler:
    # The command writes none.
    import_lean("logging.handlers")
    from probe_tray.adapters.log_file import PrivateLogFile

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return PrivateLogFile(path, maxBytes=_LOG_BYTES, backupCount=_OLDER_LOGS, encoding="utf-8")
    except OSError as error:
        if os.path.isdir(path.parent):  # noqa: PTH112 - never raises
            # What the system says of a pipe that nobody reads means nothing to a person.
            reason = (
                Phrase("it is not a regular file") if error.errno in {errno.ENXIO, errno.EINVAL} else reason_of(error)
            )
            raise LogError(path=str(path), reason=reason) from None
        raise DataFolderError(path=str(path.parent), reason=reason_of(error)) from None


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    # Ctrl-C is a wish, not a fault.
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("Something went wrong that nobody expected.", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
