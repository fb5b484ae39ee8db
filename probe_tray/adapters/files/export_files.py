"""New files for other programs: private, whole, and never in the place of something that is not ours to replace."""

import asyncio
import enum
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import replace_file
from probe_tray.adapters.logins.credential_files import is_clients_here, is_folder, is_there
from probe_tray.core.errors import Phrase, WriteError
from probe_tray.core.formats.document import size_limit


class Obstacle(enum.Enum):
    """What keeps a new file from its place."""

    FILE = "file"
    """One that can be replaced, if the person wants that."""
    OFFICIAL = "official"
    NO_FILE = "no file"
    """A folder, a link, a device…"""


_FINAL = {
    Obstacle.OFFICIAL: Phrase("it is the Codex client's own login, which is never replaced"),
    Obstacle.NO_FILE: Phrase("what is already there can't be replaced"),
}


@final
class DiskExportFiles:
    """Implements ``ExportFiles``; each step runs in a thread."""

    def __init__(self, official: Callable[[], Sequence[Path]], *, disk: Disk) -> None:
        """``official`` are the official client's own files now, which are never written."""
        self._official, self._disk = official, disk

    async def in_the_way(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those that are there already."""
        return await asyncio.to_thread(self._in_the_way, paths)

    async def write(self, path: str, data: bytes) -> bool:
        """Write it, 0600, all or nothing."""
        await asyncio.to_thread(replace_file, Path(path), data, disk=self._disk)
        return len(data) <= size_limit(data)

    def _in_the_way(self, paths: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for path in paths:
            try:
                obstacle = obstacle_at(Path(path), self._official())
            except OSError as error:
                raise WriteError(path=path, reason=reason_of(error)) from None
            if obstacle in _FINAL:
                raise WriteError(path=path, reason=_FINAL[obstacle])
            if obstacle is not None:
                found.append(path)
            elif not is_folder(Path(path).parent):
                raise WriteError(path=path, reason=Phrase("its folder doesn't exist"))
        return tuple(found)


def obstacle_at(path: Path, official: Sequence[Path]) -> Obstacle | None:
    """What is at ``path`` already; None where nothing is. Raises OSError as the system does."""
    if not is_there(path):
        return None
    if is_clients_here(path, official):
        return Obstacle.OFFICIAL
    return Obstacle.FILE if stat.S_ISREG(path.lstat().st_mode) else Obstacle.NO_FILE
