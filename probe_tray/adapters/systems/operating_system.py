"""What differs between the operating systems, as the rest of the program sees it."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from socket import socket
from typing import Protocol, TextIO

from probe_tray.core.lean_msgspec import msgspec
from probe_tray.core.polling.situation import Situation

Command = Sequence[str]
"""A program and its arguments."""


class UserProgram(msgspec.Struct, frozen=True):
    """A process of this user."""

    name: str
    """Of its file, without folders."""
    number: int
    codex_home: str | None = None
    """``CODEX_HOME`` in its environment, empty without; None where the system doesn't say."""


class SystemProxies(msgspec.Struct, frozen=True):
    """What the settings of macOS or Windows say; elsewhere nothing."""

    name: str = ""
    """Where a person finds them."""
    addresses: Mapping[str, str] = {}
    """``https``, ``http`` and ``socks`` with their addresses."""
    bypasses: Callable[[str], bool] = lambda _: False
    """Whether the settings except a host."""


class EntryFile(Protocol):
    """The small text file that an entry may be kept in; its folder is made when needed. All methods block."""

    def read(self) -> str | None:
        """What it holds; None where there is none that can be read."""
        ...

    def write(self, text: str) -> None:
        """Give it this content. Raises WriteError."""
        ...

    def remove(self) -> None:
        """Remove it; a missing one is no error. Raises WriteError."""
        ...


class LoginEntry(Protocol):
    """The entry by which the system starts the program when the person's session begins. All methods block."""

    def put(self, command: Command) -> None:
        """Start ``command`` at login. Raises WriteError."""
        ...

    def remove(self) -> None:
        """Start nothing any more; a missing entry is no error. Raises WriteError."""
        ...

    def renew(self, command: Command) -> None:
        """Have an entry that is there start ``command``, and keep what the person changed in it. Raises WriteError."""
        ...

    def obstacle(self) -> str:
        """Why the system would not start the program although the entry says so, and what to do; empty where it would.

        May raise anything: nothing is known then.
        """
        ...


class NotificationService(Protocol):
    """The part of desktop-notifier's services (6.2, ``backends/base.py``) that knows about permission."""

    async def has_authorisation(self) -> bool:
        """Whether this program may show notifications."""
        ...


class FolderEvents(Protocol):
    """The system's own notice of changes in folders, for one event loop."""

    def fileno(self) -> int:
        """What can be read from once something has changed."""
        ...

    def follow(self, folders: Iterable[Path]) -> bool:
        """Notice changes of the entries of these folders, and no others; whether all of them can be noticed.

        Of a folder that is missing its coming. Blocks; never raises.
        """
        ...

    @property
    def is_shared(self) -> bool:
        """Whether one of the folders is on another computer, whose changes are not noticed."""
        ...

    @property
    def watches(self) -> frozenset[int]:
        """A number for each folder that is followed. One that came, or took another's place, has a new one."""
        ...

    def take(self) -> None:
        """Take what has come, so that :meth:`fileno` waits again. Never blocks, never raises."""
        ...

    def close(self) -> None:
        """Notice nothing any more."""
        ...


class MachineEvents(Protocol):
    """The system's own notice of power, screen and network, for one event loop."""

    @property
    def sources(self) -> tuple[int, ...]:
        """What can be read from once something may have changed."""
        ...

    @property
    def tells_all(self) -> bool:
        """Whether nothing that a look would find changes without a notice."""
        ...

    def take(self, source: int) -> bool:
        """Take what has come at ``source``; whether it may be about the machine's situation. Never blocks.

        Raises EOFError where no more will come.
        """
        ...

    def close(self) -> None:
        """Notice nothing any more."""
        ...


class OperatingSystem(Protocol):
    """One operating system. Whatever a method needs is imported when it is called, and every one may block."""

    name: str
    """``linux``, ``macos`` or ``windows``."""
    has_unix_sockets: bool
    """Whether programs of one user can speak over a file in a folder; a running one's folder can be removed then."""
    reserves_ports: bool
    """Whether a port that nobody listens on may be refused all the same."""
    inherits_access: bool
    """Whether a file takes who may read it from its folder."""
    verifies_certificates: bool
    """Whether the system has a verifier of its own, which may ask the network for minutes."""
    asks_before_notifying: bool
    """Whether the person is asked once whether a program may show notifications."""
    tells_permission: bool
    """Whether the system says if the person lets a program show notifications."""
    has_notification_bus: bool
    """Whether notifications are shown by a service on the session bus (freedesktop.org)."""
    notification_picture: str
    """The picture beside a notification, in a format that the system's service shows: a file of ``resources``."""
    backslash_escapes: bool
    """Whether a backslash in a command line takes the meaning from the sign after it."""
    asks_before_opening: bool
    """Whether the person decides which programs may open Documents, Desktop and the like: a refusal is EPERM."""

    @property
    def browser_starters(self) -> Sequence[str]:
        """The programs that hand an address to the person's browser, the best first."""
        ...

    def situation(self) -> Situation:
        """The machine's power, screen and network. May raise anything: nothing is known then."""
        ...

    def process_began(self) -> datetime:
        """When this process was made, aware UTC, to about 10 ms. Raises OSError, ValueError or IndexError."""
        ...

    def login_entry(self, name: str, environment: Mapping[str, str], file: Callable[[str], EntryFile]) -> LoginEntry:
        """The entry of that name. ``file`` opens one by its path, which may begin with ``~``."""
        ...

    def start_command(self, environment: Mapping[str, str]) -> Command:
        """What starts this program as it runs now, without its arguments."""
        ...

    def proxies(self) -> SystemProxies:
        """The proxy settings. May raise whatever Python's own reading of them raises."""
        ...

    def names_script(self) -> bool:
        """Whether the proxy settings leave the choice to a script (PAC) whose address they hold."""
        ...

    def finds_script(self) -> bool:
        """Whether the proxy settings say to look for a script that the network offers (WPAD)."""
        ...

    def port_holders(self, ports: frozenset[int]) -> Sequence[tuple[str, int]]:
        """The programs that listen on any of ``ports``: name and number of the process.

        Takes seconds at most. Raises OSError and subprocess.SubprocessError.
        """
        ...

    def user_programs(self) -> Sequence[UserProgram]:
        """The processes of this user, on some systems those of others too; seconds at most.

        Raises OSError and subprocess.SubprocessError where they could not all be listed: whoever is not named may run.
        """
        ...

    def end_with_children(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that leads a session of its own, and those that it started. Never raises."""
        ...

    def share_memory(self) -> None:
        """Have all threads take memory from one place, where the allocator gives each its own. Before there are any."""
        ...

    def give_back_memory(self) -> None:
        """Hand memory that was freed back, where the allocator keeps it. Takes milliseconds at most."""
        ...

    def runtime_folder(self) -> Path | None:
        """Where sockets of this user lie, whatever the environment of a start; None where there is no such place."""
        ...

    def user_number(self) -> int:
        """This user's number; 0 where users have none."""
        ...

    def unix_socket(self) -> socket:
        """A new one. Raises OSError where there are none."""
        ...

    def is_same_user(self, peer: socket) -> bool:
        """Whether the other end of a Unix socket runs as this user; True where the system does not tell."""
        ...

    def let_come_forward(self) -> None:
        """Let another program bring its window before the others, as only the one that was just started may."""
        ...

    def set_up_port(self, listener: socket) -> None:
        """Let ``listener`` have its port at once, and alone. Raises OSError."""
        ...

    def open_address(self, address: str) -> bool | None:
        """Show it in the person's browser: whether that worked, None where the starters do it."""
        ...

    def show_notification(self, title: str, body: str) -> bool:
        """Show one for a program that the system's own service shows none for; whether it did."""
        ...

    async def may_notify(self, service: NotificationService) -> bool | None:
        """Whether the person lets this program show notifications; None where nobody says. May raise anything.

        It asks the ``service`` that shows them, never the person.
        """
        ...

    def open_notification_settings(self) -> bool:
        """Show the page of the system's settings on which notifications are turned on; whether that worked."""
        ...

    def notification_sender(self, name: str) -> str:
        """What the program's notifications come from; ``name`` unless the system knows it by an id."""
        ...

    def name_process(self, icon: Path) -> None:
        """Tell the system, before there is a window, which program this is. A refusal changes only looks."""
        ...

    def describe_process(self, icon: Path) -> None:
        """Give the id of the program's notifications its name and picture. A refusal changes only looks."""
        ...

    def show_error(self, text: str) -> bool:
        """Show an error where there is no terminal, without Qt, which may be what failed; whether it was shown.

        Waits for the person.
        """
        ...

    def use_console(self) -> None:
        """Let a program without standard streams print to the console that it was started from, if there is one.

        From then on that console's Ctrl-C and its closing end this process, so it should end right afterwards.
        """
        ...

    def outlive_console(self) -> AbstractContextManager[None]:
        """Until this is left, let what handles the signals tidy up although the terminal was closed.

        As far as the system allows it: Windows ends the process after 5 seconds, and a command at once when the
        person logs off or shuts down.
        """
        ...

    def obeys_sequences(self, stream: TextIO) -> bool:
        """Whether the terminal behind standard output or error obeys escape sequences."""
        ...

    def app_folder(self, name: str) -> Path | None:
        """Where a program of that name has its files; None where platformdirs says so. Raises RuntimeError."""
        ...

    def switch_off_core_dumps(self) -> None:
        """Let a crash leave no image of this program's memory behind."""
        ...

    def wait_for_input(self, stream: TextIO) -> None:
        """Return once there is something to read, without keeping signals from being seen. Raises OSError."""
        ...

    def python_origin(self) -> str:
        """Where this Python is from, where that explains something: plain English, empty else."""
        ...

    def is_held(self, error: OSError) -> bool:
        """Whether another program keeps a file from being opened or replaced; it usually lets go soon."""
        ...

    def sync_file(self, file: int) -> None:
        """Return once the bytes of an open file are on the medium. Raises OSError."""
        ...

    def open_folder(self, folder: Path) -> int | None:
        """Open a folder so that its names can be brought to the medium; None where that cannot be. Raises OSError."""
        ...

    def machine_events(self) -> MachineEvents | None:
        """A new one; None where the system has none. Blocks for some milliseconds. Raises OSError."""
        ...

    def folder_events(self) -> FolderEvents | None:
        """A new one; None where the system has none that costs nothing while nothing happens. Raises OSError."""
        ...

    def take_lock(self, path: Path) -> Callable[[], None] | None:
        """Lock a file, which is made 0600 where it is missing; what is returned gives the lock up.

        None where somebody else has it, in this process or another. The kernel gives it up with the process.
        Raises OSError.
        """
        ...

    def folder_lock(
        self, folder: Path, handle: int | None, seconds: float, pause: Callable[[float], None]
    ) -> AbstractContextManager[bool]:
        """Keep other processes of this program from the files of a folder; whether that was got in ``seconds``.

        ``handle`` is the open folder, as ``open_folder`` gives it. Also True where the folder's disk has no locks.
        Blocks, and waits by ``pause`` where the system has no wait of its own. Raises OSError.
        """
        ...

    def belongs_to_another(self, found: os.stat_result) -> bool:
        """Whether a file is another user's, as far as the system tells."""
        ...

    def has_open_mode(self, found: os.stat_result) -> bool:
        """Whether a file's mode lets other users in."""
        ...

    def is_open_to_others(self, path: Path) -> bool:
        """Whether other users of this computer can probably read what is there. Never raises."""
        ...

    def privacy_advice(self, path: Path) -> str:
        """What a person does so that other users cannot read what is there."""
        ...

    def expanded(self, word: str, *, wildcards: bool) -> list[str]:
        """What a word of the command line means that names a file, where no shell has said so."""
        ...

    def shared_entry(self, service: str, user: str) -> str:
        """The service under which the keyring has what programs in Rust keep."""
        ...

    def shared_path(self, path: str) -> str:
        """A real path, as programs in Rust spell it."""
        ...

    def offset_at(self, moment: datetime) -> timedelta:
        """How far the local time is before UTC at ``moment``, which is aware. Raises OSError."""
        ...

    def offset_of(self, local: datetime) -> timedelta:
        """The same where the local time is ``local``, whatever zone it carries. Raises OSError and OverflowError."""
        ...
