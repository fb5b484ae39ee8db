"""Programs of the system that are asked something."""

import subprocess
from typing import Final

NO_CONSOLE: Final = int(getattr(subprocess, "CREATE_NO_WINDOW", 0))
"""For ``creationflags`` of whatever is started: else Windows opens a console for a program that writes to one."""
_SECONDS: Final = 3.0


def output_of(*command: str) -> str:
    """What a program prints. Blocks for seconds at most; raises OSError and subprocess.SubprocessError."""
    done = subprocess.run(
        command,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
        creationflags=NO_CONSOLE,
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout
