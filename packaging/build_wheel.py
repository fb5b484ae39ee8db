"""Build the wheel and the source archive into dist/, and check that both are complete.

uv run python packaging/build_wheel.py
"""

import tarfile
import zipfile
from pathlib import Path
from typing import Final

from project import ROOT, VERSION, python, stop, target_folder

_IN_SOURCE: Final = ("probe_tray", "resources", "tests", "packaging")
_LEFT_OUT: Final = frozenset({"__pycache__", ".DS_Store", "shots"})


def files_below(folder: Path) -> set[str]:
    """The files of a folder of the checkout, relative to it, without what a run or a system leaves there."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and _LEFT_OUT.isdisjoint(path.parts)
    }


def wheel_files() -> set[str]:
    """What the wheel holds apart from its metadata: the package, and the resources inside it."""
    program = {f"probe_tray/{name}" for name in files_below(ROOT / "probe_tray")}
    return program | {f"probe_tray/resources/{name}" for name in files_below(ROOT / "resources")}


def source_files() -> set[str]:
    """What the source archive holds at least, without the name of its folder."""
    documents = {path.name for path in ROOT.glob("*.md")} | {"LICENSE", "pyproject.toml"}
    return documents | {f"{folder}/{name}" for folder in _IN_SOURCE for name in files_below(ROOT / folder)}


def build(folder: Path) -> tuple[Path, Path]:
    """Build both into ``folder``, with the build backend of this environment, so that nothing is downloaded."""
    python("-m", "hatchling", "build", "-d", folder)
    return folder / f"probe_tray-{VERSION}-py3-none-any.whl", folder / f"probe_tray-{VERSION}.tar.gz"


def wheel_difference(wheel: Path) -> set[str]:
    """What the wheel lacks or has too much."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    return inside ^ wheel_files()


def missing_sources(archive: Path) -> set[str]:
    """What the source archive lacks."""
    with tarfile.open(archive) as opened:
        return source_files() - {name.partition("/")[2] for name in opened.getnames()}


def main() -> None:
    """Run the command."""
    folder = target_folder("Build the wheel and the source archive.")
    wheel, archive = build(folder)
    if wrong := wheel_difference(wheel) | missing_sources(archive):
        stop(f"The packages are not complete: {', '.join(sorted(wrong))}")
    print(f"{wheel.name} and {archive.name} are in {folder}.")


if __name__ == "__main__":
    main()
