"""Write the exact version of every package into pyproject.toml and packaging/requirements.txt.

    uv run python packaging/refresh_pins.py            keep the versions that are locked now
    uv run python packaging/refresh_pins.py --upgrade  take the newest that the ranges allow

Only names, versions, markers and hashes are written, never a download address, so that the same
files serve behind any mirror. `uv.lock` records addresses and is therefore not committed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "probe-tray"
BUILDER = "hatchling"


class Pin(msgspec.Struct, frozen=True, order=True):
    """One exact version; `marker` is empty where it holds on every Python."""

    name: str
    version: str
    marker: str = ""

    def line(self) -> str:
        """Return the pin as a requirement, as it stands in pyproject.toml."""
        end = f" ; {self.marker}" if self.marker else ""
        return f"{self.name}=={self.version}{end}"


def locked_pins(lock: str) -> list[Pin]:
    """Return a pin for every package in the text of a `uv.lock`, without the project itself."""
    found: list[Pin] = []
    for package in tomllib.loads(lock)["package"]:
        if package["name"] == PROJECT:
            continue
        marker = " or ".join(package.get("resolution-markers", []))
        found.append(Pin(package["name"], package["version"], marker))
    return sorted(found)


def builder_pins(lock: str) -> list[Pin]:
    """Return the pins of the build backend and of everything that it needs."""
    packages: dict[str, Any] = {one["name"]: one for one in tomllib.loads(lock)["package"]}
    wanted: set[str] = set()
    todo = [BUILDER]
    while todo:
        name = todo.pop()
        if name in wanted:
            continue
        wanted.add(name)
        todo += [need["name"] for need in packages[name].get("dependencies", [])]
    return [pin for pin in locked_pins(lock) if pin.name in wanted]


def with_pins(pyproject: str, every: list[Pin], builder: list[Pin]) -> str:
    """Return the text of pyproject.toml with both lists of pins and the build backend replaced."""
    backend = next((f"=={pin.version}" for pin in builder if pin.name == BUILDER), "")
    text = _with_list(pyproject, "constraint-dependencies", every)
    text = _with_list(text, "build-constraint-dependencies", builder)
    return re.sub(rf'^requires = \["{BUILDER}[^"]*"\]', f'requires = ["{BUILDER}{backend}"]', text, flags=re.MULTILINE)


def _with_list(pyproject: str, key: str, pins: list[Pin]) -> str:
    body = "".join(f'    "{pin.line()}",\n' for pin in pins)
    block = f"{key} = [\n{body}]" if pins else f"{key} = []"
    text, count = re.subn(rf"^{key} = \[\n?[^\]]*\]", block, pyproject, flags=re.MULTILINE)
    if count != 1:
        message = f"pyproject.toml must have exactly one list called {key}."
        raise SystemExit(message)
    return text


def _uv(folder: Path, *arguments: str) -> str:
    program = shutil.which("uv")
    if program is None:
        message = "uv was not found. Install it with: pip install uv"
        raise SystemExit(message)
    done = subprocess.run([program, *arguments], cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        message = f"uv {arguments[0]} failed; nothing was changed.\n{done.stderr}"
        raise SystemExit(message)
    return done.stdout


def refresh(root: Path, *, upgrade: bool) -> None:
    """Rewrite the pins below `root`; on any failure the files stay as they were."""
    pyproject = root / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trial = folder / "pyproject.toml"
        if not upgrade and (root / "uv.lock").exists():
            shutil.copy(root / "uv.lock", folder)
        trial.write_text(with_pins(text, [], []), encoding="utf-8")
        _uv(folder, "lock")
        lock = (folder / "uv.lock").read_text(encoding="utf-8")
        pinned = with_pins(text, locked_pins(lock), builder_pins(lock))
        trial.write_text(pinned, encoding="utf-8")
        _uv(folder, "lock")
        requirements = _uv(
            folder,
            *("export", "--frozen", "--format", "requirements.txt", "--no-dev"),
            *("--no-emit-project", "--no-header", "--no-annotate"),
        )
        shutil.copy(folder / "uv.lock", root)
    pyproject.write_text(pinned, encoding="utf-8")
    (root / "packaging" / "requirements.txt").write_text(requirements, encoding="utf-8")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Refresh the pinned versions.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    refresh(ROOT, upgrade=parser.parse_args().upgrade)
    print("pyproject.toml and packaging/requirements.txt are up to date.")


if __name__ == "__main__":
    main()
