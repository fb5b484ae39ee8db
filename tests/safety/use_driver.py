"""The real command in processes of its own that end, or whose disk fails, at a chosen step: loaded before each fork.

Reads one JSON line per run from standard input; prints ``ended STATUS`` when its process is gone, STATUS being its exit
status, or the negative number of the signal that ended it. What it said is in the file that the line names.
"""

import errno
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from probe_tray.adapters.files.disk import Disk

PRELOADED: Final = (
    "httpx",
    "cryptography.hazmat.primitives.ciphers.aead",
    "keyring.core",
    "probe_tray.cli.codex.use",
    "probe_tray.cli.main",
    "probe_tray.cli.renew.run",
    "probe_tray.cli.session.session",
)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the command."""

    words: tuple[str, ...]
    environment: dict[str, str]
    output: str
    """The file for what it prints and says."""
    step: int = 0
    """The number of the step at which something happens; 0: at none."""
    error: int = 0
    """The errno with which that step and all after it fail; 0: the process is killed right before it.

    It is killed only where another process would see something else afterwards; any call of the disk may fail.
    """
    keyring: str = ""
    """The JSON file that plays the OS keyring; empty: there is none."""


class Steps:
    """Counts what the process changes, and lets it die or fail."""

    def __init__(self, run: Run) -> None:
        self._run, self._left = run, run.step

    def reach(self) -> None:
        """The next step is about to be made."""
        self._left -= 1
        if not self._run.step or self._left > 0:
            return
        if self._run.error:
            raise OSError(self._run.error, "injected")
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count the calls of every disk from now on."""
        names = {"rename", "remove"}
        if self._run.error:
            names |= {"open_folder", "create", "write", "sync", "sync_folder"}
        if self._run.error == errno.ENOSPC:
            names -= {"remove"}
        for name in names:
            setattr(Disk, name, self._counted(getattr(Disk, name)))
        if not self._run.error:
            # The computer goes on, whatever becomes of the process.
            setattr(Disk, "sync", _nothing)  # noqa: B010 - its parameters have other names

    def _counted(self, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object) -> object:
            self.reach()
            return call(*arguments)

        return counted


class FileKeyring:
    """A keyring that asks nobody, in a file."""

    viable, priority = True, 9

    def __init__(self, path: Path, steps: Steps) -> None:
        self._path, self._steps = path, steps

    def get_password(self, service: str, username: str) -> str | None:
        """The entry."""
        return self._entries().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """A step."""
        self._steps.reach()
        self._put({**self._entries(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        """A step."""
        self._steps.reach()
        self._put({name: value for name, value in self._entries().items() if name != f"{service} {username}"})

    def trust(self) -> None:
        """Make it the only keyring that there is."""
        from probe_tray.adapters.keyring import backends, key_store

        name = f"{type(self).__module__}.{type(self).__qualname__}"
        backends.__dict__["_KNOWN"] = frozenset({name})
        # One that never asks a person.
        key_store.__dict__["_WINDOWS"] = name
        backends.__dict__["_system_backends"] = lambda: [self]
        import keyring.core

        keyring.core.__dict__["load_env"] = keyring.core.__dict__["load_config"] = lambda: None

    def _entries(self) -> dict[str, str]:
        return json.loads(self._path.read_text()) if self._path.exists() else {}

    def _put(self, entries: dict[str, str]) -> None:
        self._path.write_text(json.dumps(entries))


def _nothing(_disk: Disk, _file: int) -> None:
    """Instead of a sync."""


def run(task: Run) -> int:
    """The command, in this process."""
    from probe_tray.cli.main import main as command

    os.environ.clear()
    os.environ.update(task.environment)
    if sys.platform != "win32":
        time.tzset()
    with Path(task.output).open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    steps = Steps(task)
    steps.watch()
    if task.keyring:
        FileKeyring(Path(task.keyring), steps).trust()
    status = int(command(task.words))
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def main() -> None:
    """Serve until standard input ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            status = 99
            try:
                status = run(msgspec.json.decode(line, type=Run))
            except BaseException:  # noqa: BLE001 - whatever it is, the test sees it in the output
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(status)
        _, ended = os.waitpid(pid, 0)
        sys.stdout.write(f"ended {os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
