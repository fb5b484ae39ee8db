"""How a person has arranged the accounts, in one small file. It holds slugs and the person's own names."""

import asyncio
import logging
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, read_regular, replace_file, set_aside
from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.errors import ReadError

_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of the largest file that is read."""

_log: Final = logging.getLogger(__name__)


class _ArrangementRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    desk: Arrangement


_FILE: Final = msgspec.json.Decoder(_ArrangementRecord)


@final
class JsonArrangementFile:
    """Implements ``DeskFile``."""

    def __init__(self, path: Path, *, disk: Disk | None = None) -> None:
        """Keep it in ``path``, whose folder is made when needed."""
        self._path, self._disk = path, disk or Disk()

    async def load(self) -> Arrangement:
        """What the file says; one that cannot be understood is renamed, and nothing is arranged."""
        return await asyncio.to_thread(self._load)

    async def save(self, desk: Arrangement) -> None:
        """Replace the file. Raises WriteError; the old file then stays as it was."""
        await asyncio.to_thread(self._save, desk)

    def _load(self) -> Arrangement:
        try:
            data = read_regular(self._path, limit=_LIMIT, disk=self._disk)
        except FileNotFoundError:
            return Arrangement()
        except ReadError as error:
            _log.warning("how the accounts were arranged cannot be read: %s", error.facts["reason"])
            return Arrangement()
        try:
            return _FILE.decode(data).desk
        except (msgspec.MsgspecError, ValueError, RecursionError):
            set_aside(self._path, "how the accounts were arranged", disk=self._disk)
            return Arrangement()

    def _save(self, desk: Arrangement) -> None:
        make_private_folder(self._path.parent)
        replace_file(self._path, msgspec.json.encode(_ArrangementRecord(desk=desk)) + b"\n", disk=self._disk)
