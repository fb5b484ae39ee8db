"""Where the running program hears a second start of the same user: a Unix socket, or loopback where there is none."""

import contextlib
import hmac
import os
import secrets
import socket
import struct
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, Protocol, final

from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, remove_file, replace_file
from probe_tray.core.errors import ReadError, WriteError

_BACKLOG: Final = 8
_LARGEST_FILE: Final = 256
_CREDENTIALS: Final = "3i"
"""What Linux says of a peer: process, user, group (unix(7), SO_PEERCRED)."""


class Passwords(NamedTuple):
    """What each side says first, so that neither takes a stranger for the other."""

    caller: str
    answerer: str


class InstanceSocket(Protocol):
    """A place where one program of this user listens and others of the same user knock."""

    def open(self) -> tuple[socket.socket, Passwords]:
        """Listen, in place of a program that is gone. Raises OSError and WriteError."""
        ...

    def knock(self, seconds: float) -> tuple[socket.socket, Passwords] | None:
        """A connection with ``seconds`` for each step; None when nobody listens."""
        ...

    def trusts(self, peer: socket.socket) -> bool:
        """Whether the other end may say anything at all."""
        ...

    def close(self) -> None:
        """Take away what :meth:`open` left on the disk. Never raises."""
        ...


def system_socket(folder: Path) -> InstanceSocket:
    """The socket of the program whose data lie in ``folder``."""
    if sys.platform == "win32":
        return LoopbackInstanceSocket(folder / "instance.address")
    return UnixInstanceSocket(socket_path(folder))


def socket_path(folder: Path) -> Path:
    """Where the program whose data lie in ``folder`` listens; short enough for a socket."""
    return _runtime_path(folder, "socket")


def runtime_lock(folder: Path) -> Path | None:
    """A lock that outlives ``folder``, which a person may remove under the running program.

    None on Windows, where a folder with an open file in it stays.
    """
    return None if sys.platform == "win32" else _runtime_path(folder, "lock")


def _runtime_path(folder: Path, kind: str) -> Path:
    # By the user's number and not by XDG_RUNTIME_DIR: a start out of ssh or cron must find the same place.
    user = 0 if sys.platform == "win32" else os.getuid()
    session = Path(f"/run/user/{user}")
    base = session / "probe-tray" if session.is_dir() else Path(tempfile.gettempdir()) / f"probe-tray-{user}"
    short = sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return base / f"{short}.{kind}"


@final
class UnixInstanceSocket:
    """A socket in a folder that nobody else may enter."""

    def __init__(self, path: Path) -> None:
        """Nothing is made yet."""
        self._path = path

    def open(self) -> tuple[socket.socket, Passwords]:
        """Listen; a socket that a killed program left is replaced."""
        make_private_folder(self._path.parent)
        self._path.unlink(missing_ok=True)
        listener = _unix_socket()
        try:
            listener.bind(str(self._path))
            self._path.chmod(0o600)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        return listener, _SAME_USER

    def knock(self, seconds: float) -> tuple[socket.socket, Passwords] | None:
        """Connect."""
        caller = _unix_socket()
        caller.settimeout(seconds)
        try:
            caller.connect(str(self._path))
        except OSError:
            caller.close()
            return None
        return caller, _SAME_USER

    def trusts(self, peer: socket.socket) -> bool:
        """Whether the peer runs as this user, where the system tells; elsewhere the folder keeps others out."""
        if sys.platform != "linux":
            return True
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_CREDENTIALS))
        return struct.unpack(_CREDENTIALS, raw)[1] == os.geteuid()

    def close(self) -> None:
        """Remove the socket."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _unix_socket() -> socket.socket:
    if sys.platform == "win32":
        raise OSError("Python has no Unix sockets on Windows")
    return socket.socket(socket.AF_UNIX)


_SAME_USER: Final = Passwords("probe-tray", "probe-tray-hears")


@final
class LoopbackInstanceSocket:
    """A port of 127.0.0.1, open to every user, with passwords in a file that only this one can read."""

    def __init__(self, file: Path) -> None:
        """Nothing is made yet."""
        self._file = file

    def open(self) -> tuple[socket.socket, Passwords]:
        """Listen on a free port, with new passwords."""
        make_private_folder(self._file.parent)
        listener = socket.socket(socket.AF_INET)
        try:
            listener.bind(("127.0.0.1", 0))
            listener.listen(_BACKLOG)
            passwords = Passwords(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            replace_file(self._file, " ".join((str(listener.getsockname()[1]), *passwords)).encode())
        except BaseException:
            listener.close()
            raise
        return listener, passwords

    def knock(self, seconds: float) -> tuple[socket.socket, Passwords] | None:
        """Connect. After a crash another program may have the port: it does not know the answer."""
        try:
            port, *passwords = read_regular(self._file, limit=_LARGEST_FILE).decode("ascii").split()
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
            remove_file(self._file)


def same(said: str, expected: str) -> bool:
    """Whether two passwords are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(said.encode(), expected.encode())
