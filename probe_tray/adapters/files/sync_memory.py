"""How new the rows of the shared table were, and which accounts were removed: one small file, shared by both programs.

It holds slugs of accounts and moments: no e-mail address, no id, no token.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, final

import msgspec
from msgspec.structs import replace

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.age import Age

VERSION: Final = 1
_LOCK: Final = "sync-memory"


class _SyncMemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    seen: dict[str, Age] = {}
    removed: frozenset[str] = frozenset()


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
    """Implements ``SyncMemory`` and ``RemovedAccounts``."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk) -> None:
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

    async def removed(self) -> frozenset[str]:
        """What the file says; nobody where it cannot be understood. Raises ReadError."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return frozenset() if file is None else file.removed

    async def add_removed(self, slug: str) -> None:
        """Add one."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._change_removed, lambda known: known | {slug})

    async def forget_removed(self, slugs: frozenset[str]) -> None:
        """Take these out."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._change_removed, lambda known: known - slugs)

    def _merge(self, marks: Mapping[str, Age]) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        known = file.seen
        newer = {slug: found for slug, found in marks.items() if slug not in known or known[slug] < found}
        if newer:
            self._file.replace(replace(file, seen=dict(sorted((known | newer).items()))))

    def _change_removed(self, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        removed = change(file.removed)
        if removed != file.removed:
            self._file.replace(replace(file, removed=removed))
