"""Notice of changes in folders, from the kernel of Linux (inotify(7))."""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, final

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _ONLY_FOLDERS = 0x400, 0x800, 0x0100_0000
_COMING: Final = _CREATE | _MOVED_TO | _DELETE_SELF | _MOVE_SELF | _ONLY_FOLDERS
_CHANGES: Final = _COMING | _CLOSE_WRITE | _MOVED_FROM | _DELETE
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
        numbers = [self._libc.inotify_add_watch(self._file, os.fsencode(place), mask) for place, mask in masks.items()]
        followed = frozenset(number for number in numbers if number >= 0)
        for number in self._followed - followed:
            self._libc.inotify_rm_watch(self._file, number)
        self._followed = followed
        return len(followed) == len(numbers)

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


def _is_folder(path: Path) -> bool:
    # A folder nobody may look into, or of a server that is gone: before Python 3.14 these are no answer.
    try:
        return path.is_dir()
    except OSError:
        return False
