"""Stores of credential files: a folder shared with other tools, and files named on the command line."""

import os
from collections.abc import Sequence
from pathlib import Path

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.credential_files import Held, Place, is_folder, is_there, new_path, restored_path
from probe_tray.adapters.logins.file_index import FolderListing
from probe_tray.adapters.logins.files_store import FilesStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import FolderGoneError, Phrase, ReadError, StoreError, WriteError


class FolderStore(FilesStore):
    """All ``*.json`` right in one folder; a missing folder is an empty one and made on the first save.

    One that held logins and is gone, or empty with another in its place (a drive that was unmounted), is not: what was
    written there now would be out of sight once it is back.
    """

    def __init__(
        self, folder: Path, *, official: Path | None = None, made: MadeHere | None = None, disk: Disk | None = None
    ) -> None:
        """``official`` is the official client's own file, which is never written wherever it turns up."""
        super().__init__(StoreKind.FOLDER, official, made, disk)
        self._folder, self._official = folder, official
        self._listing = FolderListing(folder)
        self._identity: tuple[int, int] | None = None
        """Device and inode of the folder when it last held a file."""
        self._restoring: FolderStore | None = None
        """Made once: it remembers what it read."""

    def for_restored(self) -> "FolderStore":
        """The same folder, where the file of an account that is new here is named as a sync names it."""
        if self._restoring is None:
            folder, official = self._folder, self._official
            self._restoring = RestoringFolderStore(folder, official=official, made=self._made, disk=self._disk)
        return self._restoring

    def _places(self) -> list[Place]:
        places = self._listing.places()
        if places:
            self._identity = _identity(self._folder)
        elif self._identity is not None and _identity(self._folder) != self._identity:
            raise FolderGoneError(path=str(self._folder))
        return places

    def _answer(self, key: AccountKey, fault: StoreError | None) -> StoredCredential | None:
        if isinstance(fault, FolderGoneError) and not self._index.holders(key):
            # An account that was never in it is not its business.
            return None
        return super()._answer(key, fault)

    def _place_for_new(self, credential: Credential) -> Path:
        return new_path(self._folder, credential)

    def _folder_for_new(self, key: AccountKey) -> Path:
        del key
        return self._folder


class RestoringFolderStore(FolderStore):
    """Names the file of an account that is new here after its owner, as a sync does."""

    def __init__(
        self, folder: Path, *, official: Path | None = None, made: MadeHere | None = None, disk: Disk | None = None
    ) -> None:
        """As :class:`FolderStore`."""
        super().__init__(folder, official=official, made=made, disk=disk)
        self._proved = False

    def for_restored(self) -> FolderStore:
        """This store."""
        return self

    def _place_for_new(self, credential: Credential) -> Path:
        return restored_path(self._folder, credential)

    def _writable(self, holders: list[Held]) -> list[Held]:
        # Beside the official client's own login of an account, one that came from the table gets a file of its own.
        return [held for held in holders if not held.official]

    def _check_new(self, key: AccountKey) -> None:
        # Once: a sync may restore a thousand accounts, and each proof waits for the medium.
        if not self._proved:
            super()._check_new(key)
            self._proved = True


class NamedFileStore(FilesStore):
    """The files that a person named, in their order."""

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        creates: bool,
        official: Path | None = None,
        made: MadeHere | None = None,
        disk: Disk | None = None,
    ) -> None:
        """``creates`` puts a new account into the first file that is not there; else none is made for one.

        A file that is removed after a login was read from it is written anew in any case: the token in it
        may be spent by now, and the one that is saved is the only one that lives.

        ``official`` is the official client's own file, which is never written wherever it turns up.
        """
        self._creates = creates
        super().__init__(StoreKind.FILES, official, made, disk)
        named: dict[Path, Place] = {}
        for path in paths:
            named.setdefault(path.absolute(), Place(path))
        self._named = list(named.values())
        self._read_from: dict[AccountKey, Path] = {}

    def _places(self) -> list[Place]:
        return self._named

    def _answer(self, key: AccountKey, fault: StoreError | None) -> StoredCredential | None:
        found = super()._answer(key, fault)
        if found is not None:
            self._read_from[key] = self._read_from[found.credential.key] = Path(found.location)
            return found
        for path in self._uncertain():
            # It was named for a login, which may be in it again in a moment.
            raise ReadError(path=str(path), reason=Phrase("another program is writing it"))
        # Tokens that did not name their user may do so once another run has renewed them. Of two members of a team
        # nobody could tell which of them it was.
        if key.user_id or len(named := self._index.members(key.account_id)) != 1:
            return None
        return self._answer(named.pop(), fault)

    def _place_for_new(self, credential: Credential) -> Path:
        return self._free(credential.key)

    def _folder_for_new(self, key: AccountKey) -> Path:
        return self._free(key).parent

    def _free(self, key: AccountKey) -> Path:
        # Tokens that did not name their user may do so once they were renewed.
        removed = self._read_from.get(key) or self._read_from.get(AccountKey(key.account_id))
        if removed is not None and not is_there(removed):
            return removed
        for place in self._named:
            if not is_there(place.path):
                if not self._creates:
                    raise WriteError(path=str(place.path), reason=Phrase("there is no such file or folder"))
                return place.path
        first = self._named[0].path
        # Never inside it: nobody would look for a login there.
        reason = Phrase("it is a folder") if is_folder(first) else Phrase("it contains no login of this account")
        raise WriteError(path=str(first), reason=reason)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(folder)  # noqa: PTH116 - asked at every look
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
