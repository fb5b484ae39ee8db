"""Looks at the machine for the diagnostics, and takes out of a text what is nobody else's business."""

import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, final

from msgspec.structs import replace

from probe_tray import __version__
from probe_tray.adapters.hygiene import redact
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import Phrase
from probe_tray.core.machine import Machine

_LAST_LINES: Final = 40
_LAST_BYTES: Final = 16 * 1024
_SHORTEST_NAME: Final = 3
"""A shorter user name would be found inside ordinary words' company too often to mean the person."""
_FLATPAK: Final = Path("/.flatpak-info")
"""Every sandbox of Flatpak has it (flatpak-metadata(5))."""
HIDDEN: Final = "•••"


@final
class MachineInspector:
    """Asks the system, at the moment somebody wants to know."""

    def __init__(
        self,
        environment: Mapping[str, str],
        log_file: Path,
        keyring: Callable[[], str],
        proxy: Callable[[], ProxyChoice | None],
    ) -> None:
        """``keyring`` names the one in use; ``proxy`` is the present choice, None where none can be used."""
        self._environment = environment
        self._log_file = log_file
        self._keyring = keyring
        self._proxy = proxy

    def machine(self) -> Machine:
        """What the program runs on now. Never raises; reads at most 16 KB of the log."""
        env = self._environment
        names = (env.get("XDG_CURRENT_DESKTOP", ""), env.get("XDG_SESSION_TYPE", ""))
        proxy = self._proxy()
        shown, found_in = (Phrase("unknown"), Phrase("none in use")) if proxy is None else (proxy.shown, proxy.found_in)
        return replace(
            program(env),
            data_folder=str(self._log_file.parent),
            codex_home=env.get("CODEX_HOME") or "~/.codex",
            desktop=", ".join(name for name in names if name),
            keyring=self._keyring(),
            proxy=shown,
            proxy_found_in=found_in,
            log=_tail(self._log_file),
        )

    def clean(self, text: str) -> str:
        """``text`` without secrets, the person's home folder and user name."""
        return clean(text, str(Path.home()), _user())


def program(environment: Mapping[str, str]) -> Machine:
    """This program, its Python and the system; nothing else is filled in. Never raises."""
    return Machine(
        version=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=_system(),
        installed=how_installed(environment),
    )


def clean(text: str, home: str, user: str) -> str:
    """``text`` without anything shaped like a secret, with ``~`` for ``home``, and without ``user`` as a word."""
    if len(home) > 1:
        text = text.replace(home, "~").replace(home.replace(os.sep, "/"), "~")
    if len(user) >= _SHORTEST_NAME:
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(user)}(?![A-Za-z0-9])", HIDDEN, text)
    return redact(text)


def how_installed(environment: Mapping[str, str]) -> str:
    """What the program runs from. Plain English, as all of the diagnostics."""
    if environment.get("APPIMAGE"):
        return Phrase("an AppImage")
    if _FLATPAK.exists():
        return Phrase("a Flatpak")
    if getattr(sys, "frozen", False):
        return Phrase("a standalone app")
    if origin := this_system().python_origin():
        return origin
    return Phrase("a Python environment") if sys.prefix != sys.base_prefix else Phrase("the system's Python")


def _system() -> str:
    if sys.platform == "win32":
        import sysconfig

        # Since Python 3.12 platform asks WMI, which may take seconds; this is asked while a window opens.
        version = sys.getwindowsversion()
        return f"Windows {version.major}.{version.minor}.{version.build} ({sysconfig.get_platform()})"
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    bare = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{name} ({bare})" if name else f"{bare} {platform.mac_ver()[0]}".strip()


def _user() -> str:
    try:
        import getpass

        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _tail(path: Path) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LAST_BYTES))
            lines = file.read(_LAST_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    return tuple(lines[-_LAST_LINES:])
