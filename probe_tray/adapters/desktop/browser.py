"""The person's web browser, started so that it neither blocks this program nor ends with it."""

import asyncio
import logging
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.lean_import import import_lean
from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.tools import NO_CONSOLE
from probe_tray.core.errors import BrowserError

FAILS_WITHIN_SECONDS: Final = 2.0
"""A starter that still runs after this long has started something."""

_log: Final = logging.getLogger(__name__)


@final
class SystemBrowser:
    """Opens addresses in the default browser; implements the port ``Browser``."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Use the variables in ``environ``; a ``BROWSER`` there goes before everything."""
        self._environ = environ

    async def open(self, address: str) -> None:
        """Show the address, which must be one of the web. Raises BrowserError."""
        # Anything else could be an option or a program to the one that is started.
        if not address.startswith(("https://", "http://")) or any(c.isspace() for c in address):
            raise BrowserError
        if not await asyncio.to_thread(self._open, address):
            raise BrowserError

    def _open(self, address: str) -> bool:
        opened = None if self._environ.get("BROWSER") else this_system().open_address(address)
        if opened is not None:
            return opened
        return any(_starts(command, self._environ) for command in self._commands(address))

    def _commands(self, address: str) -> Iterator[Sequence[str]]:
        # BROWSER holds commands in the order to try, with %s where the address goes, else it is put at the end.
        for choice in self._environ.get("BROWSER", "").split(os.pathsep):
            command = _words(choice)
            if command and any("%s" in word for word in command):
                yield [word.replace("%s", address) for word in command]
            elif command:
                yield [*command, address]
        for starter in this_system().browser_starters:
            yield [*starter.split(), address]


def _words(command: str) -> list[str]:
    # Imported here: a tray at rest opens no browser.
    import shlex

    try:
        # In Windows paths a backslash is no escape. A closing & asks for the background, where it runs anyway.
        return shlex.split(command.removesuffix("&"), posix=this_system().backslash_escapes)
    except ValueError:
        return []


def _starts(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    # Imported here: a tray at rest does without.
    import_lean("shutil")
    from shutil import which

    program = which(command[0], path=environ.get("PATH"))
    # A name alone is looked for in the current folder too, on Windows and with a dot in PATH: that may be anybody's.
    if program is None or (Path(command[0]).name == command[0] and not Path(program).is_absolute()):
        return False
    try:
        child = subprocess.Popen(
            [program, *command[1:]],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A signal to our terminal must not end the browser.
            start_new_session=True,
            creationflags=NO_CONSOLE,
        )
    except OSError:
        return False
    try:
        started = child.wait(FAILS_WITHIN_SECONDS) == 0
    except subprocess.TimeoutExpired:
        # Somebody has to wait for it, or it stays a zombie for as long as we run.
        threading.Thread(target=child.wait, name="browser", daemon=True).start()
        return True
    # The command without the address, which names the login.
    _log.debug("browser command %s: %s", command[0], "started" if started else "failed")
    return started
