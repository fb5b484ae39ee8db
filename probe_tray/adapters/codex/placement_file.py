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
from probe_tray.core.codex.placement import PlacementBook
from probe_tray.core.errors import CodexRecordError

_VERSION: Final = 1
_LOCK: Final = "codex"


class _PlacementRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = _VERSION
    book: PlacementBook


def _has_zones(file: _PlacementRecord) -> bool:
    placements = (placement for home in file.book.homes for placement in (home.begun, home.current))
    return all(placement is None or placement.at.tzinfo is not None for placement in placements)


_FORMAT: Final = JsonFormat(
    what="which accounts the Codex client uses",
    version=_VERSION,
    decoder=msgspec.json.Decoder(_PlacementRecord),
    is_sound=_has_zones,
    damage=CodexRecordError,
    limit=1024 * 1024,
)


@final
class JsonPlacementFile:
    """Implements ``PlacementFile``."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed; ``locks`` are those of every process."""
        self._folder, self._file, self._locks = path.parent, JsonFile(path, _FORMAT, disk=disk), locks

    def hold(self) -> AbstractAsyncContextManager[None]:
        """One kernel lock for the record and all places: what is done under it takes milliseconds."""
        return self._locks.hold_name(_LOCK)

    async def load(self) -> PlacementBook:
        """What the file says. Raises ReadError for one that cannot be understood too."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return PlacementBook() if file is None else file.book

    async def save(self, book: PlacementBook) -> None:
        """Replace the file. Raises WriteError; the old file then stays as it was."""
        await asyncio.to_thread(self._replace, book)

    def _replace(self, book: PlacementBook) -> None:
        remove_stale(self._folder)
        self._file.replace(_PlacementRecord(book=book))
