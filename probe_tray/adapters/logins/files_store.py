"""What the stores of credential files share: several files of one account show as one login and change together."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.last_complete_files import LastCompleteFiles
from probe_tray.adapters.files.safe_files import make_private_folder, prove_writable, remove_stale
from probe_tray.adapters.files.thread_batch import Raised, ThreadBatch
from probe_tray.adapters.logins.credential_files import (
    CredentialFiles,
    Held,
    Place,
    belongs,
    folder_lock,
    is_folder,
    is_renewable,
    is_there,
)
from probe_tray.adapters.logins.file_index import FileIndex
from probe_tray.adapters.logins.made_here import LoginOrigins
from probe_tray.core.account.age import Age, age
from probe_tray.core.account.credential import ApiKeyLogin, Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import CredentialFileError, OfficialLoginError, Phrase, ReadError, StoreError
from probe_tray.core.formats.document import Document
from probe_tray.core.formats.login_fields import NoLogin
from probe_tray.core.state import Unreadable
from probe_tray.ports.accounts import StoreContents

_RESERVE: Final = 64 * 1024
"""Bytes that must fit before a renewal; a login has a few thousand."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class LoginLookup(NamedTuple):
    """What is asked of the files."""

    key: AccountKey
    thorough: bool
    """Whether every file is looked at for it."""


class FilesStore(ABC):
    """Implements ``AccountStore`` over files; a subclass says which files, and where a new one goes."""

    def __init__(
        self, kind: StoreKind, official: Sequence[Path], made: LoginOrigins, disk: Disk, now: Callable[[], float]
    ) -> None:
        """``official`` are the official client's own files, which are never written wherever they turn up.

        ``made`` knows which logins this program obtained. ``now`` counts seconds and never goes back.
        """
        self._kind, self._made = kind, made
        self._disk = disk
        self._files = CredentialFiles(official, disk)
        self._index = FileIndex(self._files)
        self._whole = LastCompleteFiles(now)
        self._broken: set[Path] = set()
        """Files that are there and hold something that may be half of what another program is writing."""
        self._turn = asyncio.Lock()
        self._looks = ThreadBatch(self._answers, self._turn)

    @property
    def kind(self) -> StoreKind:
        """Which place this is."""
        return self._kind

    async def load(self, *, asks: bool = False) -> StoreContents:
        """Every login; what cannot be read is named with its reason and left alone."""
        del asks
        async with self._turn:
            return await asyncio.to_thread(self._load)

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """The account's login as the files have it now; a copy of its own goes before the official client's.

        Then one that can be renewed goes before one that can't, then the newest: nobody would renew what is hidden.

        Raises ReadError while another program seems to be writing one of them: it may be about to hold a newer one.
        """
        return await self._looks.ask(LoginLookup(key, thorough=True))

    async def glance(self, key: AccountKey) -> StoredCredential | None:
        """The newest login, of the files that held the account when they were last looked at, and of new ones."""
        return await self._looks.ask(LoginLookup(key, thorough=False))

    async def check_writable(self, key: AccountKey) -> None:
        """Write and remove a file of the size the account's file would have, there, or where a new one would be."""
        async with self._turn:
            await asyncio.to_thread(self._check_writable, key)

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        """Put it into every file that holds the account, else into those of ``replaces``, else into a new one."""
        async with self._turn:
            path = await asyncio.to_thread(self._save, credential, replaces)
        return StoredCredential(credential=credential, store=self._kind, location=str(path))

    async def remove(self, key: AccountKey) -> None:
        """Delete the account's files; one that holds others too loses this account only."""
        async with self._turn:
            await asyncio.to_thread(self._remove, key)

    def folders(self) -> tuple[Path, ...] | None:
        """None: files may lie anywhere."""
        return None

    async def changed(self) -> bool:
        """Whether another program changed, added or removed a file since this store last read or wrote it.

        Cheap: looks at times, sizes and inodes only. True before the first :meth:`load` if there is any file.
        """
        return await asyncio.to_thread(self._changed)

    @abstractmethod
    def _places(self) -> list[Place]:
        """The files there are now. Raises StoreError when there is no telling."""

    def _places_at_a_glance(self) -> list[Place]:
        """As :meth:`_places`, for a look that may miss a file of a moment ago."""
        return self._places()

    @abstractmethod
    def _place_for_new(self, credential: Credential) -> Path:
        """Where a new account's file goes. Raises WriteError."""

    @abstractmethod
    def _folder_for_new(self, key: AccountKey) -> Path:
        """The folder a new account's file would go into. Raises WriteError."""

    def _answers(self, looks: Sequence[LoginLookup]) -> Sequence[StoredCredential | Raised | None]:
        fault: StoreError | None = None
        try:
            if any(look.thorough for look in looks):
                self._note(self._index.look(self._places(), {look.key for look in looks if look.thorough}))
            else:
                self._note(self._index.look_for({look.key for look in looks}, self._places_at_a_glance()))
        except StoreError as error:
            fault = error
        return [self._answer_or_fault(look, fault) for look in looks]

    def _answer_or_fault(self, look: LoginLookup, fault: StoreError | None) -> StoredCredential | Raised | None:
        try:
            return self._answer(look, fault)
        except StoreError as error:
            return Raised(error)

    def _look_at_all(self) -> None:
        self._note(self._index.look(self._places()))

    def _look_for(self, *keys: AccountKey) -> None:
        self._note(self._index.look_for(keys, self._places()))

    def _note(self, found: Iterable[Held]) -> None:
        for held in found:
            if self._whole.note(held.place.path, held):
                self._broken.discard(held.place.path)
            else:
                self._broken.add(held.place.path)

    def _answer(self, look: LoginLookup, fault: StoreError | None) -> StoredCredential | None:
        if fault is not None:
            raise fault
        for path in self._uncertain():
            if self._whole.held_before(path, look.key):
                raise ReadError(path=str(path), reason=Phrase("another program is writing it"))
        return self._preferred(self._index.holders(look.key), look)

    def _uncertain(self) -> list[Path]:
        """The files of which nobody can tell just now what they hold."""
        self._broken = {path for path in self._broken if is_there(path)}
        faulty = (Path(error.facts["path"]) for error in self._index.faults)
        return [*self._broken, *(path for path in faulty if is_there(path))]

    def _preferred(self, files: list[Held], look: LoginLookup) -> StoredCredential | None:
        logins = [
            self._stored(held, document, document.credential)
            for held in files
            for document in held.documents
            if document.credential is not None and belongs(document, look.key)
        ]
        return max(logins, key=_lasting if look.thorough else _preference, default=None)

    def _stored(self, held: Held, document: Document, credential: Credential) -> StoredCredential:
        if not held.official and self._made.knows(credential):
            credential = replace(credential, made_here=True)
        kind = StoreKind.OFFICIAL if held.official else self._kind
        return StoredCredential(
            credential=credential,
            store=kind,
            location=str(held.place.path),
            records_end=document.format is not None and document.format.records_end,
        )

    def _as_shown(self, places: list[Place]) -> tuple[list[Held], list[Unreadable]]:
        """What is there; of files that broke a moment ago what they held before, and they are looked at again soon."""
        found = {held.place.path: held for held in self._index.files}
        faults = {Path(error.facts["path"]): error for error in self._index.faults}
        self._whole.forget_others([*found, *faults])
        for place in places:
            if place.path not in faults and (place.path not in found or place.path not in self._broken):
                continue
            earlier = self._whole.instead_of(place.path, found.get(place.path))
            if earlier is not None:
                found[place.path] = earlier
                faults.pop(place.path, None)
                self._files.look_again(place)
        unreadable = [Unreadable(location=str(path), problem=error.problem) for path, error in faults.items()]
        return list(found.values()), unreadable

    def _load(self) -> StoreContents:
        try:
            places = self._places()
            self._files.notice(places)
            self._look_at_all()
        except StoreError as error:
            return StoreContents(problem=error.problem)
        files, unreadable = self._as_shown(places)
        for folder in {held.real.parent for held in files}:
            remove_stale(folder)
        newest: dict[AccountKey, StoredCredential] = {}
        api_key: ApiKeyLogin | None = None
        for held in files:
            if self._kind is StoreKind.FOLDER:
                # A file that was only named on a command line is somebody else's to keep.
                self._files.make_private(held)
            location = str(held.place.path)
            for document in held.documents:
                if document.credential is not None:
                    stored = self._stored(held, document, document.credential)
                    known = newest.get(stored.credential.key)
                    newest[stored.credential.key] = stored if known is None else max(known, stored, key=_preference)
                elif document.no_login in {NoLogin.API_KEY, NoLogin.ACCESS_TOKEN}:
                    api_key = ApiKeyLogin(location=location, personal=document.no_login is NoLogin.ACCESS_TOKEN)
                elif document.no_login is None:
                    problem = CredentialFileError(path=location, reason=document.reason).problem
                    unreadable.append(Unreadable(location=location, problem=problem))
        return StoreContents(found=tuple(newest.values()), unreadable=tuple(unreadable), api_key=api_key)

    def _check_writable(self, key: AccountKey) -> None:
        self._look_for(key)
        holders = self._writable(self._index.holders(key))
        sizes: dict[Path, int] = {}
        for held in holders:
            folder = held.real.parent
            sizes[folder] = max(sizes.get(folder, _RESERVE), self._files.check_size(held, key))
        for folder, size in sizes.items():
            prove_writable(folder, size, disk=self._disk)
        if not holders:
            self._check_new(key)

    def _check_new(self, key: AccountKey) -> None:
        folder = self._folder_for_new(key)
        make_missing(folder)
        prove_writable(folder, _RESERVE, disk=self._disk)

    def _save(self, credential: Credential, replaces: AccountKey | None) -> Path:
        older = replaces or credential.key
        self._look_for(credential.key, older)
        held = self._index.holders(credential.key)
        if credential.made_here:
            self._made.note(credential)
        path = self._write(credential.key if held else older, credential)
        if not credential.made_here:
            self._forget(credential.key)
        if older != credential.key:
            if held:
                self._remove(older)
            self._forget(older)
        return path

    def _write(self, key: AccountKey, credential: Credential) -> Path:
        written: Path | None = None
        failure: StoreError | None = None
        holders = self._writable(self._index.holders(key))
        if credential.renewable:
            # A file without a refresh token stays as it is, unless there is no other.
            holders = [held for held in holders if is_renewable(held, key)] or holders
        for held in holders:
            try:
                if self._change(held, key, credential):
                    written = written or held.place.path
            except StoreError as error:
                # The login must reach as many of its files as it can: the token in them is spent.
                failure = failure or error
        if failure:
            raise failure
        return written or self._create(credential)

    def _change(self, held: Held, key: AccountKey, credential: Credential | None) -> bool:
        """Write, or remove where there is no credential; False when another program took the login away meanwhile."""
        with folder_lock(held.real.parent, self._disk):
            # What others have written is to be in it, also on a folder of the network.
            self._files.doubt(str(held.place.path))
            fresh = self._files.read(held.place)
            if fresh is None or not any(belongs(d, key) for d in fresh.documents):
                return False
            if credential is None:
                self._files.remove(fresh, key)
            else:
                self._files.write(fresh, key, credential)
        return True

    def _create(self, credential: Credential) -> Path:
        folder = self._folder_for_new(credential.key)
        make_missing(folder)
        with folder_lock(folder, self._disk):
            path = self._place_for_new(credential)
            self._files.create(path, credential)
        return path

    def _remove(self, key: AccountKey) -> None:
        self._look_at_all()
        # Links first: without the file that they lead to they could no longer be told from others.
        holders = self._writable(self._index.holders(key))
        for held in sorted(holders, key=lambda held: not held.place.path.is_symlink()):
            self._change(held, key, None)
        self._forget(key)

    def _forget(self, key: AccountKey) -> None:
        self._made.forget(key)

    def _writable(self, holders: list[Held]) -> list[Held]:
        """Those that are not the official client's. Raises OfficialLoginError when it alone holds the account."""
        ours = [held for held in holders if not held.official]
        if holders and not ours:
            raise OfficialLoginError(path=str(holders[0].place.path))
        return ours

    def _changed(self) -> bool:
        try:
            return self._files.changed(self._places())
        except StoreError:
            return True


def make_missing(folder: Path) -> None:
    """Make the folder, 0700. One that is there stays as its owner set it up. Raises WriteError."""
    if not is_folder(folder):
        make_private_folder(folder)


def _preference(stored: StoredCredential) -> tuple[bool, Age]:
    return stored.store is not StoreKind.OFFICIAL, age(stored.credential)


def _lasting(stored: StoredCredential) -> tuple[bool, bool, Age]:
    return stored.store is not StoreKind.OFFICIAL, stored.credential.renewable, age(stored.credential)
