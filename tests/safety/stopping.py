"""One real renewal in a process of its own that stops before one step of its disk, so that it can be killed there.

Reads the step's number and the round, a line each, from standard input; prints ``stopped`` when it has come to that
step, where it stays until it is killed, or ``ended RESULT`` where the renewal has fewer steps. It is started and killed
as every system can do that, without forks and signals.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from probe_tray.adapters.files.disk import Disk
from tests.safety.driver import Round, renew, say

_T = TypeVar("_T")


class StoppingDisk(Disk):
    """Stays for ever where its step number ``last`` would be made. Steps are what changes something."""

    def __init__(self, last: int) -> None:
        self._left = last
        self._threads = threading.Lock()

    def write(self, file: int, data: memoryview) -> int:
        """A step."""
        return self._step(lambda: super(StoppingDisk, self).write(file, data))

    def rename(self, source: Path, target: Path) -> None:
        """A step."""
        self._step(lambda: super(StoppingDisk, self).rename(source, target))

    def remove(self, path: Path) -> None:
        """A step."""
        self._step(lambda: super(StoppingDisk, self).remove(path))

    def sync(self, file: int) -> None:
        """Takes no time: the computer goes on, whatever becomes of the process."""

    def _step(self, run: Callable[[], _T]) -> _T:
        with self._threads:
            self._left -= 1
            if not self._left:
                say("stopped")
                threading.Event().wait()
        return run()


def main() -> None:
    """One round."""
    step, task = int(sys.stdin.readline()), msgspec.json.decode(sys.stdin.readline(), type=Round)
    say(f"ended {asyncio.run(renew(task, StoppingDisk(step)))}")


if __name__ == "__main__":
    main()
