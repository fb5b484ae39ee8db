"""The folder that the command synchronises: each account is looked for in its own files and in no other.

A sync reads its stores many times: with a thousand files it must not read all of them each time.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from msgspec.structs import replace

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import prove_writable
from probe_tray.adapters.logins.credential_files import CredentialFiles, Place, json_files, restored_path
from probe_tray.adapters.logins.files_store import make_missing
from probe_tray.adapters.logins.folder_store import NamedFileStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import CredentialFileError, ReadError
from probe_tray.core.formats.document import NOBODY, Document
from probe_tray.core.state import Unreadable
from probe_tray.ports.accounts import StoreContents

_RESERVE: Final = 64 * 1024
"""Bytes that must fit; a login has a few thousand."""


@final
class SyncFolder:
    """Implements ``AccountStore`` over ``sync_dir``. Call :meth:`load` first; a missing folder is an empty one."""

    def __init__(
        self, folder: Path, *, official: Path | None = None, made: MadeHere | None = None, disk: Disk | None = None
    ) -> None:
        """``official`` is the official client's own file; it is never written, and no account of ours is in it."""
        self._folder, self._official, self._made, self._disk = folder, official, made, disk or Disk()
        self._stores: dict[AccountKey, NamedFileStore] = {}
        self._names: set[str] = set()
        """The files that were looked at, or written here."""
        self._turn = asyncio.Lock()
        self._proved = False

    @property
    def kind(self) -> StoreKind:
        """A folder shared with other tools."""
        return StoreKind.FOLDER

    async def load(self) -> StoreContents:
        """Every login in the folder; what cannot be read is named with its reason and left alone."""
        return await asyncio.to_thread(self._load)

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """What the account's files hold of it now."""
        if key not in self._stores:
            # Another run may have put it there since.
            async with self._turn:
                await asyncio.to_thread(self._look_for_new)
        store = self._stores.get(key)
        stored = None if store is None else await store.read(key)
        return None if stored is None else self._ours(stored)

    async def check_writable(self, key: AccountKey) -> None:
        """Write and remove a file of a login's size beside the account's; once also where new ones will be."""
        store = self._stores.get(key)
        if store is not None:
            await store.check_writable(key)
        elif not self._proved:
            await asyncio.to_thread(self._prove_writable)
            self._proved = True

    async def save(self, credential: Credential) -> StoredCredential:
        """Put it into every file that holds the account, else into a new one that is named after its owner."""
        key = credential.key
        # Tokens that did not name their user may do so once they were renewed: the account is the same.
        store = self._stores.get(key) or self._stores.get(AccountKey(key.account_id))
        if store is not None:
            return self._ours(await store.save(credential))
        async with self._turn:
            store = self._files(await asyncio.to_thread(restored_path, self._folder, credential))
            stored = await store.save(credential)
            self._stores[key] = store
            self._names.add(Path(stored.location).name)
            return self._ours(stored)

    async def remove(self, key: AccountKey) -> None:
        """Take the account out of its files."""
        store = self._stores.get(key)
        if store is not None:
            await store.remove(key)

    async def changed(self) -> bool:
        """Nobody waits for changes here: every look reads the files as they are."""
        return False

    def _ours(self, stored: StoredCredential) -> StoredCredential:
        # A file that has become the official client's by now says so.
        return stored if stored.store is StoreKind.OFFICIAL else replace(stored, store=self.kind)

    def _prove_writable(self) -> None:
        make_missing(self._folder)
        prove_writable(self._folder, _RESERVE, disk=self._disk)

    def _files(self, *paths: Path) -> NamedFileStore:
        return NamedFileStore(paths, official=self._official, made=self._made, disk=self._disk)

    def _look_for_new(self) -> None:
        # The names alone first: with a thousand files a look at each of them for each account takes many seconds.
        with suppress(OSError, ReadError):
            new = {path.name for path in self._folder.iterdir()} - self._names
            for place in json_files(self._folder) if new else ():
                if place.path.name in new:
                    self._take_in(place)
            self._names |= new

    def _take_in(self, place: Place) -> None:
        with suppress(ReadError):
            held = CredentialFiles(self._official, self._disk).read(place)
            for document in () if held is None or held.official else held.documents:
                if document.credential is not None:
                    self._stores.setdefault(document.credential.key, self._files(place.path))

    def _load(self) -> StoreContents:
        reader = CredentialFiles(self._official, self._disk)
        paths: dict[AccountKey, list[Path]] = {}
        found: list[StoredCredential] = []
        unreadable: list[Unreadable] = []
        try:
            places = json_files(self._folder)
        except ReadError as error:
            return StoreContents(problem=error.problem)
        for place in places:
            location = str(place.path)
            try:
                held = reader.read(place)
            except ReadError as error:
                unreadable.append(Unreadable(location=location, problem=error.problem))
                continue
            if held is None or held.official:
                continue
            reader.make_private(held)
            for document in held.documents:
                login = document.credential
                if login is not None:
                    found.append(StoredCredential(credential=login, store=self.kind, location=location))
                    paths.setdefault(login.key, []).append(place.path)
                elif not _is_empty(document):
                    problem = CredentialFileError(path=location, reason=document.reason).problem
                    unreadable.append(Unreadable(location=location, problem=problem))
        self._stores = {key: self._files(*dict.fromkeys(held)) for key, held in paths.items()}
        self._names = {place.path.name for place in places}
        return StoreContents(found=tuple(found), unreadable=tuple(unreadable))


def _is_empty(document: Document) -> bool:
    """Nobody is signed in with it, or it is an API key: there is nothing to share and nothing wrong."""
    return document.api_key or document.reason == NOBODY
