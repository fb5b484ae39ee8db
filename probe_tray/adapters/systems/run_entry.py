"""Start at login on Windows."""

import contextlib
import subprocess
import sys
from collections.abc import Generator
from typing import final

from probe_tray.adapters.systems.operating_system import Command
from probe_tray.adapters.systems.user_registry import RUN_KEY, UserRegistry
from probe_tray.core.errors import Phrase, WriteError


@final
class RunEntry:
    """A value of the key ``Run``."""

    def __init__(self, name: str, registry: UserRegistry, approved: UserRegistry) -> None:
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
            line = subprocess.list2cmdline(command)
            # What Task Manager has switched off stays off: the person did not ask for it again.
            if self._registry.read(self._name) not in {None, line}:
                self._registry.set(self._name, line)

    def obstacle(self) -> str:
        """What Task Manager has noted, and whether Windows sees the entry at all."""
        if is_from_store():
            return Phrase("Windows doesn't see this: Python is from the Microsoft Store. Use another Python.")
        noted = self._approved.read(self._name)
        # A binary value whose first byte is odd: switched off, with the moment after it.
        off = isinstance(noted, bytes) and bool(noted) and bool(noted[0] & 1)
        if not off or self._registry.read(self._name) is None:
            return ""
        return Phrase("Windows has turned it off. Turn it on in Task Manager, under Startup apps.")

    @contextlib.contextmanager
    def _converted(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise WriteError(path=rf"HKEY_CURRENT_USER\{RUN_KEY}", reason=reason) from None


def is_from_store() -> bool:
    """Whether this Python is one of the Microsoft Store."""
    return "WindowsApps" in sys.base_prefix
