"""Where both programs of the bundle start: before anything else, whether it is whole, and the environment put right."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, cast

FILES: Final = "bundle-files.txt"
"""In the bundle's inner folder: the size in bytes and the place of every file there."""
FATAL: Final = 2
# PyInstaller's starter changes them for our own libraries, and keeps what they were.
_LIBRARY_PATHS: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH")
_ENGLISH: Final = (
    "Probe Tray isn't installed completely: {name} is missing or damaged.\n"
    "Install it again. Your accounts and settings are kept."
)
_CHINESE: Final = "Probe Tray 没有完整安装：{name} 缺失或已损坏。\n请重新安装。您的账户和设置都会保留。"


def start(main: Callable[[], object]) -> None:
    """Run ``main`` and end the process with what it returns; 2 where a part of the bundle is missing."""
    # PyInstaller's starter sets it.
    inner = Path(cast("str", getattr(sys, "_MEIPASS", "")))
    if damaged := first_damaged(inner):
        say(_CHINESE if is_chinese(os.environ) else _ENGLISH, damaged)
        sys.exit(FATAL)
    for name, value in outside(os.environ, inner).items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    sys.exit(cast("int | None", main()))


def first_damaged(inner: Path) -> str | None:
    """The first file that the list names and that is not there in its full size; None where all are.

    macOS has no list: the seal of its signature says the same, and nothing may be added to it.
    """
    try:
        listed = (inner / FILES).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None if sys.platform == "darwin" else FILES
    for line in listed:
        size, _, name = line.partition(" ")
        try:
            if (inner / name).stat().st_size != int(size):
                return name
        except OSError:
            return name
    return None


def file_list(inner: Path) -> str:
    """The list of the files that are there now."""
    found = sorted(path for path in inner.rglob("*") if path.is_file() and path.name != FILES)
    return "".join(f"{path.stat().st_size} {path.relative_to(inner).as_posix()}\n" for path in found)


def outside(environ: Mapping[str, str], inner: Path) -> dict[str, str | None]:
    """What to change in the environment so that a program which this one starts gets what the person has; None: remove.

    A browser that finds the bundle's libraries or plugins before its own ends before it has begun. Our own libraries
    are found without it: the system's loader reads the variable once, when a process starts.
    """
    changes: dict[str, str | None] = {}
    for name, value in environ.items():
        entries = value.split(os.pathsep)
        kept = [entry for entry in entries if not _is_inside(entry, inner)]
        if name.startswith(("_PYI_", "_MEIPASS")):
            changes[name] = None
        elif len(kept) < len(entries):
            changes[name] = os.pathsep.join(kept) or None
    for name in _LIBRARY_PATHS:
        before = f"{name}_ORIG"
        if before in environ:
            changes |= {name: environ[before], before: None}
    return changes


def _is_inside(entry: str, inner: Path) -> bool:
    return bool(entry) and Path(entry).is_relative_to(inner)


def is_chinese(environ: Mapping[str, str]) -> bool:
    """Whether the person reads Chinese: the catalogue that would say so may be what is missing."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    return chosen.lower().startswith("zh")


def say(template: str, name: str) -> None:
    """Tell the person, in a box where a program for windows has no standard error."""
    text = template.format(name=name)
    if sys.platform == "win32" and sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison] - None in a program without a console
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, text, "Probe Tray", 0x10)
        return
    print(text, file=sys.stderr)
