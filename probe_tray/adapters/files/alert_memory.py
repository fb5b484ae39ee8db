"""What was already said in notifications, in one small file, so that a restart repeats nothing.

The file holds slugs of accounts, topics and moments: no e-mail address, no id, no token.
"""

import asyncio
import logging
from datetime import datetime
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, replace_file, set_aside
from probe_tray.core.alerts.alert import AlertMemory, Said
from probe_tray.core.errors import ReadError

VERSION: Final = 1
_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of the largest file that is read: some twenty entries for each of a thousand accounts."""

_log: Final = logging.getLogger(__name__)


class _AlertMemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    said: tuple[Said, ...]
    paused_until: datetime | None = None


_FILE: Final = msgspec.json.Decoder(_AlertMemoryRecord)


@final
class FileAlertMemory:
    """Implements ``AlertMemoryFile``."""

    def __init__(self, path: Path, *, disk: Disk | None = None) -> None:
        """Keep it in ``path``, whose folder is made when needed."""
        self._path, self._disk = path, disk or Disk()

    async def load(self) -> AlertMemory:
        """What the file says; one that cannot be understood is renamed, and nothing is remembered."""
        return await asyncio.to_thread(self._load)

    async def save(self, memory: AlertMemory) -> None:
        """Replace the file. Raises WriteError; the old file then stays as it was."""
        await asyncio.to_thread(self._save, memory)

    def _load(self) -> AlertMemory:
        try:
            data = read_regular(self._path, limit=_LIMIT, disk=self._disk)
        except FileNotFoundError:
            return AlertMemory()
        except ReadError as error:
            _log.warning("what was said in notifications cannot be read: %s", error.facts["reason"])
            return AlertMemory()
        memory = _parse(data)
        if memory is None:
            set_aside(self._path, "what was said in notifications", disk=self._disk)
            return AlertMemory()
        return memory

    def _save(self, memory: AlertMemory) -> None:
        make_private_folder(self._path.parent)
        said = tuple(sorted(memory.said, key=lambda s: (s.account, s.topic, s.forget_at)))
        file = _AlertMemoryRecord(version=VERSION, said=said, paused_until=memory.paused_until)
        replace_file(self._path, msgspec.json.encode(file) + b"\n", disk=self._disk)


def _parse(data: bytes) -> AlertMemory | None:
    try:
        file = _FILE.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    moments = [m for s in file.said for m in (s.mark, s.forget_at)]
    # A moment without a zone cannot be compared with any other.
    if file.version != VERSION or any(m is not None and m.tzinfo is None for m in (*moments, file.paused_until)):
        return None
    return AlertMemory(said=frozenset(file.said), paused_until=file.paused_until)
