"""The files of Windows: who holds them, who may read them, and what a command line means by their names."""

import contextlib
import errno
import glob
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from probe_tray.adapters.systems.windows_library import last_error, windows_library

_SHARING: Final = frozenset({32, 33})
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""
_ACCESS_DENIED: Final = 5
_READ: Final = 0x8000_0000
"""GENERIC_READ."""
_DELETE: Final = 0x0001_0000
"""What replacing a file needs."""
_SHARE_ALL: Final = 7
_OPEN_EXISTING: Final = 3
_ITSELF: Final = 0x0220_0000
"""FILE_FLAG_OPEN_REPARSE_POINT, not what a link leads to, and FILE_FLAG_BACKUP_SEMANTICS, a folder too."""
_VERBATIM: Final = "\\\\?\\"
_INVALID: Final = ((1 << 64) - 1, (1 << 32) - 1)
"""INVALID_HANDLE_VALUE, as wide as a pointer."""


def is_held(error: OSError) -> bool:
    """Whether another program keeps a file from being opened or replaced, as far as ``error`` names it.

    "Access denied" says that or that this user may not; and ``os.open``, which is the C runtime's, gives no number of
    Windows at all. CreateFileW tells them apart: a file that others have open is a sharing violation.
    """
    number: int | None = getattr(error, "winerror", None)
    if number in _SHARING:
        return True
    if number != _ACCESS_DENIED and not (number is None and error.errno == errno.EACCES):
        return False
    # Of a rename the second name is the file that it replaces.
    name = error.filename if error.filename2 is None else error.filename2
    wanted = _READ if number is None else _DELETE
    return isinstance(name, str) and _opens_with(name, wanted) in _SHARING


def _opens_with(name: str, access: int) -> int:
    """The number of what CreateFileW reports for that access, 0 where it opens the file."""
    import ctypes

    kernel = windows_library("kernel32")
    kernel.CreateFileW.restype = ctypes.c_void_p
    path = ctypes.c_wchar_p(name)
    handle = kernel.CreateFileW(path, access, _SHARE_ALL, None, _OPEN_EXISTING, _ITSELF, None)
    if handle in {None, *_INVALID}:
        return last_error()
    kernel.CloseHandle(ctypes.c_void_p(handle))
    return 0


def take_lock(path: Path) -> Callable[[], None] | None:
    """Lock a file, and return what gives the lock up; None where somebody else has it. Raises OSError.

    The library knows what Windows answers while a file is being removed or scanned.
    """
    # Imported here: it brings asyncio and sqlite3 along.
    from filelock import FileLock, Timeout

    # fallback_to_soft: a lock that exists as a mere file would outlive its process.
    lock = FileLock(path, thread_local=False, fallback_to_soft=False, preserve_lock_file=True, mode=0o600)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return partial(lock.release, force=True)


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this computer can probably read what is in there.

    A folder inherits who may read it: below the home folder that is this user, on a drive of its own everybody.
    """
    with contextlib.suppress(OSError, RuntimeError):
        return not path.resolve().is_relative_to(Path.home().resolve())
    return False


def expanded(word: str, *, wildcards: bool) -> list[str]:
    """What a shell of other systems makes of a word: ``~`` is the home folder, ``*`` and ``?`` are the files there.

    A word that fits no file stays as it is. cmd and PowerShell leave all that to the program.
    """
    home = os.path.expanduser(word) if word.startswith("~") else word  # noqa: PTH111 - a trailing separator says "folder"
    if not wildcards or not any(sign in home for sign in "*?"):
        return [home]
    # A bracket is a letter like any other there.
    return sorted(glob.glob(home.replace("[", "[[]"))) or [home]  # noqa: PTH207 - Path.glob takes no absolute pattern


def shared_entry(service: str, user: str) -> str:
    """The name in the Credential Manager of what programs in Rust keep: the library keyring-rs makes it so."""
    return f"{user}.{service}"


def shared_path(path: str) -> str:
    """The path with the prefix that GetFinalPathNameByHandleW gives it, and Rust's ``std::fs::canonicalize`` leaves.

    Python takes it off (``ntpath.realpath``), where the path is the same without.
    """
    if path.startswith(_VERBATIM):
        return path
    return f"{_VERBATIM}UNC{path[1:]}" if path.startswith("\\\\") else _VERBATIM + path
