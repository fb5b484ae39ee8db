"""A session bus of the test's own."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

DAEMON: Final = shutil.which("dbus-daemon")
#: Why a test without one is skipped.
MISSING: Final = "NOT TESTED: missing dbus-daemon"


@contextmanager
def session_bus() -> Generator[str]:
    """Run one; its address. For those who found ``DAEMON``."""
    assert DAEMON is not None
    # The paths of sockets are short.
    with TemporaryDirectory() as folder:
        command = [DAEMON, "--session", "--nofork", "--print-address", f"--address=unix:path={folder}/bus"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
            assert daemon.stdout is not None
            try:
                yield daemon.stdout.readline().strip()
            finally:
                daemon.terminate()
