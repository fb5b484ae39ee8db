"""Programs that the bench starts: output in files, ended for certain."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.desktop.waiting import BenchError, scrub, wait_for
from tests.support.patience import PATIENCE

TAIL_CHARACTERS: Final = 3000
KILL_SECONDS: Final = PATIENCE


class Program:
    """One running program; its standard output and error go to files named after it."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str],
        folder: Path,
        *,
        stdin: bytes = b"",
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Start it at once; `stdin` is written and closed."""
        self.name = name
        self._out = folder / f"{name}.out"
        self._err = folder / f"{name}.err"
        # The kernel ends it when the test run itself is killed, so that nothing stays behind.
        guarded = ["setpriv", "--pdeathsig", "TERM", "--", *map(str, argv)]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                guarded,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                env=dict(env),
                cwd=folder,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        pipe = self._process.stdin
        if pipe is not None:
            pipe.write(stdin)
            pipe.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def crashed(self) -> bool:
        """Whether a signal ended it, or it has printed a traceback."""
        return (self._process.poll() or 0) < 0 or "Traceback (most recent call last)" in self.errors()

    def output(self) -> str:
        """Return what it wrote to standard output, as it is."""
        return self._out.read_text("utf-8", errors="replace")

    def errors(self) -> str:
        """Return what it wrote to standard error, as it is."""
        return self._err.read_text("utf-8", errors="replace")

    def describe(self) -> str:
        """Say for a failure text whether it runs and how its output ends, without secrets."""
        code = self._process.poll()
        state = "running" if code is None else f"ended with {code}"
        tails = "".join(
            f"\n  {title}: {scrub(text)[-TAIL_CHARACTERS:]}"
            for title, text in (("stdout", self.output()), ("stderr", self.errors()))
            if text.strip()
        )
        return f"{self.name} (pid {self.pid}) is {state}{tails}"

    def wait_exit(self, seconds: float = PATIENCE) -> int:
        """Wait until it ends by itself and return its exit status (negative: the signal)."""
        wait_for(
            f"{self.name} to end",
            lambda: not self.running,
            seconds=seconds,
            instead=self.describe,
        )
        code = self._process.poll()
        if code is None:
            msg = f"{self.name} ended without a status"
            raise BenchError(msg)
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        if self.running:
            self._process.send_signal(number)

    def stop(self, seconds: float = KILL_SECONDS) -> int:
        """Ask it to end (SIGTERM), insist after `seconds` (SIGKILL), and return its status."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.kill()

    def kill(self) -> int:
        """End it and everything in its process group at once; return its status."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self._process.wait(KILL_SECONDS)


def processes_marked(marker: str) -> list[int]:
    """Return the processes whose environment holds `marker`, the path of the bench's own folder.

    The bus starts services by itself (settings, accessibility); only that folder tells whose they are.
    """
    return [pid for pid in _pids() if pid != os.getpid() and marker in _environment(pid)]


def end_all_marked(marker: str) -> None:
    """End every process that `processes_marked` names, and wait until they are gone."""
    for pid in processes_marked(marker):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(
        "the desktop's own services to end",
        lambda: not processes_marked(marker),
        instead=lambda: f"{processes_marked(marker)}",
    )


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_text("utf-8", errors="replace")
    except OSError:
        return ""
