"""When the releases were looked at last, and what was found, in one small file."""

import asyncio
import logging
from datetime import datetime
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.core.update.release import Release, UpdateMemory, Version

VERSION: Final = 1


class _UpdateMemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    next_at: datetime | None = None
    release: Release | None = None


def _is_sound(file: _UpdateMemoryRecord) -> bool:
    # A moment without a zone cannot be compared with any other, and what is no version is no part of an address.
    zoned = file.next_at is None or file.next_at.tzinfo is not None
    return zoned and (file.release is None or Version.parse(file.release.version) is not None)


_FORMAT: Final = JsonFormat(
    what="when the releases were looked at",
    log_level=logging.INFO,
    version=VERSION,
    decoder=msgspec.json.Decoder(_UpdateMemoryRecord),
    is_sound=_is_sound,
    limit=64 * 1024,
)


@final
class FileUpdateMemory:
    """Implements ``UpdateStorage``."""

    def __init__(self, path: Path, *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed."""
        self._file = JsonFile(path, _FORMAT, disk=disk)

    async def load(self) -> UpdateMemory:
        """What the file says; one that cannot be understood is renamed, and nothing is remembered."""
        return await asyncio.to_thread(self._load)

    async def save(self, memory: UpdateMemory) -> None:
        """Replace the file. Raises WriteError; the old file then stays as it was."""
        record = _UpdateMemoryRecord(next_at=memory.next_at, release=memory.release)
        await asyncio.to_thread(self._file.replace, record)

    def _load(self) -> UpdateMemory:
        file = self._file.recall(alone=True)
        return UpdateMemory() if file is None else UpdateMemory(next_at=file.next_at, release=file.release)
