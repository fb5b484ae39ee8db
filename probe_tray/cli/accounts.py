"""Which logins the command works on, and the configuration that says so."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from probe_tray.adapters.config_file import LoadedSettings, load_settings
from probe_tray.adapters.credential_files import CredentialFiles, Place, is_folder, json_files
from probe_tray.adapters.disk import Disk
from probe_tray.adapters.folder import FolderStore
from probe_tray.adapters.places import Places
from probe_tray.core.credential import StoredCredential
from probe_tray.core.errors import CredentialFileError, ProbeError, Problem, ReadError, UsageError
from probe_tray.core.identity import StoreKind
from probe_tray.core.report import AccountReport
from probe_tray.ports import StoreContents


class Found(msgspec.Struct, frozen=True):
    """What there is to work on, in the order in which it was named."""

    entries: tuple[StoredCredential | AccountReport, ...] = ()
    """A login, or the report on what is none."""
    troubles: tuple[Problem, ...] = ()
    """Stores that could not be opened."""

    @property
    def logins(self) -> list[StoredCredential]:
        """The logins alone."""
        return [entry for entry in self.entries if isinstance(entry, StoredCredential)]


def read_settings(config: str | None, places: Places) -> LoadedSettings:
    """The configuration at ``config``, else at its usual place, where it is written on first use.

    Raises UsageError for a named file that is not there, and ConfigError for one that cannot be used.
    """
    if config is None:
        return load_settings(places.config_file, create=True)
    path = Path(config)
    if not path.exists():
        raise UsageError(what=f"--config {path}: there is no such file.")
    return load_settings(path, create=False)


def find_logins(paths: Sequence[str], settings: LoadedSettings, places: Places) -> Found:
    """The logins of the files and folders in ``paths``; without any, those of the tray app: vault and sync_dir."""
    return _in_files(paths, places.official_login) if paths else asyncio.run(_of_the_tray(settings, places))


def _in_files(paths: Sequence[str], official: Path) -> Found:
    """Each file stands for itself: two that hold the same account are two rows."""
    files = CredentialFiles(official, Disk())
    entries: list[StoredCredential | AccountReport] = []
    seen: set[Path] = set()
    for path in map(Path, paths):
        try:
            named = json_files(path) if is_folder(path) else [Place(path)]
        except ProbeError as error:
            entries.append(AccountReport(location=str(path), problem=error.problem))
            continue
        if not named:
            problem = ReadError(path=str(path), reason="it holds no credential file (*.json)").problem
            entries.append(AccountReport(location=str(path), problem=problem))
        for place in named:
            # A file may be named twice, once by itself and once by its folder.
            if place.path.absolute() not in seen:
                seen.add(place.path.absolute())
                entries += _in_file(files, place)
    return Found(tuple(entries))


def _in_file(files: CredentialFiles, place: Place) -> list[StoredCredential | AccountReport]:
    location = str(place.path)
    try:
        held = files.read(place)
    except ProbeError as error:
        return [AccountReport(location=location, problem=error.problem)]
    if held is None:
        problem = ReadError(path=location, reason="there is no such file or folder").problem
        return [AccountReport(location=location, problem=problem)]
    kind = StoreKind.OFFICIAL if held.official else StoreKind.FILES
    entries: list[StoredCredential | AccountReport] = []
    for document in held.documents:
        if document.credential is not None:
            entries.append(StoredCredential(credential=document.credential, store=kind, location=location))
        elif document.api_key:
            entries.append(AccountReport(location=location, api_key=True))
        else:
            problem = CredentialFileError(path=location, reason=document.reason).problem
            entries.append(AccountReport(location=location, problem=problem))
    return entries


async def _of_the_tray(settings: LoadedSettings, places: Places) -> Found:
    folder = settings.sync_folder
    found = [await _load_vault(places)]
    if folder is not None:
        found.append(await FolderStore(folder, official=places.official_login).load())
    troubles = tuple(contents.problem for contents in found if contents.problem is not None)
    entries = tuple(entry for contents in found for entry in _of_a_store(contents))
    if not entries and not troubles:
        raise UsageError(what="There is no login yet: name credential files or a folder, or sign in with Probe Tray.")
    return Found(entries, troubles)


async def _load_vault(places: Places) -> StoreContents:
    # Imported here: most runs are given files and need no keyring.
    from probe_tray.adapters.keyring_key import OsKeyStore
    from probe_tray.adapters.locks import FileLocks
    from probe_tray.adapters.sealer import VaultKey
    from probe_tray.adapters.vault import VaultStore

    # In use, whatever there is: looking at the logins must never make a key.
    always: Callable[[], bool] = lambda: True  # noqa: E731 - the line above belongs to it
    return await VaultStore(places.vault, VaultKey(OsKeyStore(), FileLocks(places.locks), always)).load()


def _of_a_store(contents: StoreContents) -> list[StoredCredential | AccountReport]:
    broken = [AccountReport(location=u.location, problem=u.problem) for u in contents.unreadable]
    key = [AccountReport(location=contents.api_key.location, api_key=True)] if contents.api_key else []
    return [*contents.found, *key, *broken]
