"""Linux, and what is like it: FreeBSD too, as far as it has the same services."""

import contextlib
import ctypes
import os
import re
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, cast, final

from probe_tray.adapters.systems.operating_system import (
    Command,
    EntryFile,
    FolderEvents,
    LoginEntry,
    MachineEvents,
    NotificationService,
    UserProgram,
)
from probe_tray.adapters.systems.posix import PosixSystem, lsof, processes
from probe_tray.core.errors import Phrase
from probe_tray.core.polling.situation import Situation

_SUPPLIES: Final = Path("/sys/class/power_supply")
_PATIENCE: Final = 2.0
"""Seconds that a service on the bus has for its answer."""
_METERED: Final = frozenset({1, 3})
"""NetworkManager's NMMetered: yes, and guessed yes."""
_NETWORK: Final = ("org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager", "", "Metered")
_SESSION: Final = ("org.freedesktop.login1", "/org/freedesktop/login1/session/auto", ".Session", "LockedHint")
"""Bus name, object, what the interface's name has beyond the bus name, property."""
_CREDENTIALS: Final = "3i"
"""What the kernel says of a peer: process, user, group."""
_START_FIELD: Final = 19
"""Counted from the field after the program's name, which may itself hold spaces and brackets; proc(5), starttime."""
_CODEX_HOME: Final = b"CODEX_HOME="
_LISTENING: Final = "0A"
_MOST_ARENAS: Final = -8
"""M_ARENA_MAX of malloc.h."""
_SOCKET_LINK: Final = re.compile(r"socket:\[(\d+)\]")
_RESERVED: Final = re.compile(r"([\"`$\\])")
_SWITCHED_OFF: Final = re.compile(r"^\s*(Hidden\s*=\s*true|X-GNOME-Autostart-enabled\s*=\s*false)\s*$", re.MULTILINE)
_EXEC: Final = re.compile(r"^(Try)?Exec=.*$", re.MULTILINE)


@final
class LinuxSystem(PosixSystem):
    """Implements ``OperatingSystem``: power from sysfs, the network's price from NetworkManager, the lock from logind.

    Qt takes everything else from the desktop.
    """

    name = "linux"
    verifies_certificates = False
    asks_before_notifying = False
    tells_permission = False
    has_notification_bus = True
    asks_before_opening = False
    # The last three are what GNOME, Debian and WSL offer.
    browser_starters = ("xdg-open", "gio open", "x-www-browser", "wslview")

    def __init__(self, proc: Path = Path("/proc")) -> None:
        """``proc`` is where the kernel has its process table."""
        self._proc = proc

    def folder_events(self) -> FolderEvents:
        """From inotify(7)."""
        from probe_tray.adapters.systems.inotify import Inotify

        return Inotify()

    def machine_events(self) -> MachineEvents:
        """From netlink(7) and the system bus."""
        from probe_tray.adapters.systems.machine_signals import MachineSignals

        return MachineSignals()

    def situation(self) -> Situation:
        """What the kernel, NetworkManager and logind say."""
        return situation()

    def process_began(self) -> datetime:
        """From the process table."""
        if sys.platform == "win32":
            raise OSError
        stat, uptime = (self._proc / "self" / "stat").read_bytes(), (self._proc / "uptime").read_bytes()
        ticks = int(stat.rpartition(b")")[2].split()[_START_FIELD])
        age = float(uptime.split()[0]) - ticks / os.sysconf("SC_CLK_TCK")
        if age < 0:
            raise ValueError
        return datetime.now(UTC) - timedelta(seconds=age)

    def login_entry(self, name: str, environment: Mapping[str, str], file: Callable[[str], EntryFile]) -> LoginEntry:
        """A file in the folder ``autostart``."""
        # As the XDG Base Directory Specification has it; the environment is this process's.
        base = environment.get("XDG_CONFIG_HOME", "")
        return DesktopEntry(file(f"{base if base.startswith('/') else '~/.config'}/autostart/{name}.desktop"))

    def port_holders(self, ports: frozenset[int]) -> Sequence[tuple[str, int]]:
        """From the process table, or by lsof where there is none."""
        return tuple(_listeners(ports, self._proc)) if self._proc.is_dir() else lsof(ports)

    def user_programs(self) -> Sequence[UserProgram]:
        """From the process table, or by ps where there is none."""
        return tuple(_programs(self._proc)) if self._proc.is_dir() else processes()

    def runtime_folder(self) -> Path | None:
        """By the user's number and not by XDG_RUNTIME_DIR, which neither ssh nor cron need set."""
        folder = Path(f"/run/user/{self.user_number()}")
        return folder if folder.is_dir() else None

    def is_same_user(self, peer: socket.socket) -> bool:
        """As the kernel tells it of the peer (unix(7), SO_PEERCRED); elsewhere the socket's folder keeps others out."""
        if sys.platform != "linux":
            return True
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_CREDENTIALS))
        return struct.unpack(_CREDENTIALS, raw)[1] == os.geteuid()

    def show_notification(self, title: str, body: str) -> bool:
        """There is no other way."""
        del title, body
        return False

    async def may_notify(self, service: NotificationService) -> bool | None:
        """No desktop says it."""
        del service
        return None

    def open_notification_settings(self) -> bool:
        """Every desktop has a page of its own, and none tells that a person has turned them off."""
        return False

    def show_error(self, text: str) -> bool:
        """There is no window without a toolkit; what is printed goes to the session's journal."""
        del text
        return False

    def share_memory(self) -> None:
        """By mallopt(3): what one thread has freed, another one can use, of which Python lets one run at a time."""
        # Another C library than GNU's has no such function.
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)
        if set_option is not None:
            set_option(_MOST_ARENAS, 1)

    def give_back_memory(self) -> None:
        """By malloc_trim(3): the C library gives back by itself only what lies at the end of its heap."""
        # Another C library than GNU's has no such function.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

    def app_folder(self, name: str) -> Path | None:
        """By the XDG Base Directory Specification."""
        del name
        return None


@final
class DesktopEntry:
    """A file in the folder ``autostart`` (freedesktop.org, Desktop Application Autostart Specification 0.5)."""

    def __init__(self, file: EntryFile) -> None:
        """Keep it in ``file``."""
        self._file = file

    def put(self, command: Command) -> None:
        """Write the file."""
        self._file.write(
            "[Desktop Entry]\nType=Application\nName=Probe Tray\nComment=Codex quotas and logins in the system tray\n"
            # A desktop overlooks the entry once the program is gone.
            f"TryExec={_escaped(command[0])}\nExec={exec_line(command)}\n"
            "Icon=probe-tray\nTerminal=false\nX-GNOME-Autostart-enabled=true\n",
        )

    def remove(self) -> None:
        """Remove the file."""
        self._file.remove()

    def renew(self, command: Command) -> None:
        """Change what is started; a desktop's "off" stays in the file."""

        def replaced(line: re.Match[str]) -> str:
            return f"TryExec={_escaped(command[0])}" if line[1] else f"Exec={exec_line(command)}"

        text = self._file.read()
        changed = None if text is None else _EXEC.sub(replaced, text)
        if changed is not None and changed != text:
            self._file.write(changed)

    def obstacle(self) -> str:
        """Whether the desktop's own settings have switched it off."""
        if not _SWITCHED_OFF.search(self._file.read() or ""):
            return ""
        return Phrase("This desktop has turned it off. Turn it on in the desktop's settings, under startup programs.")


def exec_line(command: Command) -> str:
    """The value of ``Exec`` (Desktop Entry Specification 1.5: quoting, field codes, and the escapes of a string)."""
    words = ('"' + _RESERVED.sub(r"\\\1", word).replace("%", "%%") + '"' for word in command)
    return _escaped(" ".join(words))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\")


class _SystemReply(Protocol):
    body: tuple[object, ...]


class _Properties(Protocol):
    def get(self, name: str) -> object: ...


class _SystemBus(Protocol):
    def send_and_get_reply(self, message: object, *, timeout: float) -> _SystemReply: ...

    def close(self) -> None: ...


def situation(supplies: Path = _SUPPLIES, *, bus: str = "SYSTEM") -> Situation:
    """What the kernel and the D-Bus ``bus`` say now. Blocks for some milliseconds; what nobody tells is False."""
    metered: object = None
    locked: object = None
    with contextlib.suppress(Exception):
        # keyring needs jeepney on Linux too; imported here, it costs the start nothing.
        from jeepney.io.blocking import open_dbus_connection  # pyright: ignore[reportMissingTypeStubs] - it ships none

        with contextlib.closing(cast("Callable[[str], _SystemBus]", open_dbus_connection)(bus)) as opened:
            metered, locked = _property(opened, *_NETWORK), _property(opened, *_SESSION)
    return Situation(metered=metered in _METERED, on_battery=on_battery(supplies), locked=locked is True)


def on_battery(supplies: Path) -> bool:
    """Whether a battery of the machine itself is in use and no power comes in."""
    found = [(_read(path / "type"), _read(path / "online"), _read(path / "status")) for path in _entries(supplies)]
    if any(kind != "Battery" and online == "1" for kind, online, _ in found):
        return False
    return any(kind == "Battery" and status == "Discharging" for kind, _, status in found)


def _entries(supplies: Path) -> list[Path]:
    try:
        # The battery of a mouse or a headset ("Device") says nothing about the machine.
        return [path for path in supplies.iterdir() if _read(path / "scope") != "Device"]
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _property(bus: _SystemBus, name: str, path: str, interface: str, wanted: str) -> object:
    from jeepney import DBusAddress, Properties  # pyright: ignore[reportMissingTypeStubs] - it ships none

    # Whatever one service does, the other is asked too.
    with contextlib.suppress(Exception):
        question = cast("_Properties", Properties(DBusAddress(path, name, name + interface))).get(wanted)
        (answer,) = bus.send_and_get_reply(question, timeout=_PATIENCE).body
        # A value comes with its type; an error comes as text.
        if isinstance(answer, tuple):
            return cast("tuple[str, object]", answer)[1]
    return None


def _listeners(ports: frozenset[int], proc: Path) -> Iterator[tuple[str, int]]:
    inodes = {inode for table in ("tcp", "tcp6") for inode in _inodes(proc / "net" / table, ports)}
    for process in proc.glob("[0-9]*"):
        # A process may end, or be another user's, while it is looked at.
        with contextlib.suppress(OSError):
            links = (str(link.readlink()) for link in (process / "fd").iterdir())
            found = (_SOCKET_LINK.fullmatch(link) for link in links)
            if any(one is not None and one[1] in inodes for one in found):
                yield (process / "comm").read_text("utf-8", "replace"), int(process.name)


def _inodes(table: Path, ports: frozenset[int]) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for line in table.read_text("ascii").splitlines()[1:]:
            fields = line.split()
            address, status, inode = fields[1], fields[3], fields[9]
            if status == _LISTENING and int(address.rpartition(":")[2], 16) in ports:
                yield inode


def _programs(proc: Path) -> Iterator[UserProgram]:
    if sys.platform == "win32":
        return
    for entry in [entry for entry in proc.iterdir() if entry.name.isdigit()]:
        # It may end at any moment.
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == os.geteuid():
                yield UserProgram(_name_of(entry), int(entry.name), _codex_home(entry))


def _name_of(entry: Path) -> str:
    try:
        return (entry / "exe").readlink().name.removesuffix(" (deleted)")
    except PermissionError:
        # It lets nobody look into it (prctl(2), PR_SET_DUMPABLE). The kernel cuts this name after 15 letters.
        return (entry / "comm").read_text("utf-8", "replace").rstrip("\n")


def _codex_home(entry: Path) -> str | None:
    try:
        values = (entry / "environ").read_bytes().split(b"\0")
    except PermissionError:
        return None
    return os.fsdecode(next((v.removeprefix(_CODEX_HOME) for v in values if v.startswith(_CODEX_HOME)), b""))
