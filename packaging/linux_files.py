"""Where the files of the bundle and of the desktop lie on a Linux system, below /usr, ~/.local or /app."""

import os
import platform
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Final

from man_pages import write_pages
from project import APP_ID, COMMAND, DIST, PACKAGING, RESOURCES, TRAY, VERSION, output, stop

LIBRARY: Final = f"lib/{TRAY}"
"""The bundle's place below the prefix."""
METAINFO: Final = f"{APP_ID}.metainfo.xml"
_GLIBC: Final = re.compile(r"GLIBC_(\d+)\.(\d+)")


def finished_bundle() -> Path:
    """The bundle that was built before; ends the script where there is none."""
    bundle = DIST / TRAY
    if not (bundle / COMMAND).is_file():
        stop("There is no bundle yet. Build it: uv run --group packaging python packaging/build_bundle.py")
    return bundle


def architecture() -> str:
    """This machine's, as the names of archives have it: x86_64 or aarch64."""
    return platform.machine()


def release_day() -> datetime:
    """Today, or the day that ``SOURCE_DATE_EPOCH`` names, so that a build can be repeated."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(time() if given is None else int(given), UTC)


def metainfo() -> str:
    """The AppStream description of this version."""
    text = (PACKAGING / "linux" / METAINFO).read_text(encoding="utf-8")
    return text.replace("@VERSION@", VERSION).replace("@DATE@", f"{release_day():%Y-%m-%d}")


def lay_out(bundle: Path, prefix: Path) -> None:
    """Copy the bundle and what the desktop wants to know of it below ``prefix``, which becomes like /usr."""
    shutil.copytree(bundle, prefix / LIBRARY, symlinks=True)
    for path in (prefix / LIBRARY).rglob("*"):
        if not path.is_symlink():
            # Libraries are not programs.
            path.chmod(0o755 if path.is_dir() or path.parent == prefix / LIBRARY else 0o644)
    programs = prefix / "bin"
    programs.mkdir(parents=True)
    for program in (TRAY, COMMAND):
        (programs / program).symlink_to(f"../{LIBRARY}/{program}")
    share = prefix / "share"
    _copy(RESOURCES / f"{TRAY}.desktop", share / "applications" / f"{TRAY}.desktop")
    icons = share / "icons" / "hicolor"
    for picture in (RESOURCES / "icons").glob(f"{TRAY}-*.png"):
        side = picture.stem.rpartition("-")[2]
        _copy(picture, icons / f"{side}x{side}" / "apps" / f"{TRAY}.png")
    _copy(RESOURCES / "icons" / f"{TRAY}.svg", icons / "scalable" / "apps" / f"{TRAY}.svg")
    described = share / "metainfo" / METAINFO
    described.parent.mkdir(parents=True)
    described.write_text(metainfo(), encoding="utf-8")
    write_pages(bundle, share / "man" / "man1")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def glibc_needed(bundle: Path) -> str:
    """The oldest glibc that the bundle runs on, such as 2.36: the newest version that one of its files asks for."""
    libraries = [path for path in bundle.rglob("*") if path.is_file() and (".so" in path.name or path.parent == bundle)]
    found = _GLIBC.findall(output(["objdump", "-p", *(path for path in libraries if not path.is_symlink())]))
    return "{}.{}".format(*max((int(major), int(minor)) for major, minor in found))
