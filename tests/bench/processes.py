"""Programs that are measured from outside, by what the kernel counts of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has used so far."""

    cpu: float
    """Seconds, of all its threads."""
    wakes: int
    """How often its threads went to sleep by themselves, and so were woken: by a timer, the desktop, each other."""
    first: int
    """Those of the first one."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What a process holds now, in MB of 1,000,000 bytes."""

    resident: float
    """With what it shares with others (RSS)."""
    own: float
    """What would be free without it (USS)."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A program that has ended."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, of the program and those it waited for."""
    output: bytes


def run(arguments: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> Run:
    """Run a program to its end. Raises OSError where it fails."""
    with (folder / "output").open("w+b") as output, (folder / "errors").open("w+b") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(a) for a in arguments], env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            msg = f"{arguments[0]} ended with {process.returncode}: {errors.read()[-500:].decode(errors='replace')}"
            raise OSError(msg)
        return Run(
            wall=wall,
            cpu=used.ru_utime + used.ru_stime,
            output=output.read(),
        )


_PEAK = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode;"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


def peak(arguments: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> float:
    """MB of memory that a program holds at most.

    Started by a small process: the kernel counts what a program was forked from as its own.
    """
    return int(run([sys.executable, "-I", "-S", "-c", _PEAK, *arguments], environment, folder).output) * 1024 / 1e6


@contextmanager
def started(
    arguments: Sequence[str | Path], environment: Mapping[str, str], folder: Path
) -> Generator["subprocess.Popen[bytes]"]:
    """Start a program that runs on; it is ended in the end. Its output is in ``folder``."""
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [str(a) for a in arguments],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def use(pid: int) -> Use:
    """What the process and its threads have used, those that have ended included."""
    # The number of another process's CPU clock (Linux, include/linux/posix-timers.h, CPUCLOCK_SCHED).
    cpu = time.clock_gettime((~pid << 3) | 2)
    switches: dict[str, int] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            status = (task / "status").read_text()
            switches[task.name] = int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return Use(cpu=cpu, wakes=sum(switches.values()), first=switches[str(pid)])


def memory(pid: int | str) -> Memory:
    """What the process holds now."""
    held: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        held[name] = int(rest.split()[0]) * 1024
    return Memory(resident=held["Rss"] / 1e6, own=(held["Private_Clean"] + held["Private_Dirty"]) / 1e6)
