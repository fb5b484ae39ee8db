"""How new the rows of the shared table were when they were last seen: one small file, shared by both programs.

It holds slugs of accounts and moments: no e-mail address, no id, no token.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.age import Age

VERSION: Final = 1
_LOCK: Final = "sync-memory"


class _SyncMemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    seen: dict[str, Age]


def _has_zones(file: _SyncMemoryRecord) -> bool:
    # A moment without a zone cannot be compared with any other.
    return all(age.issued.tzinfo and age.refreshed.tzinfo for age in file.seen.values())


_FORMAT: Final = JsonFormat(
    what="what was seen in the shared table",
    version=VERSION,
    decoder=msgspec.json.Decoder(_SyncMemoryRecord),
    is_sound=_has_zones,
    limit=16 * 1024 * 1024,
)


@final
class FileSyncMemory:
    """Implements ``SyncMemory``."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk | None = None) -> None:
        """Keep it in ``path``, whose folder is made when needed; ``locks`` keeps processes apart."""
        self._file, self._locks = JsonFile(path, _FORMAT, disk=disk), locks

    async def recall(self) -> Mapping[str, Age]:
        """What the file says; nothing where it cannot be understood. Raises ReadError."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return {} if file is None else file.seen

    async def remember(self, marks: Mapping[str, Age]) -> None:
        """Write what is newer; nothing where nothing is."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._merge, marks)

    def _merge(self, marks: Mapping[str, Age]) -> None:
        file = self._file.read(alone=True)
        known = {} if file is None else file.seen
        newer = {slug: found for slug, found in marks.items() if slug not in known or known[slug] < found}
        if newer:
            self._file.replace(_SyncMemoryRecord(seen=dict(sorted((known | newer).items()))))
