"""New files for other programs: private, whole, and never in the place of something that is not ours to replace."""

import asyncio
import contextlib
import enum
import stat
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, final

from probe_tray.adapters.files.app_folders import AppFolders
from probe_tray.adapters.files.config_file import login_folder
from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import replace_file
from probe_tray.adapters.logins.credential_files import is_clients_here, is_folder, is_there, json_files, json_names
from probe_tray.core.errors import ConfigError, Phrase, ReadError, WriteError
from probe_tray.core.formats.document import size_limit
from probe_tray.core.settings import Settings


class Obstacle(enum.Enum):
    """What keeps a new file from its place."""

    FILE = "file"
    """One that can be replaced, if the person wants that."""
    OFFICIAL = "official"
    OURS = "ours"
    """One of the logins in our own folder: it may be the only copy of a refresh token that the new file is without."""
    READ = "read"
    """One that logins of this export were read from, for the same reason."""
    NO_FILE = "no file"
    """A folder, a link, a device…"""


_FINAL = {
    Obstacle.OFFICIAL: Phrase("it is the Codex client's own login, which is never replaced"),
    Obstacle.OURS: Phrase("it is one of Probe Tray's own logins, which an export never replaces"),
    Obstacle.READ: Phrase("this export reads logins from it, so it isn't replaced"),
    Obstacle.NO_FILE: Phrase("what is already there can't be replaced"),
}


FileId = tuple[int, int]
"""Device and inode: by it a file is the same under each of its names."""


class OwnFiles(NamedTuple):
    """What an export never replaces."""

    official: Sequence[Path] = ()
    """The official client's own files."""
    folder: Path | None = None
    """The folder of logins; None where none is set."""
    vault: Path | None = None
    """Its folder."""
    read: Collection[FileId] = ()
    """Files that logins of this export were read from."""


def own_files(places: AppFolders, settings: Settings, config: Path) -> OwnFiles:
    """Those of this user, by the ``settings`` of the file ``config``."""
    official = places.official_logins(settings.codex_homes)
    try:
        return OwnFiles(official, login_folder(settings, config), places.vault)
    except ConfigError:
        # A folder of which nobody can say where it is holds nothing.
        return OwnFiles(official, vault=places.vault)


@final
class DiskExportFiles:
    """Implements ``ExportFiles``; each step runs in a thread."""

    def __init__(self, own: Callable[[], OwnFiles], *, disk: Disk) -> None:
        """``own`` are the files that are never replaced, as they are now."""
        self._own, self._disk = own, disk

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
                obstacle = obstacle_at(Path(path), self._own())
            except OSError as error:
                raise WriteError(path=path, reason=reason_of(error)) from None
            if obstacle in _FINAL:
                raise WriteError(path=path, reason=_FINAL[obstacle])
            if obstacle is not None:
                found.append(path)
            elif not is_folder(Path(path).parent):
                raise WriteError(path=path, reason=Phrase("its folder doesn't exist"))
        return tuple(found)


def obstacle_at(path: Path, own: OwnFiles) -> Obstacle | None:
    """What is at ``path`` already; None where nothing is. Raises OSError as the system does."""
    if not is_there(path):
        return None
    if is_clients_here(path, own.official):
        return Obstacle.OFFICIAL
    if not stat.S_ISREG(path.lstat().st_mode):
        return Obstacle.NO_FILE
    if _is_in(path, own.vault) or _is_login_of_ours(path, own.folder):
        return Obstacle.OURS
    return Obstacle.READ if file_ids([path]) & frozenset(own.read) else Obstacle.FILE


def file_ids(paths: Iterable[Path]) -> frozenset[FileId]:
    """Those of the files that are there."""
    found: set[FileId] = set()
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            status = path.stat()
            found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def _is_login_of_ours(path: Path, folder: Path | None) -> bool:
    if folder is None:
        return False
    if _is_in(path, folder):
        return bool(json_names([path.name], ".json"))
    with contextlib.suppress(OSError, ReadError):
        # A link among the logins may lead to a file of any name in a folder below it, and nowhere else.
        if folder.resolve() in path.resolve().parents:
            return any(file_ids([path]) == file_ids([place.path]) for place in json_files(folder))
    return False


def _is_in(path: Path, folder: Path | None) -> bool:
    with contextlib.suppress(OSError):
        return folder is not None and folder.samefile(path.absolute().parent)
    return False
