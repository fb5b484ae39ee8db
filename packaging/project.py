"""What every script here knows about the project: its names, its version, where things are and where they go."""

import argparse
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Never

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGING: Final = ROOT / "packaging"
RESOURCES: Final = ROOT / "resources"
DIST: Final = ROOT / "dist"
"""Where everything that is built goes; git ignores it."""
BUILD: Final = ROOT / "build"
"""Where builds keep what nobody downloads."""

_PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION: Final[str] = _PROJECT["version"]
SUMMARY: Final[str] = _PROJECT["description"]
HOMEPAGE: Final[str] = _PROJECT["urls"]["Homepage"]
TRAY, COMMAND = "probe-tray", "codex-probe"
"""The two programs."""
TITLE: Final = "Probe Tray"
APP_ID: Final = "io.github.probe_tray.ProbeTray"
"""The program's name among all programs of Flathub and of macOS (CFBundleIdentifier)."""


def run(*command: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Run a program and show what it prints; end this script when it fails or isn't installed."""
    program = shutil.which(str(command[0]))
    if program is None:
        stop(f"{command[0]} is not installed.")
    done = subprocess.run([program, *map(str, command[1:])], cwd=cwd, env=env, check=False)
    if done.returncode:
        stop(f"{Path(program).name} failed with status {done.returncode}.")


def python(*arguments: str | Path) -> None:
    """Run this Python with ``arguments``; end this script when it fails."""
    run(sys.executable, *arguments)


def output(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Return what a program prints; end this script when it fails."""
    done = subprocess.run([*map(str, command)], cwd=cwd, env=env, check=False, capture_output=True, encoding="utf-8")
    if done.returncode:
        stop(f"{Path(command[0]).name} failed with status {done.returncode}.\n{done.stderr}")
    return done.stdout


def target_folder(description: str) -> Path:
    """The folder that ``--to`` names on the command line of a script that builds something: dist/ by default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--to", type=Path, default=DIST, metavar="FOLDER", help="where it goes; dist/ by default")
    folder: Path = parser.parse_args().to
    return folder.resolve()


def stop(message: str) -> Never:
    """End this script with a sentence."""
    raise SystemExit(message)
