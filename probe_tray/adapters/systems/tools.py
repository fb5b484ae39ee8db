"""Programs of the system that are asked something."""

import subprocess
from typing import Final

_SECONDS: Final = 3.0


def output_of(*command: str) -> str:
    """What a program prints. Blocks for seconds at most; raises OSError and subprocess.SubprocessError."""
    done = subprocess.run(
        command,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
        # Else Windows opens a console for a moment.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout
