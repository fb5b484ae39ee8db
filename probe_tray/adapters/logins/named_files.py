"""Credential files that were looked at before: each account is looked for in its own file and in no other."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from probe_tray.adapters.logins.credential_files import is_there
from probe_tray.adapters.logins.folder_store import NamedFileStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import Phrase, ReadError, WriteError
from probe_tray.ports.accounts import StoreContents


class NamedFiles:
    """Implements ``AccountStore`` over one file per account.

    A renewal reads its stores many times: with hundreds of files it must not read all of them each time.
    """

    def __init__(
        self, places: Mapping[AccountKey, Path], *, official: Path | None = None, made: MadeHere | None = None
    ) -> None:
        """``official`` is the official client's own file, which is never written wherever it turns up."""
        stores = {path: NamedFileStore([path], official=official, made=made) for path in dict.fromkeys(places.values())}
        self._stores = {key: stores[path] for key, path in places.items()}
        self._paths = tuple(stores.values())

    @property
    def kind(self) -> StoreKind:
        """Files named on the command line."""
        return StoreKind.FILES

    async def load(self) -> StoreContents:
        """What the files hold."""
        contents = [await store.load() for store in self._paths]
        return StoreContents(
            found=tuple(stored for content in contents for stored in content.found),
            unreadable=tuple(one for content in contents for one in content.unreadable),
            api_key=next((content.api_key for content in contents if content.api_key), None),
        )

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """What the account's file holds of it now. Raises ReadError where it was a login and is none just now."""
        store = self._stores.get(key)
        if store is None:
            return None
        found = await store.read(key)
        if found is not None:
            return found
        contents = await store.load()
        for one in contents.unreadable:
            if await asyncio.to_thread(is_there, Path(one.location)):
                raise ReadError(path=one.location, reason=dict(one.problem.facts)["reason"])
        # Tokens that did not name their user may do so once another run has renewed them.
        named = [stored for stored in contents.found if stored.credential.account_id == key.account_id]
        return named[0] if len(named) == 1 and not key.user_id else None

    async def check_writable(self, key: AccountKey) -> None:
        """Write and remove a file of a login's size beside the account's."""
        await self._store(key).check_writable(key)

    async def save(self, credential: Credential) -> StoredCredential:
        """Put it into the account's file, which is written anew where it was removed meanwhile."""
        return await self._store(credential.key).save(credential)

    async def remove(self, key: AccountKey) -> None:
        """Take the account out of its file."""
        await self._store(key).remove(key)

    async def changed(self) -> bool:
        """Whether another program changed one of the files since it was last read or written here."""
        return any([await store.changed() for store in self._paths])

    def _store(self, key: AccountKey) -> NamedFileStore:
        store = self._stores.get(key)
        # Tokens that did not name their user may do so once they were renewed: the account is the same.
        store = store or self._stores.get(AccountKey(key.account_id))
        if store is None:
            raise WriteError(path="", reason=Phrase("no file was given for this account"))
        return store
