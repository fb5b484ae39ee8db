"""The other Pythons that the program supports: found on this machine, each with an environment of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.tooling.steps import ROOT, Pytest, Step, say

SUPPORTED: Final = ("3.11", "3.12", "3.13", "3.14")
"""As pyproject.toml says, ``requires-python`` and above."""
SUITES: Final = (
    "tests/unit",
    "tests/contracts",
    "tests/command",
    "tests/scenarios",
    "tests/safety",
    "tests/database",
    "tests/release",
)
"""Where the language, its library and Qt's versions matter. The desktop is the same for all of them."""
_ENVIRONMENTS: Final = ROOT / ".venvs"
_SETTINGS_OF_UV: Final = ("VIRTUAL_ENV", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT")


def other_pythons(running: str, arguments: Sequence[str]) -> list[Step]:
    """Make a step for each supported version but ``running``; ``arguments`` go to pytest."""
    return [_step(version, arguments) for version in SUPPORTED if version != running]


def find(version: str, candidates: Iterable[Path]) -> Path | None:
    """Return the first of the interpreters that starts and is of this version."""
    for path in candidates:
        try:
            asked = subprocess.run(
                [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                check=False,
                capture_output=True,
                text=True,
                cwd=ROOT,
            )
        except OSError:
            continue
        # pyenv has a program of each name on the path that only says where the version is.
        if asked.returncode == 0 and asked.stdout.strip() == version:
            return path
    return None


def candidates(version: str) -> list[Path]:
    """Where such an interpreter may be: on the path, with pyenv, with uv."""
    named = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python")).expanduser()
    return [
        *([Path(named)] if named else []),
        *sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True),
        *sorted(uv.glob(f"cpython-{version}.*/bin/python"), reverse=True),
    ]


def _step(version: str, arguments: Sequence[str]) -> Step:
    def run() -> bool:
        python = find(version, candidates(version))
        if python is None:
            say(f"PYTHON {version} IS NOT HERE: NOTHING WAS TESTED ON IT. `uv python install {version}` brings it.")
            return True
        own = _environment(version, python)
        if own is None:
            return False
        pytest = Pytest([*arguments], python=own, suites=SUITES)
        passed = pytest.run()
        say(pytest.last_line)
        return passed

    return Step(f"Python {version}", run)


def _environment(version: str, python: Path) -> Path | None:
    """Bring the environment of that version up to date; None where that fails, which was said."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        say("uv is not installed here. Start the checks with: uv run python -m tests --pythons")
        return None
    folder = _ENVIRONMENTS / version
    env = {name: value for name, value in os.environ.items() if name not in _SETTINGS_OF_UV}
    command = [uv, "sync", "--quiet", "--python", str(python)]
    made = subprocess.run(command, cwd=ROOT, check=False, env={**env, "UV_PROJECT_ENVIRONMENT": str(folder)})
    if made.returncode != 0:
        say(f"The environment {folder} could not be made.")
        return None
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
