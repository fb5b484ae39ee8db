"""The other program that some rows are measured beside, in an environment of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Final

TOKENTRAY: Final = "tokentray==0.1.1"


def install(folder: Path) -> Path | None:
    """The Python of an environment that has tokentray with this Python and this Qt; None where it can't be had."""
    from PySide6 import __version__ as qt

    python = folder / "bin" / "python"
    for command in (
        ["uv", "venv", "--quiet", "--python", sys.executable, str(folder)],
        ["uv", "pip", "install", "--quiet", "--python", str(python), TOKENTRAY, f"PySide6=={qt}"],
    ):
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError):
            return None
    return python
