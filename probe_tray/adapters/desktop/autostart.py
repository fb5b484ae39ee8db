"""Start at login: the entry by which each platform starts the program when the person's session begins."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, remove_file, replace_file
from probe_tray.adapters.logins.credential_files import is_folder
from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import Command, LoginEntry
from probe_tray.core.errors import ProbeError, ReadError, WriteError
from probe_tray.core.settings import Settings, SettingsPatch, difference
from probe_tray.ports.files import SettingsFile


def system_entry(name: str, environment: Mapping[str, str], *, disk: Disk) -> LoginEntry:
    """This system's, ``name`` telling the demonstration's from the real one; ``environment`` is this process's."""
    return this_system().login_entry(name, environment, partial(TextEntryFile, disk=disk))


def start_command(environment: Mapping[str, str], *, demo: bool) -> tuple[str, ...]:
    """What starts this program as it runs now: out of a bundle, an AppImage, or an environment of Python."""
    return (*this_system().start_command(environment), *(("--demo",) if demo else ()), "--background")


@final
class AutostartingSettings:
    """Implements ``SettingsFile`` around another: a change of ``start_at_login`` is carried out too, or not kept.

    Implements ``Autostart`` too.
    """

    def __init__(self, file: SettingsFile, entry: LoginEntry, command: Command) -> None:
        """``command`` starts the program."""
        self._file = file
        self._entry = entry
        self._command = command

    async def change(
        self, change: SettingsPatch, base: Settings, check: Callable[[Settings], Awaitable[None]]
    ) -> Settings:
        """Save. Where the change is about something else, the entry is left as the person may have changed it."""
        after = await self._file.change(change, base, check)
        if "start_at_login" in change.values:
            try:
                await asyncio.to_thread(self._carry_out, on=after.start_at_login)
            except WriteError:
                with contextlib.suppress(ProbeError):
                    await self._file.change(difference(after, base).only(change.values), base, check)
                raise
        return after

    async def obstacle(self) -> str:
        """Ask the system, in a thread."""
        # No answer is worth more than a note beside a setting.
        with contextlib.suppress(Exception):
            return await asyncio.to_thread(self._entry.obstacle)
        return ""

    def _carry_out(self, *, on: bool) -> None:
        if on:
            self._entry.put(self._command)
        else:
            self._entry.remove()


@final
class TextEntryFile:
    """Implements ``EntryFile``."""

    def __init__(self, path: str, *, disk: Disk) -> None:
        """``path`` may begin with ``~``. Raises RuntimeError where nobody knows whose home that is."""
        self._path, self._disk = Path(path).expanduser(), disk

    def read(self) -> str | None:
        """The text, whatever its bytes are."""
        try:
            return read_regular(self._path, disk=self._disk).decode("utf-8", "surrogateescape")
        except (OSError, ReadError):
            return None

    def write(self, text: str) -> None:
        """All or nothing."""
        if not is_folder(self._path.parent):
            make_private_folder(self._path.parent)
        replace_file(self._path, text.encode("utf-8", "surrogateescape"), disk=self._disk)

    def remove(self) -> None:
        """Remove it."""
        if self._path.parent.exists():
            remove_file(self._path, disk=self._disk)
