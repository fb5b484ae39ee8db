"""What was already said in notifications, in one small file, so that a restart repeats nothing.

The file holds slugs of accounts, topics and moments: no e-mail address, no id, no token.
"""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.core.alerts.alert import AlertMemory, AlertRecord, Mute

VERSION: Final = 1


class _AlertMemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    said: tuple[AlertRecord, ...]
    paused_until: datetime | None = None
    mutes: tuple[Mute, ...] = ()
    off_told: bool = False


def _has_zones(file: _AlertMemoryRecord) -> bool:
    # A moment without a zone cannot be compared with any other.
    moments = [m for s in file.said for m in (s.mark, s.forget_at)]
    return all(
        m is None or m.tzinfo is not None for m in (*moments, *(mute.until for mute in file.mutes), file.paused_until)
    )


_FORMAT: Final = JsonFormat(
    what="what was said in notifications",
    version=VERSION,
    decoder=msgspec.json.Decoder(_AlertMemoryRecord),
    is_sound=_has_zones,
    # Some twenty entries for each of a thousand accounts.
    limit=4 * 1024 * 1024,
)


@final
class FileAlertMemory:
    """Implements ``AlertStorage``."""

    def __init__(self, path: Path, *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed."""
        self._file = JsonFile(path, _FORMAT, disk=disk)

    async def load(self) -> AlertMemory:
        """What the file says; one that cannot be understood is renamed, and nothing is remembered."""
        return await asyncio.to_thread(self._load)

    async def save(self, memory: AlertMemory) -> None:
        """Replace the file. Raises WriteError; the old file then stays as it was."""
        said = tuple(sorted(memory.said, key=lambda s: (s.account, s.topic, s.forget_at)))
        record = _AlertMemoryRecord(
            said=said, paused_until=memory.paused_until, mutes=memory.mutes, off_told=memory.off_told
        )
        await asyncio.to_thread(self._file.replace, record)

    def _load(self) -> AlertMemory:
        file = self._file.recall(alone=True)
        if file is None:
            return AlertMemory()
        return AlertMemory(
            said=frozenset(file.said), paused_until=file.paused_until, mutes=file.mutes, off_told=file.off_told
        )
