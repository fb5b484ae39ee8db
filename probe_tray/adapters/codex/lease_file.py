"""The record of what was put where the official client keeps its login. It holds fingerprints, and no token."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.adapters.files.safe_files import remove_stale
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.codex.lease import CodexLeaseBook

_VERSION: Final = 1
_LOCK: Final = "codex"


class _LeaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = _VERSION
    book: CodexLeaseBook


def _has_zones(file: _LeaseRecord) -> bool:
    leases = (lease for home in file.book.homes for lease in (home.begun, home.current))
    return all(lease is None or lease.at.tzinfo is not None for lease in leases)


_FORMAT: Final = JsonFormat(
    what="which accounts the Codex client uses",
    version=_VERSION,
    decoder=msgspec.json.Decoder(_LeaseRecord),
    is_sound=_has_zones,
    limit=1024 * 1024,
)


@final
class JsonLeaseFile:
    """Implements ``LeaseFile``."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed; ``locks`` are those of every process."""
        self._folder, self._file, self._locks = path.parent, JsonFile(path, _FORMAT, disk=disk), locks

    def hold(self) -> AbstractAsyncContextManager[None]:
        """One kernel lock for the record and all places: what is done under it takes milliseconds."""
        return self._locks.hold_name(_LOCK)

    async def load(self) -> CodexLeaseBook:
        """What the file says; one that cannot be understood counts as none, and is set aside by the next save."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return CodexLeaseBook() if file is None else file.book

    async def save(self, book: CodexLeaseBook) -> None:
        """Replace the file. Raises WriteError; the old file then stays as it was."""
        await asyncio.to_thread(self._replace, book)

    def _replace(self, book: CodexLeaseBook) -> None:
        remove_stale(self._folder)
        self._file.replace(_LeaseRecord(book=book))
