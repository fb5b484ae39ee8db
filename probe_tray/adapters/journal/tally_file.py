"""How the latest refresh requests ended, in one small file that both programs and all their runs share.

The file holds slugs of accounts and moments: no e-mail address, no id, no token.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.adapters.files.safe_files import make_private_folder, remove_stale
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.renewal.pause import Tally

_VERSION: Final = 1
_LOCK: Final = "requests"


class _TallyRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = _VERSION
    tally: Tally


def _has_zones(file: _TallyRecord) -> bool:
    # A moment without a zone cannot be compared with any other.
    moments = (*(a.at for a in file.tally.attempts), file.tally.rest_until)
    return all(m is None or m.tzinfo is not None for m in moments)


_FORMAT: Final = JsonFormat(
    what="how the latest renewals ended",
    version=_VERSION,
    decoder=msgspec.json.Decoder(_TallyRecord),
    is_sound=_has_zones,
    # An entry has a hundred bytes.
    limit=1024 * 1024,
)


@final
class JsonTallyFile:
    """Implements ``TallyFile``. A file that cannot be understood is set aside, and counting begins anew."""

    def __init__(self, path: Path, locks: FileLocks, *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed; ``locks`` are those of every process."""
        self._folder, self._file, self._locks = path.parent, JsonFile(path, _FORMAT, disk=disk), locks

    async def load(self) -> Tally:
        """What the file says."""
        return await asyncio.to_thread(self._load, alone=False)

    async def change(self, step: Callable[[Tally], Tally]) -> Tally:
        """Read, change and replace the file under its lock; a failed write leaves it as it was."""
        # Two processes that count at once would each write a tally without the other's attempt.
        async with self._locks.hold_name(_LOCK):
            return await asyncio.to_thread(self._change, step)

    def _change(self, step: Callable[[Tally], Tally]) -> Tally:
        make_private_folder(self._folder)
        remove_stale(self._folder)
        after = step(self._load(alone=True))
        self._file.replace(_TallyRecord(tally=after))
        return after

    def _load(self, *, alone: bool) -> Tally:
        file = self._file.recall(alone=alone)
        return Tally() if file is None else file.tally
