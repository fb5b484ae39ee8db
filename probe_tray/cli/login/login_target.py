"""Where ``codex-probe --login`` keeps what it brings: the file or folder of ``-o``."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import prove_writable, real_path
from probe_tray.adapters.logins.credential_files import (
    CredentialFiles,
    Place,
    is_clients_here,
    is_folder,
    is_there,
    json_files,
)
from probe_tray.adapters.logins.folder_store import FolderStore, NamedFileStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Phrase, ProbeError, StoreError, UsageError
from probe_tray.engine.account.accounts import unnamed_account
from probe_tray.ports.accounts import AccountStore

_RESERVE = 64 * 1024
"""Bytes that must fit; a login has a few thousand."""


class LoginTarget:
    """A file or folder that is made fit before the person signs in, and another place for when it fails after that."""

    def __init__(
        self, given: str, *, official: Sequence[Path], spare: Path, made: MadeHere, disk: Disk, now: Callable[[], float]
    ) -> None:
        """``given`` is what stood after ``-o``; ``spare`` the folder for a login that finds no place otherwise.

        ``official`` are the official client's own files, which are refused.
        ``made`` notes that the login was made here. ``now`` counts seconds and never goes back.
        """
        self._path = Path(given)
        self._official = tuple(official)
        self._spare = spare
        self._made, self._disk, self._now = made, disk, now
        is_file = self._path.suffix and not given.endswith(("/", os.sep))
        self._is_folder = is_folder(self._path) or not (is_file or is_there(self._path))

    async def prepare(self) -> None:
        """Prove that a login can be kept. Raises UsageError for a place that is wrong, WriteError where it cannot."""
        store = self._store()
        if self._is_folder:
            self._refuse_official(json_files(self._path))
            await store.check_writable(AccountKey(""))
        elif is_there(self._path):
            self._refuse_official([Place(self._path)])
            self._refuse_stranger()
            prove_writable(real_path(self._path).parent, _RESERVE, disk=self._disk)
        else:
            await store.check_writable(AccountKey(""))

    async def keep(self, credential: Credential) -> tuple[StoredCredential, ProbeError | None]:
        """Save the login; the problem, if any, is why it is elsewhere. Raises StoreError where nothing takes it."""
        try:
            return await _save(self._store(), credential), None
        except StoreError as error:
            problem = error
        # It exists nowhere else, and the person has signed in for it.
        if not self._is_folder:
            with suppress(StoreError):
                return await _save(self._folder(self._path.parent), credential), problem
        return await _save(self._folder(self._spare), credential), problem

    def _store(self) -> NamedFileStore | FolderStore:
        if self._is_folder:
            return self._folder(self._path)
        official, made, disk = self._official, self._made, self._disk
        return NamedFileStore([self._path], held={}, official=official, made=made, disk=disk, now=self._now)

    def _folder(self, path: Path) -> FolderStore:
        return FolderStore(path, official=self._official, made=self._made, disk=self._disk, now=self._now)

    def _refuse_official(self, places: list[Place]) -> None:
        if any(is_clients_here(place.path, self._official) for place in places):
            raise UsageError(
                what=Phrase(
                    "-o {path} belongs to the Codex client. Choose another file or folder.", path=str(self._path)
                )
            )

    def _refuse_stranger(self) -> None:
        held = CredentialFiles(self._official, self._disk).read(Place(self._path))
        if held is None or not any(document.credential for document in held.documents):
            raise UsageError(
                what=Phrase(
                    "-o {path} already exists and isn't a credential file. Choose another name.", path=str(self._path)
                )
            )


async def _save(store: AccountStore, credential: Credential) -> StoredCredential:
    return await store.save(credential, replaces=await unnamed_account([store], credential))
