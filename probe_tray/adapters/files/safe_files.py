"""Reading and replacing small private files so that a crash, a full disk or a planted link never costs one.

Everything here blocks: adapters call it in threads. Reasons in errors name no content of a file.
"""

import contextlib
import errno
import logging
import os
import re
import stat
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from probe_tray.adapters.files.disk import Disk, is_held, reason_of
from probe_tray.adapters.system import LocalZone
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import Phrase, ReadError, WriteError

LIMIT = 256 * 1024
"""Bytes of the largest file that is read; a login has a few thousand."""

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.probe-tray\.tmp")
_STALE_SECONDS = 24 * 3600
_CHUNK = 64 * 1024
_PAUSE_SECONDS = 0.05
_PATIENCE_STEPS = 50
"""Windows: 2.5 s of pauses while a virus scanner or another program holds the target."""
_OPENING_STEPS = 10
"""Windows: half a second while another program has a file for itself alone."""
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})
"""What file systems without a sync of folders answer; there is nothing more to be done on them."""
_CANNOT_RESOLVE = 1921
"""What Windows answers for a link in a circle: ERROR_CANT_RESOLVE_FILENAME."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


def read_regular(path: Path, *, limit: int = LIMIT, inside: Path | None = None, disk: Disk) -> bytes:
    """The bytes of a regular file of this user, at most ``limit`` of them.

    A link is refused; with ``inside`` (a folder) one that stays in that folder is followed. Raises ReadError with the
    reason, and FileNotFoundError when there is no such file.
    """
    try:
        return _read(target_of(path, inside) if inside else path, path, limit, disk)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ReadError(path=str(path), reason=reason_of(error)) from None


def is_absent(path: str) -> bool:
    """Whether the system says that there is nothing of that name.

    For who asks about a thousand files that are hardly ever there: to make a Path of each takes longer than to ask.
    """
    try:
        os.lstat(path)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return False


def target_of(path: Path, inside: Path) -> Path:
    """The file that ``path`` leads to, which lies in the folder ``inside``.

    Raises ReadError when a link leads elsewhere, and OSError as the system does.
    """
    if path.parent == inside and _is_regular(path):
        # No link itself, it lies where its folder does. Most files are so, and a folder may have thousands.
        return real_path(inside) / path.name
    real = real_path(path)
    if not real.is_relative_to(real_path(inside)):
        raise ReadError(path=str(path), reason=Phrase("it is a link that leaves the folder"))
    return real


def _temporary_name() -> str:
    # As ``secrets`` makes it, which would be loaded with all that it can do besides.
    return f".{os.urandom(8).hex()}.probe-tray.tmp"


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def real_path(path: Path) -> Path:
    """Where ``path`` leads once every link is followed; nothing needs to be there.

    Raises ReadError for a link in a circle. Path.resolve() raises RuntimeError for one before Python 3.13, and
    nothing at all from then on.
    """
    real = Path(os.path.realpath(path))
    try:
        real.stat()
    except OSError as error:
        if error.errno == errno.ELOOP or getattr(error, "winerror", None) == _CANNOT_RESOLVE:
            raise ReadError(path=str(path), reason=Phrase("it is a link that leads back to itself")) from None
    return real


def mode_of(path: Path) -> int | None:
    """The mode of what ``path`` leads to; None where nothing is there. Raises ReadError where that can't be told.

    Path.exists(), is_dir() and is_file() raise OSError for that before Python 3.14, and say no from then on.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ReadError(path=str(path), reason=reason_of(error)) from None


def replace_file(path: Path, data: bytes, *, disk: Disk) -> None:
    """Give ``path`` new content, 0600, all or nothing, and return once it is on the medium.

    A link at ``path`` is replaced, not followed. Raises WriteError; the old content is then unchanged, except that a
    medium which fails in the very last step, the sync of the folder, may hold the new one. It is never half of one.
    """
    # Beside the target: a rename is all or nothing only within one file system. A name nobody can plant a link at.
    temporary = path.with_name(_temporary_name())
    try:
        # Opened first: after the rename there is no way back, so as little as possible may fail then.
        folder = disk.open_folder(path.parent)
        try:
            try:
                _fill(temporary, data, disk)
                _patiently(lambda: disk.rename(temporary, path), disk)
            except BaseException:
                with contextlib.suppress(OSError):
                    disk.remove(temporary)
                raise
            # The rename is in the folder's data: without this a power cut may bring the old file back.
            _sync_folder(folder, disk)
        finally:
            _close_folder(folder, disk)
    except OSError as error:
        raise WriteError(path=str(path), reason=reason_of(error)) from None


def remove_file(path: Path, *, disk: Disk) -> None:
    """Remove the file durably; a missing one is no error. Raises WriteError."""
    try:
        folder = disk.open_folder(path.parent)
        try:
            _patiently(lambda: disk.remove(path), disk)
            _sync_folder(folder, disk)
        finally:
            _close_folder(folder, disk)
    except FileNotFoundError:
        return
    except OSError as error:
        raise WriteError(path=str(path), reason=reason_of(error)) from None


def set_aside(path: Path, what: str, *, disk: Disk) -> None:
    """Rename a file that cannot be understood, so that it is neither read again nor lost.

    ``what`` begins the sentence in the log: "how the accounts were arranged". Never raises: the file then stays.
    """
    # In the zone of now: on Windows the C runtime keeps that of the start.
    aside = path.with_name(f"{path.name}.{datetime.now(LocalZone()):%Y%m%d-%H%M%S}.damaged")
    try:
        disk.rename(path, aside)
    except OSError as error:
        _log.warning("a damaged file could not be set aside: %s", type(error).__name__)
    else:
        _log.warning("%s was damaged and was set aside as %s", what, aside.name)


def prove_writable(folder: Path, size: int, *, disk: Disk) -> None:
    """Write and remove a file of ``size`` bytes in ``folder``. Raises WriteError where a later write would fail too."""
    temporary = folder / _temporary_name()
    try:
        try:
            _fill(temporary, bytes(size), disk)
        finally:
            with contextlib.suppress(FileNotFoundError):
                disk.remove(temporary)
    except OSError as error:
        raise WriteError(path=str(folder), reason=reason_of(error)) from None


def close_to_others(path: Path) -> bool:
    """Make a regular file of this user 0600 where others may read or write it; whether that was done. Never raises."""
    system = this_system()
    with contextlib.suppress(OSError):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and not system.belongs_to_another(found) and system.has_open_mode(found):
            path.chmod(0o600)
            return True
    return False


def make_private_folder(path: Path) -> None:
    """Create the folder and its missing parents, 0700; one of ours that others may enter is closed to them.

    Raises WriteError.
    """
    try:
        missing = [p for p in (path, *path.parents) if not p.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        found, system = path.stat(), this_system()
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "")
        if system.belongs_to_another(found):
            raise WriteError(path=str(path), reason=Phrase("it belongs to another user"))
        # It may be older than this program, or made by another one under a permissive umask.
        if system.has_open_mode(found):
            path.chmod(0o700)
    except OSError as error:
        raise WriteError(path=str(path), reason=reason_of(error)) from None


def remove_stale(folder: Path) -> None:
    """Remove what interrupted writes of this program left in ``folder`` more than a day ago; never raises.

    A day: another process may be in the middle of its own write.
    """
    with contextlib.suppress(OSError):
        for entry in list(folder.iterdir()):
            if not _TEMPORARY.fullmatch(entry.name):
                continue
            with contextlib.suppress(OSError):
                age = time.time() - entry.lstat().st_mtime
                if age > _STALE_SECONDS:
                    entry.unlink()


def _read(real: Path, shown: Path, limit: int, disk: Disk) -> bytes:
    # Before opening too: opening a device can have effects.
    _check(real.lstat(), shown)
    file = _patiently(lambda: disk.open(real), disk, _OPENING_STEPS)
    try:
        found = os.fstat(file)
        _check(found, shown)
        parts: list[bytes] = []
        left = limit + 1
        while left and (part := disk.read(file, min(left, _CHUNK))):
            parts.append(part)
            left -= len(part)
    finally:
        disk.close(file)
    if not left:
        raise ReadError(path=str(shown), reason=Phrase("it is larger than {n} KiB", n=str(limit // 1024)))
    return b"".join(parts)


def _check(found: os.stat_result, shown: Path) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise ReadError(path=str(shown), reason=Phrase("it is a link"))
    if stat.S_ISDIR(found.st_mode):
        raise ReadError(path=str(shown), reason=Phrase("it is a folder"))
    if not stat.S_ISREG(found.st_mode):
        raise ReadError(path=str(shown), reason=Phrase("it is not a regular file"))
    if this_system().belongs_to_another(found):
        raise ReadError(path=str(shown), reason=Phrase("it belongs to another user"))


def _fill(path: Path, data: bytes, disk: Disk) -> None:
    file = disk.create(path)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[disk.write(file, rest) :]
        disk.sync(file)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.close(file)
        raise
    disk.close(file)


def _patiently(step: Callable[[], T], disk: Disk, steps: int = _PATIENCE_STEPS) -> T:
    for _ in range(steps):
        try:
            return step()
        except OSError as error:
            if not is_held(error):
                raise
            disk.pause(_PAUSE_SECONDS)
    return step()


def _sync_folder(folder: int | None, disk: Disk) -> None:
    if folder is None:
        return
    try:
        disk.sync_folder(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _close_folder(folder: int | None, disk: Disk) -> None:
    if folder is not None:
        with contextlib.suppress(OSError):
            disk.close(folder)
