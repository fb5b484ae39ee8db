"""Which program holds a port of this machine, for a sentence that helps."""

import contextlib
import subprocess
from collections.abc import Iterable
from typing import Final

from probe_tray.adapters.systems.operating_system import OperatingSystem
from probe_tray.core.errors import Phrase, all_of

ANOTHER_PROGRAM: Final = Phrase("another program")
"""What is said where the system does not tell."""


def holder_of(ports: Iterable[int], system: OperatingSystem) -> str:
    """Name the programs that listen on any of ``ports``, such as ``codex (process 4711)``.

    Blocks, a few seconds at most: call it in a thread. Systems tell this about the person's own programs only; about
    others the answer is :data:`ANOTHER_PROGRAM`.
    """
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        names = sorted({_sentence(*one) for one in system.port_holders(frozenset(ports))})
    return all_of(names) if names else ANOTHER_PROGRAM


def _sentence(name: str, process: int) -> str:
    # The name is another program's choice, and it is going to be shown.
    plain = "".join(c for c in name if c.isprintable()).strip()[:60]
    return Phrase("{program} (process {n})", program=plain or ANOTHER_PROGRAM, n=str(process))
