"""The official client's own login, which is shown and never changed."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn

from probe_tray.adapters.credential_files import CredentialFiles, Place, is_folder
from probe_tray.adapters.disk import Disk
from probe_tray.core.credential import ApiKeyLogin, Credential, StoredCredential
from probe_tray.core.errors import CredentialFileError, OfficialLoginError, ReadError, StoreError
from probe_tray.core.formats import NOBODY, Document, read_documents
from probe_tray.core.identity import AccountKey, StoreKind
from probe_tray.core.secret import Secret
from probe_tray.ports import StoreContents, Unreadable

FILE: Final = "auth.json"
_KEYRING_SERVICE: Final = "Codex Auth"

ReadKeyring = Callable[[str, str], Awaitable[Secret | None]]
"""Asks the OS keyring for an entry by service and user. Raises the Keyring errors."""


class OfficialStore:
    """Implements ``AccountStore`` read only, over ``auth.json`` or the keyring entry that stands for it.

    Service fact: where the client keeps its login in the keyring, the file is absent.
    """

    def __init__(self, codex_home: Path, read_keyring: ReadKeyring, *, disk: Disk | None = None) -> None:
        """``codex_home`` is the client's own folder."""
        self._home, self._read_keyring = codex_home, read_keyring
        self._place = Place(codex_home / FILE)
        self._files = CredentialFiles(None, disk or Disk())

    @property
    def kind(self) -> StoreKind:
        """The official client's."""
        return StoreKind.OFFICIAL

    async def load(self) -> StoreContents:
        """The client's login, if there is one. The keyring is asked only where the client has a folder but no file."""
        await asyncio.to_thread(self._files.notice, [self._place])
        try:
            documents, location = await self._documents()
        except ReadError as error:
            return StoreContents(unreadable=(Unreadable(location=str(self._place.path), problem=error.problem),))
        found: list[StoredCredential] = []
        unreadable: list[Unreadable] = []
        api_key: ApiKeyLogin | None = None
        for document in documents:
            if document.credential is not None:
                found.append(_stored(document.credential, location))
            elif document.api_key:
                api_key = ApiKeyLogin(location=location)
            elif document.reason != NOBODY:
                problem = CredentialFileError(path=location, reason=document.reason).problem
                unreadable.append(Unreadable(location=location, problem=problem))
        return StoreContents(found=tuple(found), unreadable=tuple(unreadable), api_key=api_key)

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """The client's login as it is now, where it is this account's."""
        documents, location = await self._documents()
        logins = [d.credential for d in documents if d.credential is not None and d.credential.key == key]
        return _stored(logins[0], location) if logins else None

    async def check_writable(self, key: AccountKey) -> None:
        """Raise OfficialLoginError, always."""
        del key
        self._refuse()

    async def save(self, credential: Credential) -> StoredCredential:
        """Raise OfficialLoginError, always."""
        del credential
        self._refuse()

    async def remove(self, key: AccountKey) -> None:
        """Raise OfficialLoginError, always."""
        del key
        self._refuse()

    async def changed(self) -> bool:
        """Whether the client changed its file since this store last read it. A keyring entry is not watched."""
        return await asyncio.to_thread(self._files.changed, [self._place])

    def _refuse(self) -> NoReturn:
        raise OfficialLoginError(path=str(self._place.path))

    async def _documents(self) -> tuple[tuple[Document, ...], str]:
        held = await asyncio.to_thread(self._files.read, self._place)
        if held is not None:
            return held.documents, str(self._place.path)
        if not await asyncio.to_thread(is_folder, self._home):
            return (), ""
        try:
            entry = await self._read_keyring(_KEYRING_SERVICE, await asyncio.to_thread(keyring_user, self._home))
        except StoreError:
            # Most people have no entry there, so a keyring that does not open is no news of this login.
            return (), ""
        if entry is None:
            return (), ""
        return read_documents(entry.reveal().encode("utf-8", "surrogatepass")), str(self._place.path)


def keyring_user(codex_home: Path) -> str:
    """The user name of the client's keyring entry. Service fact: it is made from the real path of its folder."""
    return f"cli|{sha256(str(codex_home.resolve()).encode()).hexdigest()[:16]}"


def _stored(credential: Credential, location: str) -> StoredCredential:
    return StoredCredential(credential=credential, store=StoreKind.OFFICIAL, location=location)
