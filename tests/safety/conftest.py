"""The simulated service, and a driver whose processes may be killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import msgspec
import pytest

from probe_tray.demo import DemoService
from tests.safety.driver import Round
from tests.support.patience import PATIENCE


class Driver:
    """The other end of the driver's standard streams."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.safety.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            # A Mac ends a process that forks once Objective-C was loaded, unless it is told not to mind.
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ["HOME"],
                "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
            },
        )
        assert self._line() == "ready"

    def begin(self, task: Round) -> list[int]:
        """Start a round; the numbers of its processes."""
        stdin = cast("IO[str]", self._process.stdin)
        stdin.write(msgspec.json.encode(task).decode() + "\n")
        stdin.flush()
        return [int(self._line().removeprefix("pid ")) for _ in range(task.processes)]

    def results(self, task: Round) -> list[str]:
        """How the round's processes ended."""
        return [self._line().split(maxsplit=2)[2] for _ in range(task.processes)]

    def run(self, task: Round) -> list[str]:
        """A whole round."""
        self.begin(task)
        return self.results(task)

    def close(self) -> None:
        cast("IO[str]", self._process.stdin).close()
        cast("IO[str]", self._process.stdout).close()
        self._process.wait(PATIENCE)

    def _line(self) -> str:
        return cast("IO[str]", self._process.stdout).readline().strip()


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    started = Driver()
    yield started
    started.close()


@pytest.fixture
def service() -> Iterator[DemoService]:
    with DemoService() as running:
        yield running
