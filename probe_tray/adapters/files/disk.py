"""The single steps of reading and writing a disk, and what a failed one means in words."""

import errno
import os
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import Phrase

if TYPE_CHECKING:
    from probe_tray.adapters.files.thread_batch import DiskJobs

_REASONS = {
    errno.ENOSPC: Phrase("the disk is full"),
    errno.EDQUOT: Phrase("your disk quota is used up"),
    errno.EFBIG: Phrase("the file is too large for this disk"),
    errno.EROFS: Phrase("the folder is read-only"),
    errno.EACCES: Phrase("permission was denied"),
    errno.EPERM: Phrase("permission was denied"),
    errno.EBUSY: Phrase("the file is busy"),
    errno.ETXTBSY: Phrase("the file is busy"),
    errno.EIO: Phrase("the disk reported an error"),
    errno.ENOENT: Phrase("its folder doesn't exist"),
    errno.ENOTDIR: Phrase("a part of its path is not a folder"),
    errno.EISDIR: Phrase("it is a folder"),
    errno.ELOOP: Phrase("it is a link"),
    errno.ENAMETOOLONG: Phrase("its name is too long"),
    errno.EMFILE: Phrase("too many files are open"),
    errno.ENFILE: Phrase("too many files are open"),
}

_PRIVACY = Phrase("macOS denied permission (System Settings, Privacy & Security, Files and Folders)")
"""What EPERM means there for Documents, Desktop, Downloads and other disks (Apple, "Control access to files")."""


class Disk:
    """The steps that reading and writing are made of, one call each, so that a test can let any of them fail.

    Every method raises OSError as the system does.
    """

    @cached_property
    def jobs(self) -> "DiskJobs":
        """Where small files of the program's own are read: what one check asks of several of them takes one thread.

        Not for a folder of the person's choice, which may be far away and let the others wait for some seconds.
        """
        # With asyncio, which the first icon can do without.
        from probe_tray.adapters.files.thread_batch import DiskJobs

        return DiskJobs()

    def open(self, path: Path) -> int:
        """Open for reading; a link is refused and a FIFO does not block."""
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"):
            flags |= getattr(os, name, 0)
        return os.open(path, flags)

    def read(self, file: int, count: int) -> bytes:
        """At most ``count`` bytes; none at the end."""
        return os.read(file, count)

    def create(self, path: Path) -> int:
        """Open a new file for writing, 0600; one that exists is an error."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        for name in ("O_NOFOLLOW", "O_CLOEXEC"):
            flags |= getattr(os, name, 0)
        return os.open(path, flags, 0o600)

    def reopen(self, path: Path) -> int:
        """Open an existing file for writing in place; a link is refused."""
        flags = os.O_WRONLY | getattr(os, "O_BINARY", 0)
        for name in ("O_NOFOLLOW", "O_CLOEXEC"):
            flags |= getattr(os, name, 0)
        return os.open(path, flags)

    def write(self, file: int, data: memoryview) -> int:
        """Write some of ``data``; returns how many bytes."""
        return os.write(file, data)

    def sync(self, file: int) -> None:
        """Return once the bytes are on the medium."""
        this_system().sync_file(file)

    def close(self, file: int) -> None:
        """Close; network file systems report a failed write only here."""
        os.close(file)

    def open_folder(self, folder: Path) -> int | None:
        """Open a folder for :meth:`sync_folder`; None on Windows, which cannot."""
        return this_system().open_folder(folder)

    def sync_folder(self, folder: int) -> None:
        """Return once the folder's names are on the medium."""
        self.sync(folder)

    def rename(self, source: Path, target: Path) -> None:
        """Put ``source`` in the place of ``target`` in one step."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file's name."""
        path.unlink()

    def pause(self, seconds: float) -> None:
        """Wait in this thread."""
        time.sleep(seconds)


def is_held(error: OSError) -> bool:
    """Whether another program keeps the file from being opened or replaced (Windows); it usually lets go soon."""
    return this_system().is_held(error)


NEWER_VERSION: Final = Phrase("a newer version of Probe Tray wrote it")
"""Why a file is neither read nor written."""


def reason_of(error: OSError) -> str:
    """Why the system refused, in words that continue a sentence; no path and nothing of a file's content."""
    if is_held(error):
        return Phrase("another program has it open")
    number = error.errno or 0
    if number == errno.EPERM and this_system().asks_before_opening:
        return _PRIVACY
    if number in _REASONS:
        return _REASONS[number]
    if number in errno.errorcode:
        return Phrase("the system reported {code}", code=errno.errorcode[number])
    return Phrase("the system reported an unknown error")
