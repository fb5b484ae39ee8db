"""Credential files on disk, read and replaced one by one. Everything here blocks; the stores call it in threads."""

import contextlib
import sys
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

import msgspec

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import (
    close_to_others,
    read_regular,
    real_path,
    remove_file,
    replace_file,
    target_of,
)
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ReadError, WriteError
from probe_tray.core.formats.document import Document, read_documents
from probe_tray.core.formats.writer import file_name, new_document, remove_document, restored_name, write_document

_USUAL: Final = (".codex", "auth.json")
"""Folder and name of the official client's login, where nobody chose another folder."""
_SETTLED_SECONDS: Final = 2.0
"""A file may change again within one tick of its time stamp, so what was read sooner is not remembered."""
_LOCK_STEPS: Final = 100
_LOCK_PAUSE_SECONDS: Final = 0.05

Signature = tuple[int, ...]
"""What tells that a file was changed: times, size and inode."""


class Place(msgspec.Struct, frozen=True):
    """A file as a person would look for it, and the folder it may not lead out of."""

    path: Path
    inside: Path | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read."""

    place: Place
    real: Path
    documents: tuple[Document, ...]
    official: bool
    """The official client's own file, which is never written."""


class CredentialFiles:
    """Reads files, remembering those that did not change, and notices what others changed."""

    def __init__(self, official: Path | None, disk: Disk) -> None:
        """``official`` is the file of the official client's own login."""
        self._official, self._disk = official, disk
        self._known: dict[Path, tuple[Signature, Held]] = {}
        self._seen: dict[Path, Signature] = {}

    def read(self, place: Place) -> Held | None:
        """The file, None where there is none. Raises ReadError; what is no login is a reason in its documents."""
        before = self.signature(place)
        if before is None:
            return None
        known = self._known.get(place.path)
        if known and known[0] == before:
            return known[1]
        try:
            real = target_of(place.path, place.inside) if place.inside else real_path(place.path)
            data = read_regular(real, disk=self._disk)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ReadError(path=str(place.path), reason=reason_of(error)) from None
        except ReadError as error:
            raise ReadError(path=str(place.path), reason=error.facts["reason"]) from None
        held = Held(place=place, real=real, documents=read_documents(data), official=self._is_official(real))
        if time.time() - max(before[0], before[1]) / 1e9 > _SETTLED_SECONDS:
            self._known[place.path] = (before, held)
        return held

    def signature(self, place: Place) -> Signature | None:
        """The file's signature now, None where there is none."""
        try:
            found = place.path.stat()
        except (OSError, ValueError, RuntimeError):
            try:
                found = place.path.lstat()
            except (OSError, ValueError):
                return None
        return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev)

    def notice(self, places: list[Place]) -> None:
        """From now on these files, as they are now, count as seen. Call it before all of them are read.

        Looking at one account is no such moment: what it passes by would never be told to anybody.
        """
        self._seen = self._signatures(places)

    def changed(self, places: list[Place]) -> bool:
        """Whether the files are others than those last noticed, or written here since."""
        return self._signatures(places) != self._seen

    def look_again(self, place: Place) -> None:
        """Count the file as changed until it is next noticed."""
        self._seen.pop(place.path, None)

    def make_private(self, held: Held) -> None:
        """Close a file with a login in it to everybody else, where that can be done; the official client's stays."""
        if held.official or not any(document.credential for document in held.documents):
            return
        before = self.signature(held.place)
        if close_to_others(held.real) and before is not None and self._seen.get(held.place.path) == before:
            # Of its times only that of the last change of mode or owner is another.
            after = self.signature(held.place)
            if after is not None and (after[0], *after[2:]) == (before[0], *before[2:]):
                self._seen[held.place.path] = after

    def forget_others(self, places: list[Place]) -> None:
        """Drop what was read of files that are not among ``places``."""
        paths = {place.path for place in places}
        for gone in self._known.keys() - paths:
            del self._known[gone]

    def _signatures(self, places: list[Place]) -> dict[Path, Signature]:
        return {place.path: found for place in places if (found := self.signature(place)) is not None}

    def write(self, held: Held, key: AccountKey, credential: Credential) -> None:
        """Put ``credential`` in the place of every login of ``key`` in the file. Raises WriteError."""
        self._change(held, key, lambda document: write_document(document, credential, local_zone()))

    def remove(self, held: Held, key: AccountKey) -> None:
        """Take every login of ``key`` out of the file; a file of nothing else is deleted. Raises WriteError."""
        if all(belongs(document, key) for document in held.documents):
            remove_file(held.real, disk=self._disk)
            if held.real != held.place.path:
                remove_file(held.place.path, disk=self._disk)
            self._seen.pop(held.place.path, None)
        else:
            self._change(held, key, remove_document)

    def create(self, path: Path, credential: Credential) -> None:
        """Write a new file. Raises WriteError, also where there is a file already."""
        if is_there(path):
            raise WriteError(
                path=str(path), reason="a file of that name is there already and is no login of this account"
            )
        replace_file(path, new_document(credential, local_zone()), disk=self._disk)
        self._mark(Place(path))

    def _change(self, held: Held, key: AccountKey, step: Callable[[Document], bytes]) -> None:
        documents, data = held.documents, b""
        for index in reversed([d.index for d in documents if belongs(d, key)]):
            data = step(documents[index])
            documents = read_documents(data)
        replace_file(held.real, data, disk=self._disk)
        self._mark(held.place)

    def _mark(self, place: Place) -> None:
        if found := self.signature(place):
            self._seen[place.path] = found

    def _is_official(self, real: Path) -> bool:
        # Where CODEX_HOME leads elsewhere now, the client's usual folder holds a login of its own all the same.
        if (real.parent.name, real.name) == _USUAL:
            return True
        if self._official is None:
            return False
        with contextlib.suppress(OSError):
            return self._official.samefile(real)
        return False


def new_path(folder: Path, credential: Credential) -> Path:
    """Where a new account's file goes: named after its owner and the day, with more where that name is taken."""
    day = (credential.last_refresh or datetime.now(UTC)).astimezone(local_zone()).date()
    path = folder / file_name(credential, day)
    return folder / file_name(credential, day, taken=True) if is_there(path) else path


def restored_path(folder: Path, credential: Credential) -> Path:
    """Where a login from the shared table goes: named after its owner, with more where that name is taken."""
    path = folder / restored_name(credential)
    return folder / restored_name(credential, taken=True) if is_there(path) else path


def local_zone() -> tzinfo:
    """The offset that this computer's clock shows now."""
    return datetime.now(UTC).astimezone().tzinfo or UTC


def is_there(path: Path) -> bool:
    """Whether there is anything of that name, be it a link that leads nowhere."""
    with contextlib.suppress(OSError, ValueError):
        path.lstat()
        return True
    return False


def is_folder(path: Path) -> bool:
    """Whether it is a folder that can be looked at."""
    with contextlib.suppress(OSError, ValueError):
        return path.is_dir()
    return False


def json_files(folder: Path, *more: str) -> list[Place]:
    """The ``*.json`` files of a folder by name, and those that end with one of ``more``.

    Hidden ones and folders are left out, a missing folder has none.

    Raises ReadError.
    """
    try:
        files = (path for path in folder.iterdir() if not path.name.startswith("."))
        paths = sorted(path for path in files if path.suffix.lower() in {".json", *more})
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReadError(path=str(folder), reason=reason_of(error)) from None
    return [Place(path, folder) for path in paths if not is_folder(path)]


@contextlib.contextmanager
def folder_lock(folder: Path, disk: Disk) -> Generator[None]:
    """Keep other processes of this program from changing the folder's files meanwhile.

    A file may hold several accounts, so a lock per account is not enough. Windows and some network file systems have
    no lock on folders; there the moment between reading and replacing stays open. Raises WriteError when it is held
    for 5 s.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    try:
        handle = disk.open_folder(folder)
    except OSError as error:
        raise WriteError(path=str(folder), reason=reason_of(error)) from None
    if handle is None:
        yield
        return
    try:
        for step in range(_LOCK_STEPS):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if step == _LOCK_STEPS - 1:
                    raise WriteError(path=str(folder), reason="another program keeps it locked") from None
                disk.pause(_LOCK_PAUSE_SECONDS)
            except OSError:
                break
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
        with contextlib.suppress(OSError):
            disk.close(handle)


def held_key(files: list[Held], credential: Credential) -> AccountKey:
    """The key under which the files hold the account of ``credential``.

    A login whose tokens do not name their user goes by its account alone; once renewed into tokens that do, the new
    ones take its place, unless it is known to be somebody else's.
    """
    nameless = AccountKey(credential.account_id)
    for held in files:
        for document in held.documents:
            if belongs(document, credential.key):
                return credential.key
    for held in files:
        for document in held.documents:
            old = document.credential
            if old and old.key == nameless and (not old.email or old.email == credential.email):
                return nameless
    return credential.key


def belongs(document: Document, key: AccountKey) -> bool:
    """Whether it is a login of this account."""
    return document.credential is not None and document.credential.key == key
