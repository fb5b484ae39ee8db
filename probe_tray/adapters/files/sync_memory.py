"""How new the rows of the shared table were when they were last seen: one small file, shared by both programs.

It holds slugs of accounts and moments: no e-mail address, no id, no token.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, replace_file
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.age import Age

VERSION: Final = 1
_LIMIT: Final = 16 * 1024 * 1024
_LOCK: Final = "sync-memory"

_log: Final = logging.getLogger(__name__)


class _SyncMemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    seen: dict[str, Age]


_FILE: Final = msgspec.json.Decoder(_SyncMemoryRecord)


@final
class FileSyncMemory:
    """Implements ``SyncMemory``."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk | None = None) -> None:
        """Keep it in ``path``, whose folder is made when needed; ``locks`` keeps processes apart."""
        self._path, self._locks, self._disk = path, locks, disk or Disk()

    async def recall(self) -> Mapping[str, Age]:
        """What the file says; one that cannot be understood is begun anew. Raises ReadError."""
        return await asyncio.to_thread(self._load)

    async def remember(self, marks: Mapping[str, Age]) -> None:
        """Write what is newer; nothing where nothing is."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._merge, marks)

    def _load(self) -> dict[str, Age]:
        try:
            data = read_regular(self._path, limit=_LIMIT, disk=self._disk)
        except FileNotFoundError:
            return {}
        try:
            file = _FILE.decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            _log.warning("what was seen in the shared table was damaged and is begun anew")
            return {}
        if file.version != VERSION:
            return {}
        # A moment without a zone cannot be compared with any other.
        return {slug: found for slug, found in file.seen.items() if found.issued.tzinfo and found.refreshed.tzinfo}

    def _merge(self, marks: Mapping[str, Age]) -> None:
        known = self._load()
        newer = {slug: found for slug, found in marks.items() if slug not in known or known[slug] < found}
        if newer:
            make_private_folder(self._path.parent)
            file = _SyncMemoryRecord(version=VERSION, seen=dict(sorted((known | newer).items())))
            replace_file(self._path, msgspec.json.encode(file) + b"\n", disk=self._disk)
