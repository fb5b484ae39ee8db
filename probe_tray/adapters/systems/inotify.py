"""Notice of changes in folders, from the kernel of Linux (inotify(7))."""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, final

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _ONLY_FOLDERS = 0x400, 0x800, 0x0100_0000
_COMING: Final = _CREATE | _MOVED_TO | _DELETE_SELF | _MOVE_SELF | _ONLY_FOLDERS
_CHANGES: Final = _COMING | _CLOSE_WRITE | _MOVED_FROM | _DELETE
_MOUNTED: Final = Path("/proc/self/mountinfo")
_LOCAL: Final = frozenset(
    {
        "bcachefs",
        "btrfs",
        "ecryptfs",
        "exfat",
        "ext2",
        "ext3",
        "ext4",
        "f2fs",
        "fuseblk",
        "jfs",
        "nilfs2",
        "ntfs3",
        "overlay",
        "ramfs",
        "reiserfs",
        "rootfs",
        "squashfs",
        "tmpfs",
        "ubifs",
        "vfat",
        "xfs",
        "zfs",
    }
)
"""File systems that no other computer writes to; others may be those of a server, a host or a program."""
_READ_BYTES: Final = 65_536
"""Taken at once: an event has at most 272."""


@final
class Inotify:
    """Implements ``FolderEvents``. Changes that another computer makes in a shared folder are not noticed."""

    def __init__(self) -> None:
        """Follow nothing yet. Raises OSError."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        # By name: a type checker for Windows knows neither.
        flags = sum(getattr(os, name) for name in ("O_NONBLOCK", "O_CLOEXEC"))
        try:
            self._file: int = self._libc.inotify_init1(flags)
        except AttributeError:
            # Systems that are taken for a kind of Linux: FreeBSD has it since 15.
            raise OSError(errno.ENOSYS, "inotify_init1") from None
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._followed: frozenset[int] = frozenset()
        self._is_shared = False

    def fileno(self) -> int:
        """Of the instance."""
        return self._file

    def follow(self, folders: Iterable[Path]) -> bool:
        """By the folder itself or the nearest above it that exists."""
        masks: dict[Path, int] = {}
        for folder in folders:
            place, mask = folder, _CHANGES
            while not _is_folder(place) and place != place.parent:
                place, mask = place.parent, _COMING
            masks[place] = masks.get(place, 0) | mask
            # What a link leads to changes in its own folder.
            for target in _linked(place) if mask == _CHANGES else ():
                masks[target] = masks.get(target, 0) | _CHANGES
        self._is_shared = is_shared(masks, _MOUNTED)
        numbers = [self._libc.inotify_add_watch(self._file, os.fsencode(place), mask) for place, mask in masks.items()]
        followed = frozenset(number for number in numbers if number >= 0)
        for number in self._followed - followed:
            self._libc.inotify_rm_watch(self._file, number)
        self._followed = followed
        return len(followed) == len(numbers)

    @property
    def is_shared(self) -> bool:
        """By the table of mounted file systems."""
        return self._is_shared

    @property
    def watches(self) -> frozenset[int]:
        """The kernel gives no number twice."""
        return self._followed

    def take(self) -> None:
        """Only that there are any counts: whoever is told looks for itself."""
        with contextlib.suppress(OSError):
            while os.read(self._file, _READ_BYTES):
                pass

    def close(self) -> None:
        """Its watches end with it."""
        os.close(self._file)


def is_shared(folders: Iterable[Path], mounted: Path) -> bool:
    """Whether one of them is on a file system that is not known to be this computer's own (proc(5), mountinfo)."""
    try:
        lines = [line.split() for line in mounted.read_text("utf-8", "surrogateescape").splitlines()]
    except OSError:
        return True
    # Blanks in a path are written as octal numbers, and after a dash comes the type.
    kinds = {Path(fields[4].replace("\\040", " ")): fields[fields.index("-") + 1] for fields in lines}
    return any(_kind(Path(os.path.realpath(folder)), kinds) not in _LOCAL for folder in folders)


def _kind(place: Path, kinds: Mapping[Path, str]) -> str:
    return next((kinds[above] for above in (place, *place.parents) if above in kinds), "")


def _linked(folder: Path) -> set[Path]:
    """The folders of what the links in ``folder`` lead to."""
    try:
        links = [entry.path for entry in os.scandir(folder) if entry.is_symlink()]
    except OSError:
        return set()
    return {target for link in links if _is_folder(target := Path(os.path.realpath(link)).parent)}


def _is_folder(path: Path) -> bool:
    # A folder nobody may look into, or of a server that is gone: before Python 3.14 these are no answer.
    try:
        return path.is_dir()
    except OSError:
        return False
