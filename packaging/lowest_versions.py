"""Run the tests with the lowest versions of the libraries that pyproject.toml allows.

uv run python packaging/lowest_versions.py
uv run python packaging/lowest_versions.py tests/unit/core     any other argument goes to pytest

The environment is .venvs/lowest. The tools of the tests are the pinned ones.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

from project import BUILD, ROOT, run

PYTHON: Final = "3.11"
"""The lowest that is supported."""
SUITES: Final = ("tests/unit", "tests/contracts", "tests/command", "tests/scenarios")
ENVIRONMENT: Final = ROOT / ".venvs" / "lowest"
_LOWEST: Final = BUILD / "lowest.txt"


def prepare() -> None:
    """Make the environment."""
    BUILD.mkdir(exist_ok=True)
    # Without the project's settings, whose pins are newer than the lowest versions.
    free = ("--no-config", "--quiet")
    run("uv", "venv", "--quiet", "--clear", "--python", PYTHON, ENVIRONMENT)
    choice = ("--resolution", "lowest-direct", "--python-version", PYTHON)
    run("uv", "pip", "compile", *free, *choice, "pyproject.toml", "--output-file", _LOWEST)
    inside = ("--python", ENVIRONMENT)
    run("uv", "pip", "install", *free, *inside, "--requirement", _LOWEST)
    run("uv", "pip", "install", *free, *inside, "--constraint", _LOWEST, "--group", "dev")
    run("uv", "pip", "install", *free, *inside, "--no-deps", "--editable", ".")


def test(arguments: Sequence[str]) -> None:
    """Run the tests in it."""
    program = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    env = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    run(program, "-m", "pytest", "-n", "auto", *(arguments or SUITES), env=env)


def main() -> None:
    """Run the command."""
    prepare()
    test(sys.argv[1:])


if __name__ == "__main__":
    main()
