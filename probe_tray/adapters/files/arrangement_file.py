"""How a person has arranged the accounts, in one small file. It holds slugs and the person's own names."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.core.account.arrangement import Arrangement

_VERSION: Final = 2


class _ArrangementRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = _VERSION
    arrangement: Arrangement


def _name_the_arrangement(found: Mapping[str, object]) -> dict[str, object]:
    return {("arrangement" if name == "desk" else name): value for name, value in found.items()}


_FORMAT: Final = JsonFormat(
    what="how the accounts were arranged",
    version=_VERSION,
    decoder=msgspec.json.Decoder(_ArrangementRecord),
    limit=4 * 1024 * 1024,
    steps={1: _name_the_arrangement},
)
_EARLIER_NAME: Final = "desk.json"
"""What the first versions called the file. It is read until the first change, and left to those versions."""


@final
class JsonArrangementFile:
    """Implements ``ArrangementFile``."""

    def __init__(self, path: Path, *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed."""
        self._file = JsonFile(path, _FORMAT, disk=disk)
        self._earlier = JsonFile(path.with_name(_EARLIER_NAME), _FORMAT, disk=disk)

    async def load(self) -> Arrangement:
        """What the file says; one that cannot be understood is renamed, and nothing is arranged."""
        return await asyncio.to_thread(self._load)

    async def save(self, arrangement: Arrangement) -> None:
        """Replace the file. Raises WriteError; the old file then stays as it was."""
        await asyncio.to_thread(self._file.replace, _ArrangementRecord(arrangement=arrangement))

    def _load(self) -> Arrangement:
        file = self._file.recall(alone=True) or self._earlier.recall(alone=True)
        return Arrangement() if file is None else file.arrangement
