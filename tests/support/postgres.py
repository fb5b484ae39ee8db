"""A PostgreSQL of the tests' own: Debian's programs, a folder and a socket that nobody else uses, and its protocol.

The protocol is PostgreSQL's own, version 3 (https://www.postgresql.org/docs/15/protocol-message-formats.html), as much
of it as one simple query needs. The server listens on no port.
"""

import itertools
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    import pwd

_SECONDS: Final = PATIENCE
_PROTOCOL: Final = 196608
_ROLES: Final = "create role anon nologin; create role authenticated nologin;"
"""The roles that a Supabase project has, which the shipped SQL names."""
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "timezone": "UTC",
    "log_min_messages": "panic",
}


class DatabaseRefusal(Exception):
    """What the database says instead of doing it."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(f"{fields.get('C')}: {fields.get('M')}")
        self.state = fields.get("C", "")
        """SQLSTATE, five characters."""
        self.message, self.detail, self.hint = fields.get("M", ""), fields.get("D"), fields.get("H")


class DatabaseConnection:
    """One session of the superuser."""

    def __init__(self, folder: Path, database: str) -> None:
        """Open it over the socket in ``folder``."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_SECONDS)
        try:
            self._socket.connect(str(folder / ".s.PGSQL.5432"))
            body = struct.pack("!i", _PROTOCOL) + f"user\0postgres\0database\0{database}\0\0".encode()
            self._socket.sendall(struct.pack("!i", len(body) + 4) + body)
            self._rows()
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def run(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run any number of statements; the rows of all of them as text. Raises DatabaseRefusal."""
        body = sql.encode() + b"\0"
        self._socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return self._rows()

    def _rows(self) -> list[tuple[str | None, ...]]:
        rows: list[tuple[str | None, ...]] = []
        refusal: DatabaseRefusal | None = None
        while True:
            kind, body = self._message()
            match kind:
                case b"D":
                    rows.append(tuple(_cells(body)))
                case b"E":
                    parts = (part.decode() for part in body.split(b"\0") if part)
                    refusal = DatabaseRefusal({part[0]: part[1:] for part in parts})
                    # A session that could not begin is at its end.
                    if refusal.state.startswith(("3D", "28", "57P03")):
                        raise refusal
                case b"Z":
                    if refusal is not None:
                        raise refusal
                    return rows
                case _:
                    pass

    def _message(self) -> tuple[bytes, bytes]:
        head = self._bytes(5)
        (size,) = struct.unpack("!i", head[1:])
        return head[:1], self._bytes(size - 4)

    def _bytes(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            piece = self._socket.recv(size - len(found))
            if not piece:
                msg = "PostgreSQL has closed the connection"
                raise ConnectionError(msg)
            found += piece
        return bytes(found)


def _cells(body: bytes) -> Iterator[str | None]:
    at = 2
    while at < len(body):
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        yield None if size < 0 else body[at : at + size].decode()
        at += max(size, 0)


def literal(text: str | None) -> str:
    """``text`` as a constant of SQL."""
    if text is None:
        return "null"
    return "'" + text.replace("\0", "").replace("'", "''") + "'"


class Database(NamedTuple):
    """One database, of one test."""

    folder: Path
    name: str

    def connect(self) -> DatabaseConnection:
        """A session of the superuser."""
        return DatabaseConnection(self.folder, self.name)

    def run(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run ``sql`` in a session of its own. Raises DatabaseRefusal."""
        with self.connect() as connection:
            return connection.run(sql)


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest there is; Debian leaves the server's out of PATH."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found := max(folders, key=lambda path: float(path.parent.name), default=None):
        return found
    on_path = shutil.which("initdb")
    return None if on_path is None else Path(on_path).resolve().parent


def missing() -> str:
    """Why there is no database for the tests here; an empty string where there is."""
    if sys.platform == "win32":
        return "a system with Unix sockets"
    if programs() is None:
        return "PostgreSQL (package postgresql)"
    if os.geteuid() == 0 and (_user() is None or not shutil.which("setpriv")):
        return "the user postgres, since root may not run PostgreSQL (package postgresql), or setpriv (util-linux)"
    return ""


def _user() -> "pwd.struct_passwd | None":
    import pwd  # Windows has none.

    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


class PostgresServer:
    """The server, while the context lasts; it ends with this process, too."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None, missing()
        self._programs = found
        self._numbers = itertools.count(1)
        # Not below the tests' homes, which another user may not enter; short, for the socket's path.
        self.folder = Path(tempfile.mkdtemp(prefix="probe-pg-"))

    def __enter__(self) -> Self:
        user = _user() if os.geteuid() == 0 else None
        if user is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        data = str(self.folder / "data")
        init = ["initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(self._as_user(init), check=False, capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        command = self._as_user(["postgres", "-D", data, "-k", str(self.folder), *settings])
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT
        )
        self._wait()
        Database(self.folder, "postgres").run(_ROLES)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(3)  # SIGQUIT: at once, nothing is to be kept.
        self._process.wait(_SECONDS)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> Database:
        """An empty one."""
        name = f"test{next(self._numbers)}"
        Database(self.folder, "postgres").run(f"create database {name} template template0")
        return Database(self.folder, name)

    def _as_user(self, command: list[str]) -> list[str]:
        """``command`` of PostgreSQL's, not as root, which it refuses, and ended with this process."""
        program = [str(self._programs / command[0]), *command[1:]]
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            return program
        drop = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        return [setpriv, *drop, "--pdeathsig=QUIT", *program]

    def _wait(self) -> None:
        until = time.monotonic() + _SECONDS
        while True:
            try:
                Database(self.folder, "postgres").run("select 1")
            except (OSError, DatabaseRefusal):
                said = (self.folder / "log").read_text(errors="replace")
                assert self._process.poll() is None, said
                assert time.monotonic() < until, said
                time.sleep(0.02)
            else:
                return
