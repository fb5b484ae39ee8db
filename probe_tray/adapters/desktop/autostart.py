"""Start at login: the entry by which each platform starts the program when the person's session begins."""

import asyncio
import contextlib
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, cast, final

import platformdirs

from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, remove_file, replace_file
from probe_tray.adapters.logins.credential_files import is_folder
from probe_tray.adapters.systems.macos import launch_environment
from probe_tray.adapters.systems.user_registry import APPROVED_KEY, RUN_KEY, UserRegistry
from probe_tray.core.errors import ProbeError, ReadError, WriteError
from probe_tray.core.settings import Settings, SettingsPatch, difference
from probe_tray.ports.files import SettingsFile

Command = Sequence[str]
_RESERVED: Final = re.compile(r"([\"`$\\])")
_EXEC: Final = re.compile(r"^(Try)?Exec=.*$", re.MULTILINE)


class LoginEntry(Protocol):
    """The entry of one platform. All methods block."""

    def put(self, command: Command) -> None:
        """Start ``command`` at login. Raises WriteError."""
        ...

    def remove(self) -> None:
        """Start nothing any more; a missing entry is no error. Raises WriteError."""
        ...

    def renew(self, command: Command) -> None:
        """Have an entry that is there start ``command``, and keep what the person changed in it. Raises WriteError."""
        ...


class Registry(Protocol):
    """A key of this user in the registry of Windows. Raises OSError."""

    def get(self, name: str) -> str | None:
        """The command line of that name."""
        ...

    def set(self, name: str, line: str) -> None:
        """Keep a command line."""
        ...

    def delete(self, name: str) -> None:
        """Remove it; raises FileNotFoundError where there is none."""
        ...


def system_entry(name: str, environment: Mapping[str, str]) -> LoginEntry:
    """This system's, ``name`` telling the demonstration's from the real one; ``environment`` is this process's."""
    match sys.platform:
        case "darwin":
            path = Path("~/Library/LaunchAgents").expanduser() / f"io.github.{name}.plist"
            return LaunchAgent(path, launch_environment(environment))
        case "win32":
            return RunEntry(name, UserRegistry(RUN_KEY), UserRegistry(APPROVED_KEY))
        case _:
            return DesktopEntry(platformdirs.user_config_path() / "autostart" / f"{name}.desktop")


def start_command(environment: Mapping[str, str], *, demo: bool) -> tuple[str, ...]:
    """What starts this program as it runs now: out of a bundle, an AppImage, or an environment of Python."""
    executable = Path(sys.executable)
    windows = sys.platform == "win32"
    script = executable.with_name("probe-tray.exe" if windows else "probe-tray")
    if image := environment.get("APPIMAGE"):
        # The program inside it runs from a folder that is gone tomorrow.
        command = (image,)
    elif getattr(sys, "frozen", False):
        command = (str(executable),)
    elif script.is_file():
        command = (str(script),)
    else:
        # The one without a console window.
        python = executable.with_name("pythonw.exe") if windows else executable
        command = (str(python), "-m", "probe_tray")
    return (*command, *(("--demo",) if demo else ()), "--background")


@final
class AutostartingSettings:
    """Implements ``SettingsFile`` around another: a change of ``start_at_login`` is carried out too, or not kept."""

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

    def _carry_out(self, *, on: bool) -> None:
        if on:
            self._entry.put(self._command)
        else:
            self._entry.remove()


@final
class DesktopEntry:
    """A file in the folder ``autostart`` (freedesktop.org, Desktop Application Autostart Specification 0.5)."""

    def __init__(self, path: Path) -> None:
        """Its folder is made when needed."""
        self._path = path

    def put(self, command: Command) -> None:
        """Write the file."""
        _write(
            self._path,
            "[Desktop Entry]\nType=Application\nName=Probe Tray\nComment=Codex quotas and logins in the system tray\n"
            # A desktop overlooks the entry once the program is gone.
            f"TryExec={_escaped(command[0])}\nExec={exec_line(command)}\n"
            "Icon=probe-tray\nTerminal=false\nX-GNOME-Autostart-enabled=true\n",
        )

    def remove(self) -> None:
        """Remove the file."""
        _remove(self._path)

    def renew(self, command: Command) -> None:
        """Change what is started; a desktop's "off" stays in the file."""

        def replaced(line: re.Match[str]) -> str:
            return f"TryExec={_escaped(command[0])}" if line[1] else f"Exec={exec_line(command)}"

        text = _text(self._path)
        changed = None if text is None else _EXEC.sub(replaced, text)
        if changed is not None and changed != text:
            _write(self._path, changed)


@final
class LaunchAgent:
    """A property list for launchd of macOS (launchd.plist(5))."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        """Its folder is made when needed. ``environment`` is what the program must be told at login."""
        self._path = path
        self._environment = environment

    def put(self, command: Command) -> None:
        """Write the list; launchd reads it at the next login."""
        entries: dict[str, object] = {
            "Label": self._path.stem,
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",
            # Else launchd gives it less of the processor and the disk than a program that somebody uses.
            "ProcessType": "Interactive",
        }
        if self._environment:
            entries["EnvironmentVariables"] = dict(self._environment)
        self._write(entries, command)

    def remove(self) -> None:
        """Remove the list."""
        _remove(self._path)

    def renew(self, command: Command) -> None:
        """Change the arguments alone."""
        # Imported here and below: it brings a reader of XML, 0.3 MB that other systems do without.
        import plistlib

        text = _text(self._path)
        with contextlib.suppress(plistlib.InvalidFileException, ValueError):
            found: object = None if text is None else plistlib.loads(text.encode())
            if isinstance(found, dict):
                entries = cast("dict[str, object]", found)
                if entries.get("ProgramArguments") != list(command):
                    self._write(entries, command)

    def _write(self, entries: dict[str, object], command: Command) -> None:
        import plistlib

        _write(self._path, plistlib.dumps({**entries, "ProgramArguments": list(command)}).decode())


@final
class RunEntry:
    """A value of the key ``Run``."""

    def __init__(self, name: str, registry: Registry, approved: Registry) -> None:
        """``name`` is the value's, in both keys. In ``approved`` Task Manager notes what it has switched off."""
        self._name = name
        self._registry = registry
        self._approved = approved

    def put(self, command: Command) -> None:
        """Keep the command line, quoted as Windows takes it apart, and switch on what Task Manager switched off."""
        with self._converted():
            self._registry.set(self._name, subprocess.list2cmdline(command))
            with contextlib.suppress(FileNotFoundError):
                self._approved.delete(self._name)

    def remove(self) -> None:
        """Delete the value."""
        with self._converted(), contextlib.suppress(FileNotFoundError):
            self._registry.delete(self._name)

    def renew(self, command: Command) -> None:
        """Change it where it is another one."""
        with self._converted():
            if self._registry.get(self._name) not in {None, subprocess.list2cmdline(command)}:
                # What Task Manager has switched off stays off: the person did not ask for it again.
                self._registry.set(self._name, subprocess.list2cmdline(command))

    @contextlib.contextmanager
    def _converted(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise WriteError(path=rf"HKEY_CURRENT_USER\{RUN_KEY}", reason=reason) from None


def exec_line(command: Command) -> str:
    """The value of ``Exec`` (Desktop Entry Specification 1.5: quoting, field codes, and the escapes of a string)."""
    words = ('"' + _RESERVED.sub(r"\\\1", word).replace("%", "%%") + '"' for word in command)
    return _escaped(" ".join(words))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\")


def _write(path: Path, text: str) -> None:
    if not is_folder(path.parent):
        make_private_folder(path.parent)
    replace_file(path, text.encode("utf-8", "surrogateescape"))


def _remove(path: Path) -> None:
    if path.parent.exists():
        remove_file(path)


def _text(path: Path) -> str | None:
    try:
        return read_regular(path).decode("utf-8", "surrogateescape")
    except (OSError, ReadError):
        return None
