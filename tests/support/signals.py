"""The signals that end a program, as far as this system has them."""

import signal
import sys
from typing import Final

import pytest

ENDING: Final = tuple(
    (number, 128 + number)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if isinstance(number := getattr(signal, name, None), signal.Signals)
)
"""Each with the exit status that it leads to."""

posix_signals = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows ends a process at once for SIGTERM, and knows no other"
)
