"""Which clients of Codex run: they keep the account they started with."""

import contextlib
import subprocess
from typing import Final

from probe_tray.adapters.systems.operating_system import OperatingSystem

_NAMES: Final = frozenset({"codex", "codex.exe"})
"""Of the command, of the IDE extension's and of the desktop app's server."""


def running_clients(system: OperatingSystem) -> list[tuple[str, int]]:
    """Name and process of each client that the person runs; none where the system does not tell.

    Blocks, a few seconds at most: call it in a thread.
    """
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        found = [(name, process) for name, process in system.processes() if name.lower() in _NAMES]
        return sorted(found, key=lambda one: one[1])
    return []
