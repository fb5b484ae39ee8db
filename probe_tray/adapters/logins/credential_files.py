"""Credential files on disk, read and replaced one by one. Everything here blocks; the stores call it in threads."""

import contextlib
import os
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import UTC, datetime, timezone, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

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
from probe_tray.adapters.system import LocalZone
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ArchiveError, NotFolderError, Phrase, ReadError, WriteError
from probe_tray.core.formats.document import ARCHIVE, LARGEST_LIST, Document, is_archive, read_documents, size_limit
from probe_tray.core.formats.writer import file_name, new_document, remove_document, restored_name, write_document

_USUAL: Final = (".codex", "auth.json")
"""Folder and name of the official client's login, where nobody chose another folder."""
_COARSE_TICK: Final = 2.0
"""Seconds. A file may change again within one tick of its time stamp, so what was read sooner is not relied on.

FAT counts two seconds, some others one: their stamps are whole seconds."""
_FINE_TICK: Final = 0.1
"""Seconds; kernels that stamp more finely do so every 1 to 16 ms."""
_GROWTH: Final = 32 * 1024
"""Bytes by which a renewed login may be larger: the journal keeps no larger answer, and a login has a few thousand."""
_LOCK_SECONDS: Final = 5.0

_OfAccount = Callable[[Document, AccountKey], bool]
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
    size: int
    """Bytes."""
    documents: tuple[Document, ...]
    official: bool
    """The official client's own file, which is never written."""


class _Known(NamedTuple):
    signature: Signature
    settled: bool
    digest: bytes
    held: Held


class CredentialFiles:
    """Reads files, remembering those that did not change, and notices what others changed."""

    def __init__(self, official: Sequence[Path], disk: Disk) -> None:
        """``official`` are the files of the official client's own logins."""
        self._official, self._disk = official, disk
        self._known: dict[str, _Known] = {}
        self._seen: dict[str, Signature] = {}

    def read(self, place: Place) -> Held | None:
        """The file, None where there is none; the same object again while its content is the same.

        Raises ReadError; what is no login is a reason in its documents.
        """
        path = str(place.path)
        known, before = self._known.get(path), signature_of(path)
        settled = before is not None and is_settled(before)
        if known and known.settled and known.signature == before:
            return known.held
        self._known.pop(path, None)
        if before is None and not _may_be_there(place.path):
            return None
        try:
            # With the same device and inode it leads where it led.
            real = known.held.real if known and known.signature == before else _real(place)
            data = read_regular(real, limit=LARGEST_LIST, disk=self._disk)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ReadError(path=path, reason=reason_of(error)) from None
        except ReadError as error:
            if place.inside and is_folder(place.path):
                # A folder among the files of a folder is no file that cannot be read.
                return None
            raise ReadError(path=path, reason=error.facts["reason"]) from None
        if is_archive(data):
            raise ArchiveError(path=path, reason=ARCHIVE)
        if len(data) > size_limit(data):
            raise ReadError(path=path, reason=Phrase("it is larger than {n} KiB", n=str(size_limit(data) // 1024)))
        digest, official = sha256(data).digest(), self._is_official(real)
        if known and (known.digest, known.held.real, known.held.official) == (digest, real, official):
            held = known.held
        else:
            held = Held(place=place, real=real, size=len(data), documents=read_documents(data), official=official)
        if before is not None:
            self._known[path] = _Known(before, settled, digest, held)
        return held

    def doubt(self, path: str) -> None:
        """Let the next reading open the file, whatever its signature says.

        On a folder of the network that may be the one of a minute ago, as long as the file isn't opened.
        """
        if known := self._known.get(path):
            self._known[path] = known._replace(settled=False)

    def settled(self, path: str) -> Signature | None:
        """The signature by which the file is for certain the one that was read last; None where there is no telling."""
        known = self._known.get(path)
        return known.signature if known and known.settled else None

    def notice(self, places: Iterable[Place]) -> None:
        """From now on these files, as they are now, count as seen. Call it before all of them are read.

        Looking at one account is no such moment: what it passes by would never be told to anybody.
        """
        self._seen = _signatures(places)

    def changed(self, places: Iterable[Place]) -> bool:
        """Whether the files are others than those last noticed, or written here since."""
        return _signatures(places) != self._seen

    def look_again(self, place: Place) -> None:
        """Count the file as changed until it is next noticed."""
        self._seen.pop(str(place.path), None)

    def make_private(self, held: Held) -> None:
        """Close a file with a login in it to everybody else, where that can be done; the official client's stays."""
        if held.official or not any(document.credential for document in held.documents):
            return
        path = str(held.place.path)
        before = signature_of(path)
        if close_to_others(held.real) and before is not None and self._seen.get(path) == before:
            # Of its times only that of the last change of mode or owner is another.
            after = signature_of(path)
            if after is not None and (after[0], *after[2:]) == (before[0], *before[2:]):
                self._seen[path] = after

    def forget(self, paths: Iterable[str]) -> None:
        """Drop what was read of these files."""
        for path in paths:
            self._known.pop(path, None)

    def check_size(self, held: Held, key: AccountKey) -> int:
        """Bytes that the file may have once every login of ``key`` in it was renewed.

        Raises WriteError where it would then be larger than what is read: a login in it would be lost.
        """
        copies = sum(belongs(document, key) for document in held.documents)
        size = held.size + copies * _GROWTH
        limit = size_limit(held.documents[0].text.reveal().encode()) if held.documents else 0
        if size > limit:
            raise WriteError(
                path=str(held.place.path),
                reason=Phrase(
                    "with a renewed login it could get larger than {n} KiB, which is too large to read",
                    n=str(limit // 1024),
                ),
            )
        return size

    def write(self, held: Held, key: AccountKey, credential: Credential) -> None:
        """Put ``credential`` in the place of the logins of ``key`` in the file. Raises WriteError.

        Where it has a refresh token and one of them has: of those alone, since who has the others is not to renew it.
        """
        zone = local_zone()
        affected = belongs_renewably if credential.renewable and is_renewable(held, key) else belongs
        self._change(held, key, affected, lambda document: write_document(document, credential, zone))

    def remove(self, held: Held, key: AccountKey) -> None:
        """Take every login of ``key`` out of the file; a file of nothing else is deleted. Raises WriteError."""
        if all(belongs(document, key) for document in held.documents):
            remove_file(held.real, disk=self._disk)
            if held.real != held.place.path:
                remove_file(held.place.path, disk=self._disk)
            self._seen.pop(str(held.place.path), None)
        else:
            self._change(held, key, belongs, remove_document)

    def create(self, path: Path, credential: Credential) -> None:
        """Write a new file. Raises WriteError, also where there is a file already."""
        if is_there(path):
            raise WriteError(
                path=str(path), reason=Phrase("a file with that name already exists and isn't a login of this account")
            )
        self._replace(path, new_document(credential, local_zone()))
        self._mark(Place(path))

    def _change(self, held: Held, key: AccountKey, affected: _OfAccount, step: Callable[[Document], bytes]) -> None:
        documents, data = held.documents, b""
        for index in reversed([d.index for d in documents if affected(d, key)]):
            data = step(documents[index])
            documents = read_documents(data)
        self._replace(held.real, data)
        self._mark(held.place)

    def _replace(self, path: Path, data: bytes) -> None:
        if len(data) > size_limit(data):
            reason = Phrase(
                "it would be larger than {n} KiB, which is too large to read", n=str(size_limit(data) // 1024)
            )
            raise WriteError(path=str(path), reason=reason)
        replace_file(path, data, disk=self._disk)

    def _mark(self, place: Place) -> None:
        path = str(place.path)
        if found := signature_of(path):
            self._seen[path] = found

    def _is_official(self, real: Path) -> bool:
        # One of that name is never written, wherever it lies: another computer's client may use that folder.
        return (real.parent.name, real.name) == _USUAL or is_clients_here(real, self._official)


def is_clients_here(path: Path, official: Iterable[Path]) -> bool:
    """Whether it is the login of a client on this computer: one of ``official``, or in the client's usual folder."""
    # Where CODEX_HOME leads elsewhere now, the usual folder holds a login of its own all the same.
    usual = Path(os.path.expanduser(os.path.join("~", *_USUAL)))  # noqa: PTH111, PTH118 - never raises
    for own in (*official, usual):
        with contextlib.suppress(OSError):
            if own.samefile(path):
                return True
    return False


def _real(place: Place) -> Path:
    return target_of(place.path, place.inside) if place.inside else real_path(place.path)


def signature_of(path: str) -> Signature | None:
    """The file's signature now, None where there is none, or no telling."""
    try:
        found = os.stat(path)  # noqa: PTH116 - twice as fast as Path.stat, and called a million times in a poll
    except (OSError, ValueError):
        try:
            found = os.lstat(path)
        except (OSError, ValueError):
            return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev)


def _signatures(places: Iterable[Place]) -> dict[str, Signature]:
    paths = (str(place.path) for place in places)
    return {path: found for path in paths if (found := signature_of(path)) is not None}


def is_settled(signature: Signature) -> bool:
    """Whether what was read after that signature was taken changes with it: it is older than a tick of its stamps."""
    # One with a time in the future is settled: a change would give it the time that it is now.
    now = time.time()
    return all(abs(now - moment / 1e9) > _tick(moment) for moment in signature[:2])


def _tick(moment: int) -> float:
    return _COARSE_TICK if moment % 1_000_000_000 == 0 else _FINE_TICK


def _may_be_there(path: Path) -> bool:
    """Whether there is, or may be, something of that name: what cannot be asked about is not absent."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return True
    return True


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
    return timezone(LocalZone().utcoffset(None))


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
    places = (Place(folder / name, folder) for name in json_names(names_in(folder), ".json", *more))
    return [place for place in places if not is_folder(place.path)]


def names_in(folder: Path) -> list[str]:
    """Everything in a folder, in no order; a missing folder has nothing. Raises ReadError."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are enough, and a folder of a thousand is listed often
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        raise NotFolderError(path=str(folder)) from None
    except OSError as error:
        raise ReadError(path=str(folder), reason=reason_of(error)) from None


def json_names(names: Iterable[str], *endings: str) -> list[str]:
    """Those of ``names`` that have one of these endings and are not hidden, sorted."""
    return sorted(name for name in names if not name.startswith(".") and _ending(name) in endings)


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name, not a path


@contextlib.contextmanager
def folder_lock(folder: Path, disk: Disk) -> Generator[None]:
    """Keep other processes of this program from changing the folder's files meanwhile.

    A file may hold several accounts, so a lock per account is not enough. Some network file systems have no locks;
    there the moment between reading and replacing stays open. Raises WriteError when it is held for 5 s.
    """
    try:
        handle = disk.open_folder(folder)
    except OSError as error:
        raise WriteError(path=str(folder), reason=reason_of(error)) from None
    with contextlib.ExitStack() as held:
        if handle is not None:
            held.callback(_close, handle, disk)
        try:
            got = held.enter_context(this_system().folder_lock(folder, handle, _LOCK_SECONDS, disk.pause))
        except OSError as error:
            raise WriteError(path=str(folder), reason=reason_of(error)) from None
        if not got:
            raise WriteError(path=str(folder), reason=Phrase("another program keeps it locked"))
        yield


def _close(handle: int, disk: Disk) -> None:
    with contextlib.suppress(OSError):
        disk.close(handle)


def belongs(document: Document, key: AccountKey) -> bool:
    """Whether it is a login of this account."""
    return document.credential is not None and document.credential.key == key


def belongs_renewably(document: Document, key: AccountKey) -> bool:
    """Whether it is a login of this account that has a refresh token."""
    return document.credential is not None and document.credential.key == key and document.credential.renewable


def is_renewable(held: Held, key: AccountKey) -> bool:
    """Whether a login of this account in the file has a refresh token."""
    return any(belongs_renewably(document, key) for document in held.documents)
