"""How the latest refresh requests ended, in one small file that both programs and all their runs share.

The file holds slugs of accounts and moments: no e-mail address, no id, no token.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import (
    make_private_folder,
    read_regular,
    remove_stale,
    replace_file,
    set_aside,
)
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.errors import ReadError
from probe_tray.core.renewal.pause import Tally

_VERSION: Final = 1
_LIMIT: Final = 1024 * 1024
"""Bytes of the largest file that is read: an entry has a hundred."""
_LOCK: Final = "requests"

_log: Final = logging.getLogger(__name__)


class _TallyRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    tally: Tally


_FILE: Final = msgspec.json.Decoder(_TallyRecord)


@final
class JsonTallyFile:
    """Implements ``TallyFile``. A file that cannot be understood is set aside, and counting begins anew."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk | None = None) -> None:
        """Keep it in ``path``, whose folder is made when needed; ``locks`` are those of every process."""
        self._path, self._locks, self._disk = path, locks, disk or Disk()

    async def load(self) -> Tally:
        """What the file says."""
        return await asyncio.to_thread(self._load) or Tally()

    async def change(self, step: Callable[[Tally], Tally]) -> Tally:
        """Read, change and replace the file under its lock; a failed write leaves it as it was."""
        async with self._locks.hold_name(_LOCK):
            return await asyncio.to_thread(self._change, step)

    def _change(self, step: Callable[[Tally], Tally]) -> Tally:
        make_private_folder(self._path.parent)
        remove_stale(self._path.parent)
        before = self._load()
        if before is None:
            set_aside(self._path, "how the latest renewals ended", disk=self._disk)
        after = step(before or Tally())
        replace_file(
            self._path, msgspec.json.encode(_TallyRecord(version=_VERSION, tally=after)) + b"\n", disk=self._disk
        )
        return after

    def _load(self) -> Tally | None:
        """None where the file cannot be understood."""
        try:
            data = read_regular(self._path, limit=_LIMIT, disk=self._disk)
        except FileNotFoundError:
            return Tally()
        except ReadError as error:
            _log.warning("how the latest renewals ended cannot be read: %s", error.facts["reason"])
            return Tally()
        return _parse(data)


def _parse(data: bytes) -> Tally | None:
    try:
        file = _FILE.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    moments = [a.at for a in file.tally.attempts]
    # A moment without a zone cannot be compared with any other.
    if file.version != _VERSION or any(m is not None and m.tzinfo is None for m in (*moments, file.tally.rest_until)):
        return None
    return file.tally
