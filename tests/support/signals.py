"""The signals that end a program, as far as this system has them."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.desktop.waiting import wait_for

ENDING: Final = tuple(
    (number, 128 + number)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if isinstance(number := getattr(signal, name, None), signal.Signals)
)
"""Each with the exit status that it leads to."""

posix_signals = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows ends a process at once for SIGTERM, and knows no other"
)


def wait_taken(process: subprocess.Popen[bytes]) -> None:
    """Wait until a program has been interrupted by every signal that was sent to it.

    Its handlers run before it reads what comes afterwards. Only Linux tells; elsewhere it returns at once.
    """
    if sys.platform != "linux":
        return
    status = Path(f"/proc/{process.pid}/status")

    def taken() -> bool:
        return not any(
            int(mask, 16) for mask in re.findall(r"^(?:Sig|Shd)Pnd:\s*(\w+)$", status.read_text(), re.MULTILINE)
        )

    wait_for("the program to take the signals", taken)
