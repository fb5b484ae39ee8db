"""The steps of `python -m tests`: each prints a heading, runs one program and tells whether it was content."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.tooling import debian

ROOT: Final = Path(__file__).resolve().parents[2]
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_COUNT: Final = re.compile(
    r"(=+ )?(no tests (ran|collected)|\d+ (passed|failed|skipped|errors?|deselected|xfailed|xpassed|warnings?))"
    r"(, \d+ \w+)*( in [\d.]+s( \([\d:]+\))?)?( =+)?"
)


class Step(NamedTuple):
    """One check: its name as printed, and what runs it and returns whether it passed."""

    name: str
    run: Callable[[], bool]


def say(text: str) -> None:
    """Print at once, so that the order stays right beside the output of other programs."""
    print(text, flush=True)


def run_all(steps: Iterable[Step]) -> list[str]:
    """Run every step, whatever the others did; return the names of those that failed."""
    failed: list[str] = []
    for step in steps:
        say(f"\n==== {step.name} ====")
        if not step.run():
            failed.append(step.name)
    return failed


def tool(name: str, *arguments: str) -> Step:
    """Make a step of a program which lies beside this Python."""

    def run() -> bool:
        program = _program(name)
        command = [program, *arguments]
        return (
            bool(program) and subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL).returncode == 0
        )

    return Step(" ".join((name, *arguments)), run)


def _program(name: str) -> str:
    """Return its path, or say that it is missing and return an empty string."""
    program = shutil.which(name, path=str(Path(sys.executable).parent))
    if program is None:
        say(f"{name} is not installed here. Start the checks with: uv run python -m tests")
    return program or ""


def type_checks() -> Step:
    """Make the step that checks the types for each operating system, for all of them at the same time.

    The tests drive the program with what POSIX has, signals and terminals among it, so they are checked for Linux only.
    """
    program = ("probe_tray", "packaging")
    places = {"Linux": (), "Darwin": program, "Windows": program}

    def run() -> bool:
        pyright = _program("pyright")
        if not pyright:
            return False
        running = {name: _start([pyright, "--pythonplatform", name, *what]) for name, what in places.items()}
        for name, process in running.items():
            said, _ = process.communicate()
            say(f"{name}: {said.strip()}")
        return all(process.returncode == 0 for process in running.values())

    return Step("pyright for Linux, macOS and Windows", run)


def _start(command: list[str]) -> "subprocess.Popen[str]":
    """Start it, its output kept for whoever asks."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT, encoding="utf-8"
    )


def system_packages(*, install: bool = True) -> Step:
    """Make the step that installs the packages of the tests on Debian and Ubuntu, and names them first.

    Without ``install`` it names them and leaves them out.
    """

    def run() -> bool:
        if not debian.is_debian():
            say("This is not Debian or Ubuntu: tests whose programs are missing are skipped, and named below.")
            return True
        wanted = debian.missing(debian.packages())
        if not wanted:
            say("Everything is installed.")
            return True
        if not install:
            say(f"Missing, and left out: {' '.join(wanted)}")
            say("The tests that need them are skipped, and named below.")
            return True
        prefix = debian.as_root()
        if prefix is None:
            say(f"Missing, and only root can install them:\n  sudo apt-get install {' '.join(wanted)}")
            say("The tests that need them are skipped, and named below.")
            return True
        say(f"Installing {len(wanted)} system packages with apt-get (some minutes): {' '.join(wanted)}")
        say("To run the checks without them: uv run python -m tests --no-install")
        problem = debian.install(wanted, prefix)
        say(problem or "Installed.")
        return not problem

    return Step("system packages", run)


def qt_loads(python: Path) -> bool:
    """Tell whether the Qt of that Python finds the libraries of the system that it needs."""
    command = [str(python), "-c", "import PySide6.QtWidgets, PySide6.QtTest"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


_HEAVY_SECONDS = 3900
"""Longer than the heaviest test may take, by its own mark. pyproject.toml has the limit of all others."""


class Pytest:
    """Run pytest on all cores, print its output as it comes, and keep its count for the very end."""

    def __init__(
        self,
        arguments: list[str],
        *,
        measures: bool = False,
        python: Path | None = None,
        suites: Sequence[str] = (),
    ) -> None:
        """``python`` is the one that runs them, by default this one; ``suites`` are folders, by default all.

        ``measures`` says which lines no test reached: the tests take twice as long then.
        """
        self.last_line = "pytest did not start."
        self._arguments, self._suites = arguments, suites
        self._python = python or Path(sys.executable)
        self._measures = measures
        # A few tests named by a person are done before other processes have even started.
        self._workers = min(4, os.cpu_count() or 1) if {"--quick", "--heavy"}.issuperset(arguments) else 1
        if {"--heavy"}.issuperset(arguments) and not suites:
            # Half of what a desktop test takes it waits for what is shown: another process has the core meanwhile.
            self._workers += 1

    def step(self) -> Step:
        """Return it as a step."""
        shown = ["--coverage"] if self._measures else []
        return Step(" ".join(("pytest", *shown, *self._arguments)), self.run)

    def command(self) -> list[str]:
        """Return what is run."""
        measure = ["--cov", "--cov-report="] if self._measures else []
        share = ["-n", str(self._workers)] if self._workers > 1 else []
        patience = ["-o", f"faulthandler_timeout={_HEAVY_SECONDS}"] if "--heavy" in self._arguments else []
        return [str(self._python), "-m", "pytest", *measure, *self._arguments, *patience, *share, *self._suites]

    def run(self) -> bool:
        """Run it, and return whether all of them passed."""
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, "COVERAGE_FILE": str(Path(folder, "coverage"))}
            command = self.command()
            if not qt_loads(self._python):
                say("Qt does not find its system libraries (libEGL and others): all its tests are left out.")
                command += ["-p", "no:pytest-qt"]
            if sys.stdout.isatty():
                command.append("--color=yes")
            passed = self._stream(command, env)
            if not self._measures:
                return passed
            say("\n==== coverage ====")
            report = [sys.executable, "-m", "coverage", "report"]
            return subprocess.run(report, cwd=ROOT, env=env, check=False).returncode == 0 and passed

    def _stream(self, command: list[str], env: dict[str, str]) -> bool:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        with process:
            self.last_line = print_all_but_last(process.stdout or ())
        if process.returncode < 0:
            say(f"pytest was ended by signal {-process.returncode}.")
        return process.returncode == 0


def print_all_but_last(lines: Iterable[str]) -> str:
    """Print the lines as they come, and return pytest's count instead of printing it.

    Warnings of other programs may come after the count, so it is known by its form and not by its place.
    """
    count = ""
    for line in lines:
        text = line.rstrip("\n")
        if _COUNT.fullmatch(_COLOUR.sub("", text)):
            if count:
                say(count)
            count = text
        elif text.strip():
            say(text)
    return count or "pytest ended without a count."
