"""Stores of credential files: a folder shared with other tools, and files named on the command line."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import real_path
from probe_tray.adapters.logins.credential_files import (
    Held,
    Place,
    belongs,
    folder_lock,
    is_folder,
    is_there,
    new_path,
    restored_path,
)
from probe_tray.adapters.logins.file_index import FolderListing
from probe_tray.adapters.logins.files_store import FilesStore, LoginLookup, make_missing
from probe_tray.adapters.logins.made_here import LoginOrigins
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import FolderGoneError, Phrase, ReadError, StoreError, WriteError


class FolderStore(FilesStore):
    """All ``*.json`` right in one folder; a missing folder is an empty one and made on the first save.

    One that held logins and is gone, or empty with another in its place (a drive that was unmounted), is not: what was
    written there now would be out of sight once it is back.
    """

    def __init__(
        self, folder: Path, *, official: Sequence[Path], made: LoginOrigins, disk: Disk, now: Callable[[], float]
    ) -> None:
        """``official`` are the official client's own files, which are never written wherever they turn up.

        ``now`` counts seconds and never goes back.
        """
        super().__init__(StoreKind.FOLDER, official, made, disk, now)
        self._folder, self._official, self._now = folder, official, now
        self._listing = FolderListing(folder)
        self._identity: tuple[int, int] | None = None
        """Device and inode of the folder when it last held a file."""
        self._restoring: FolderStore | None = None
        """Made once: it remembers what it read."""

    def for_restored(self) -> "FolderStore":
        """The same folder, where the file of an account that is new here is named as a sync names it."""
        if self._restoring is None:
            self._restoring = RestoringFolderStore(
                self._folder, official=self._official, made=self._made, disk=self._disk, now=self._now
            )
        return self._restoring

    def folders(self) -> tuple[Path, ...]:
        """The one."""
        return (self._folder,)

    def _places(self) -> list[Place]:
        return self._certain(self._listing.places())

    def _places_at_a_glance(self) -> list[Place]:
        return self._certain(self._listing.places_at_a_glance())

    def _certain(self, places: list[Place]) -> list[Place]:
        """``places``. Raises FolderGoneError where another folder, with none, is in the place of theirs."""
        if places:
            self._identity = _identity(self._folder)
        elif self._identity is not None and _identity(self._folder) != self._identity:
            raise FolderGoneError(path=str(self._folder))
        return places

    def _answer(self, look: LoginLookup, fault: StoreError | None) -> StoredCredential | None:
        if isinstance(fault, FolderGoneError) and not self._index.holders(look.key):
            # An account that was never in it is not its business.
            return None
        return super()._answer(look, fault)

    def _place_for_new(self, credential: Credential) -> Path:
        return new_path(self._folder, credential)

    def _folder_for_new(self, key: AccountKey) -> Path:
        del key
        return self._folder


class RestoringFolderStore(FolderStore):
    """Names the file of an account that is new here after its owner, as a sync does."""

    def __init__(
        self, folder: Path, *, official: Sequence[Path], made: LoginOrigins, disk: Disk, now: Callable[[], float]
    ) -> None:
        """As :class:`FolderStore`."""
        super().__init__(folder, official=official, made=made, disk=disk, now=now)
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
        held: Mapping[AccountKey, Path],
        official: Sequence[Path],
        made: LoginOrigins,
        disk: Disk,
        now: Callable[[], float],
    ) -> None:
        """``held`` tells which of the files each account was read from; no other account is put into them.

        Where it is empty, a new account goes into the first file that is not there.
        ``official`` are the official client's own files, which are never written wherever they turn up.
        """
        super().__init__(StoreKind.FILES, official, made, disk, now)
        self._held = held
        named: dict[Path, Place] = {}
        for path in paths:
            named.setdefault(path.absolute(), Place(path))
        self._named = list(named.values())

    def _places(self) -> list[Place]:
        return self._named

    def _answer(self, look: LoginLookup, fault: StoreError | None) -> StoredCredential | None:
        found, key = super()._answer(look, fault), look.key
        if found is not None:
            return found
        home = self._home(key)
        if home is not None and home in self._uncertain():
            # It was named for this login, which may be in it again in a moment.
            raise ReadError(path=str(home), reason=Phrase("another program is writing it"))
        # Tokens that did not name their user may do so once another run has renewed them. Of two members of a team
        # nobody could tell which of them it was.
        if key.user_id or len(named := self._index.members(key.account_id)) != 1:
            return None
        return super()._answer(look._replace(key=named.pop()), fault)

    def _change(self, held: Held, key: AccountKey, credential: Credential | None) -> bool:
        changed = super()._change(held, key, credential)
        if changed and (written := self._files.read(held.place)) is not None:
            # Should the file be removed before another of its accounts is saved, it is written anew as it is now.
            self._note((written,))
        return changed

    def _create(self, credential: Credential) -> Path:
        """Write a removed file anew, whole: the tokens that were in it may be spent, and what is saved lives."""
        home = self._home(credential.key)
        earlier = None if home is None else self._whole.last(home)
        if home is None or earlier is None or earlier.real != real_path(home):
            return super()._create(credential)
        keys = (credential.key, AccountKey(credential.account_id))
        key = next((one for one in keys if any(belongs(document, one) for document in earlier.documents)), None)
        if key is None:
            return super()._create(credential)
        make_missing(home.parent)
        with folder_lock(home.parent, self._disk):
            self._free(credential.key)
            self._files.write(earlier, key, credential)
        return home

    def _place_for_new(self, credential: Credential) -> Path:
        return self._free(credential.key)

    def _folder_for_new(self, key: AccountKey) -> Path:
        return self._free(key).parent

    def _home(self, key: AccountKey) -> Path | None:
        # Tokens that did not name their user may do so once they were renewed.
        return self._held.get(key) or self._held.get(AccountKey(key.account_id))

    def _free(self, key: AccountKey) -> Path:
        home = self._home(key)
        candidates = [place.path for place in self._named] if not self._held else [] if home is None else [home]
        for path in candidates:
            if not is_there(path):
                return path
        taken = home or self._named[0].path
        # Never inside it: nobody would look for a login there.
        reason = Phrase("it is a folder") if is_folder(taken) else Phrase("it contains no login of this account")
        raise WriteError(path=str(taken), reason=reason)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(folder)  # noqa: PTH116 - asked at every look
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
