"""Where the running program hears a second start of the same user: a Unix socket, or loopback where there is none."""

import contextlib
import enum
import hmac
import os
import secrets
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, Protocol, final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, remove_file, replace_file
from probe_tray.adapters.lean_import import import_lean
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import ReadError, WriteError

ANSWER_SECONDS: Final = 2.0
"""What either side is given for each step; both have nothing to do but read a line."""
LONGEST_LINE: Final = 128
"""Bytes: a password and a word."""
_BACKLOG: Final = 8
_LARGEST_FILE: Final = 256


class NumbersRequest(enum.Enum):
    """What the command asks of the running program: numbers, and never a login."""

    NOW = "quota"
    """One line of JSON, a ``QuotaOverview``; then the connection ends."""
    CHANGES = "quota-changes"
    """The same line now and at each change, until either side goes."""


class StartRequest(enum.Enum):
    """What a second start asks of the running program.

    These words and those of ``NumbersRequest``, and no others, go through the socket.
    """

    NOTHING = "nothing"
    """Only whether it runs."""
    SHOW = "show"
    LOG_IN = "login"
    REFRESH = "refresh"
    QUIT = "quit"


class NumbersSource(Protocol):
    """What the running program knows of the quotas."""

    def line(self) -> bytes:
        """A ``QuotaOverview`` as one line of JSON, without a line end."""
        ...

    def on_change(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call ``tell`` after each change that may change the line; what is returned ends that."""
        ...


class Passwords(NamedTuple):
    """What each side says first, so that neither takes a stranger for the other."""

    caller: str
    answerer: str


class InstanceSocket(Protocol):
    """A place where one program of this user listens and others of the same user knock."""

    is_slow_to_refuse: bool
    """Whether knocking takes seconds where nobody listens, as after a crash."""
    is_gone: Callable[[], bool] | None
    """Whether nobody finds what :meth:`open` left on the disk any more. Asks the disk, and never raises.

    None where nothing takes it away, so that no program at rest wakes up to ask.
    """

    def open(self) -> tuple[socket.socket, Passwords]:
        """Listen, in place of a program that is gone. Raises OSError and WriteError."""
        ...

    def connect(self, seconds: float) -> tuple[socket.socket, Passwords] | None:
        """A connection with ``seconds`` for each step; None when nobody listens."""
        ...

    def trusts(self, peer: socket.socket) -> bool:
        """Whether the other end may say anything at all."""
        ...

    def close(self) -> None:
        """Take away what :meth:`open` left on the disk. Never raises."""
        ...


def system_socket(folder: Path, *, disk: Disk) -> InstanceSocket:
    """The socket of the program whose data lie in ``folder``."""
    if this_system().has_unix_sockets:
        return UnixInstanceSocket(socket_path(folder), is_tidied=this_system().runtime_folder() is None)
    return LoopbackInstanceSocket(folder / "instance.address", disk=disk)


def socket_path(folder: Path) -> Path:
    """Where the program whose data lie in ``folder`` listens; short enough for a socket."""
    return _runtime_path(folder, "socket")


def runtime_lock(folder: Path) -> Path | None:
    """A lock that outlives ``folder``, which a person may remove under the running program.

    None on Windows, where a folder with an open file in it stays.
    """
    return _runtime_path(folder, "lock") if this_system().has_unix_sockets else None


def _runtime_path(folder: Path, kind: str) -> Path:
    # A start out of ssh or cron must find the same place.
    system = this_system()
    runtime = system.runtime_folder()
    base = _temporary_folder() / f"probe-tray-{system.user_number()}" if runtime is None else runtime / "probe-tray"
    short = sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return base / f"{short}.{kind}"


def _temporary_folder() -> Path:
    # Imported here: where there is a session, no start needs it.
    import_lean("shutil")
    from tempfile import gettempdir

    return Path(gettempdir())


@final
class UnixInstanceSocket:
    """A socket in a folder that nobody else may enter."""

    is_slow_to_refuse = False

    def __init__(self, path: Path, *, is_tidied: bool = False) -> None:
        """``is_tidied`` is for a path in a temporary folder, which systems tidy, some within days.

        Nothing is made yet.
        """
        self._path = path
        self.is_gone: Callable[[], bool] | None = self._is_missing if is_tidied else None

    def open(self) -> tuple[socket.socket, Passwords]:
        """Listen; a socket that a killed program left is replaced."""
        make_private_folder(self._path.parent)
        self._path.unlink(missing_ok=True)
        listener = this_system().unix_socket()
        try:
            listener.bind(str(self._path))
            self._path.chmod(0o600)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        return listener, _SAME_USER

    def connect(self, seconds: float) -> tuple[socket.socket, Passwords] | None:
        """Connect."""
        caller = this_system().unix_socket()
        caller.settimeout(seconds)
        try:
            caller.connect(str(self._path))
        except OSError:
            caller.close()
            return None
        return caller, _SAME_USER

    def trusts(self, peer: socket.socket) -> bool:
        """Whether the peer runs as this user, where the system tells; elsewhere the folder keeps others out."""
        return this_system().is_same_user(peer)

    def close(self) -> None:
        """Remove the socket."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _is_missing(self) -> bool:
        try:
            self._path.lstat()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return False


_SAME_USER: Final = Passwords("probe-tray", "probe-tray-hears")


@final
class LoopbackInstanceSocket:
    """A port of 127.0.0.1, open to every user, with passwords in a file that only this one can read."""

    is_slow_to_refuse = True  # Windows tries a closed port again and again, for two seconds.
    is_gone: Callable[[], bool] | None = None
    """Nobody tidies the data folder, and where a person has removed it none is made again."""

    def __init__(self, file: Path, *, disk: Disk) -> None:
        """Nothing is made yet."""
        self._file, self._disk = file, disk

    def open(self) -> tuple[socket.socket, Passwords]:
        """Listen on a free port, with new passwords."""
        make_private_folder(self._file.parent)
        listener = socket.socket(socket.AF_INET)
        try:
            listener.bind(("127.0.0.1", 0))
            listener.listen(_BACKLOG)
            passwords = Passwords(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            replace_file(self._file, " ".join((str(listener.getsockname()[1]), *passwords)).encode(), disk=self._disk)
        except BaseException:
            listener.close()
            raise
        return listener, passwords

    def connect(self, seconds: float) -> tuple[socket.socket, Passwords] | None:
        """Connect. After a crash another program may have the port: it does not know the answer."""
        try:
            port, *passwords = read_regular(self._file, limit=_LARGEST_FILE, disk=self._disk).decode("ascii").split()
            return socket.create_connection(("127.0.0.1", int(port)), timeout=seconds), Passwords(*passwords)
        except (OSError, ReadError, ValueError, TypeError, OverflowError):
            return None

    def trusts(self, peer: socket.socket) -> bool:
        """True: the password decides."""
        del peer
        return True

    def close(self) -> None:
        """Remove the file."""
        with contextlib.suppress(WriteError):
            remove_file(self._file, disk=self._disk)


def same(said: str, expected: str) -> bool:
    """Whether two passwords are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(said.encode(), expected.encode())
