"""Stores of credential files as the programs make them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.folder_store import (
    FolderStore,
    NamedFileStore,
    RestoringFolderStore,
)
from probe_tray.adapters.logins.made_here import LoginOrigins
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey


class NoOrigins:
    """Implements ``LoginOrigins`` where every login is another program's."""

    def knows(self, credential: Credential) -> bool:
        del credential
        return False

    def note(self, credential: Credential) -> None: ...

    def forget(self, key: AccountKey) -> None: ...


def folder_store(
    folder: Path,
    *,
    official: Path | None = None,
    made: LoginOrigins | None = None,
    disk: Disk | None = None,
    now: Callable[[], float] = monotonic,
) -> FolderStore:
    """The logins in ``folder``."""
    return FolderStore(folder, official=_official(official), made=made or NoOrigins(), disk=disk or Disk(), now=now)


def restoring_store(folder: Path, *, official: Path | None = None) -> RestoringFolderStore:
    """The same, where files that are new are named after their owners."""
    return RestoringFolderStore(folder, official=_official(official), made=NoOrigins(), disk=Disk(), now=monotonic)


def named_files(
    paths: Sequence[Path],
    *,
    held: Mapping[AccountKey, Path],
    official: Path | None = None,
    made: LoginOrigins | None = None,
    disk: Disk | None = None,
) -> NamedFileStore:
    """The logins in the files ``paths``."""
    made, disk = made or NoOrigins(), disk or Disk()
    return NamedFileStore(paths, held=held, official=_official(official), made=made, disk=disk, now=monotonic)


def _official(path: Path | None) -> tuple[Path, ...]:
    return () if path is None else (path,)
