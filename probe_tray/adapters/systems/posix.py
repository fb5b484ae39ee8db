"""What Linux and macOS have in common."""

import contextlib
import errno
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Final, TextIO

from probe_tray.adapters.systems.operating_system import Command, SystemProxies, UserProgram
from probe_tray.adapters.systems.tools import output_of
from probe_tray.core.errors import Phrase

_LOOK: Final = 0.5
"""Seconds between two looks for a signal while a question waits for its answer."""
_LOCKED: Final = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK})
"""What flock(2) reports of a file that somebody else has locked, some file systems the first."""
_LOCK_PAUSE: Final = 0.05
"""Seconds between two tries of a lock."""


class PosixSystem:
    """The part of ``OperatingSystem`` that both answer alike."""

    has_unix_sockets = True
    reserves_ports = False
    inherits_access = False
    notification_picture = "icons/probe-tray.svg"
    backslash_escapes = True

    def start_command(self, environment: Mapping[str, str]) -> Command:
        """The AppImage, the bundle, the script of an environment, or the package itself."""
        executable = Path(sys.executable)
        script = executable.with_name("probe-tray")
        if image := environment.get("APPIMAGE"):
            # The program inside it runs from a folder that is gone tomorrow.
            return (image,)
        if getattr(sys, "frozen", False):
            return (str(executable),)
        return (str(script),) if script.is_file() else (str(executable), "-m", "probe_tray")

    def proxies(self) -> SystemProxies:
        """None: a desktop of Linux tells its programs by variables."""
        return SystemProxies()

    def names_script(self) -> bool:
        """Never."""
        return False

    def finds_script(self) -> bool:
        """Never."""
        return False

    def end_with_children(self, process: "subprocess.Popen[bytes]") -> None:
        """By its process group, which is what it leads."""
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()

    def user_number(self) -> int:
        """From the kernel."""
        if sys.platform == "win32":
            return 0
        return os.getuid()

    def unix_socket(self) -> socket.socket:
        """A stream."""
        if sys.platform == "win32":
            raise OSError
        return socket.socket(socket.AF_UNIX)

    def let_come_forward(self) -> None:
        """Nothing: every program may."""

    def set_up_port(self, listener: socket.socket) -> None:
        """Without this the port of the last login stays unusable for a minute (TIME_WAIT)."""
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def open_address(self, address: str) -> bool | None:
        """Left to the starters."""
        del address
        return None

    def notification_sender(self, name: str) -> str:
        """Its name."""
        return name

    def name_process(self, icon: Path) -> None:
        """Known by its desktop file, or its bundle."""

    def describe_process(self, icon: Path) -> None:
        """Known by its desktop file, or its bundle."""

    def use_console(self) -> None:
        """Every program has its streams."""

    def outlive_console(self) -> contextlib.AbstractContextManager[None]:
        """SIGHUP ends nothing that handles it."""
        return contextlib.nullcontext()

    def obeys_sequences(self, stream: TextIO) -> bool:
        """Every terminal does."""
        del stream
        return True

    def switch_off_core_dumps(self) -> None:
        """Set the limit of their size."""
        if sys.platform != "win32":
            import resource

            # The hard limit stays: what is started from here could never raise it again (setrlimit(2)).
            _, most = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (0, most))

    def wait_for_input(self, stream: TextIO) -> None:
        """Look again and again.

        Python looks for signals between its own steps: one that comes right before a blocking read is seen only after
        it, so that a Ctrl-C at once after the question would do nothing until the next key.
        """
        while not select.select([stream], [], [], _LOOK)[0]:
            pass

    def python_origin(self) -> str:
        """Nowhere that explains anything."""
        return ""

    def is_held(self, error: OSError) -> bool:
        """Never: an open file can be replaced."""
        del error
        return False

    def sync_file(self, file: int) -> None:
        """By fsync."""
        os.fsync(file)

    def open_folder(self, folder: Path) -> int | None:
        """As a file."""
        if sys.platform == "win32":
            return None
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def take_lock(self, path: Path) -> Callable[[], None] | None:
        """By flock(2), as the library does that earlier versions used, whose import took half as long as that of Qt."""
        if sys.platform == "win32":
            return None
        import fcntl

        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

        def give_up() -> None:
            # By name, for a child that is just being started has the open file too until it runs its program.
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A file that was removed meanwhile excludes nobody who comes later.
            if os.fstat(file).st_nlink:
                # Another user's file, or a file system without modes, is as good a lock.
                with contextlib.suppress(PermissionError):
                    os.fchmod(file, 0o600)
                return give_up
        except OSError as error:
            give_up()
            if error.errno in _LOCKED:
                return None
            raise
        give_up()
        return None

    @contextlib.contextmanager
    def folder_lock(
        self, folder: Path, handle: int | None, seconds: float, pause: Callable[[float], None]
    ) -> Generator[bool]:
        """By flock(2) on the folder itself, which leaves no file behind."""
        del folder
        if sys.platform == "win32" or handle is None:
            yield True
            return
        import fcntl

        got = True
        for left in range(round(seconds / _LOCK_PAUSE), -1, -1):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                got = True
            except BlockingIOError:
                got = False
            except OSError:
                break  # ENOLCK, ENOTSUP: nobody else can lock it either.
            if got or not left:
                break
            pause(_LOCK_PAUSE)
        try:
            yield got
        finally:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)

    def belongs_to_another(self, found: os.stat_result) -> bool:
        """By its number."""
        return sys.platform != "win32" and found.st_uid != os.geteuid()

    def has_open_mode(self, found: os.stat_result) -> bool:
        """By the bits for group and others."""
        return bool(stat.S_IMODE(found.st_mode) & 0o077)

    def is_open_to_others(self, path: Path) -> bool:
        """By its mode."""
        with contextlib.suppress(OSError):
            return self.has_open_mode(path.stat())
        return False

    def privacy_advice(self, path: Path) -> str:
        """By its mode."""
        del path
        return Phrase("Make it private: chmod 600.")

    def expanded(self, word: str, *, wildcards: bool) -> list[str]:
        """The shell has done it."""
        del wildcards
        return [word]

    def shared_entry(self, service: str, user: str) -> str:
        """The service."""
        del user
        return service

    def shared_path(self, path: str) -> str:
        """As it is."""
        return path

    def offset_at(self, moment: datetime) -> timedelta:
        """From the C library, which looks again where the system's zone is another file."""
        return timedelta(seconds=time.localtime(moment.timestamp()).tm_gmtoff)

    def offset_of(self, local: datetime) -> timedelta:
        """From the C library."""
        return timedelta(seconds=time.localtime(time.mktime(local.timetuple())).tm_gmtoff)


def lsof(ports: Iterable[int]) -> tuple[tuple[str, int], ...]:
    """The programs that listen on any of ``ports``, as the tool of that name tells it of this user's own."""
    asked = [f"-iTCP:{port}" for port in sorted(ports)]
    return tuple(_listeners(output_of("lsof", "-nP", "-sTCP:LISTEN", "-Fpc", *asked)))


def processes() -> tuple[UserProgram, ...]:
    """Those of this user, as ps tells it. Raises OSError and subprocess.SubprocessError where it lists none."""
    # Without -ww a path may be cut where a terminal would end, and the name is its end. One -o for each: in POSIX all
    # after the first = is a heading.
    parts = [
        line.strip().partition(" ") for line in output_of("ps", "-x", "-ww", "-o", "pid=", "-o", "comm=").splitlines()
    ]
    found = tuple(
        UserProgram(PurePath(name.strip()).name, int(number)) for number, _, name in parts if number.isdigit()
    )
    if not found:
        # Its own would be among them.
        raise OSError("ps lists no process")
    return found


def _listeners(listed: str) -> Iterator[tuple[str, int]]:
    number = 0
    # One field a line: p and the process, then c and its name.
    for line in listed.splitlines():
        if line.startswith("p"):
            number = int(line[1:])
        elif line.startswith("c"):
            yield line[1:], number
