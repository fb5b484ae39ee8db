"""Which programs of the official client run."""

import asyncio
import os
import subprocess
from pathlib import Path, PurePath
from typing import Final, final

from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.operating_system import UserProgram
from probe_tray.core.codex.codex_state import ClientProcess
from probe_tray.core.errors import CodexProgramsUnknownError

_NAMES: Final = frozenset({"codex", "codex-app", "codex-app-server", "codex-app-serve"})
"""The command, which the extension of an editor starts too, and the desktop app, without case and ending.

The last one is a name that Linux has cut.
"""


@final
class SystemClientProcesses:
    """Implements ``ClientProcesses``."""

    def __init__(self, default_home: Path) -> None:
        """``default_home`` is the one without ``CODEX_HOME``."""
        self._default = default_home

    async def running(self, home: str) -> tuple[ClientProcess, ...]:
        """Those of this user whose environment names the home, or does not say."""
        try:
            return await asyncio.to_thread(self._running, home)
        except (OSError, subprocess.SubprocessError):
            raise CodexProgramsUnknownError from None

    def _running(self, home: str) -> tuple[ClientProcess, ...]:
        return tuple(
            ClientProcess(name=PurePath(program.name).stem, number=program.number)
            for program in this_system().user_programs()
            if PurePath(program.name.casefold()).stem in _NAMES and self._works_with(program, home)
        )

    def _works_with(self, program: UserProgram, home: str) -> bool:
        if program.codex_home is None:
            return True
        return os.path.realpath(program.codex_home or self._default) == home
