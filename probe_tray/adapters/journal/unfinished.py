"""A look at the journal that changes nothing in it: how much there is to finish."""

from contextlib import suppress
from pathlib import Path

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import read_regular
from probe_tray.adapters.journal.entry_file import read_image
from probe_tray.core.errors import ReadError

_LIMIT = 16 * 1024 * 1024
"""Bytes of the largest entry that is read."""


def unfinished(folder: Path, *, disk: Disk) -> int:
    """How many renewals were begun and not finished, one that runs at this moment included.

    Blocks. Raises ReadError where that cannot be told.
    """
    count = 0
    try:
        paths = sorted(folder.glob("*.journal"))
    except OSError as error:
        raise ReadError(path=str(folder), reason=reason_of(error)) from None
    for path in paths:
        # Another process may finish it meanwhile.
        with suppress(FileNotFoundError):
            count += not read_image(path.stem, read_regular(path, limit=_LIMIT, disk=disk)).done
    return count
