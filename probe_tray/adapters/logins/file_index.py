"""What a store of files holds, by account, brought up to date without reading what has not changed."""

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from probe_tray.adapters.logins.credential_files import (
    CredentialFiles,
    Held,
    Place,
    Signature,
    is_settled,
    json_names,
    names_in,
    signature_of,
)
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ReadError

_TRUSTED: Final = 2.0
"""Seconds for which a listing is believed by the folder's own times: the checks of one round share it."""


def _keys(held: Held) -> set[AccountKey]:
    return {document.credential.key for document in held.documents if document.credential is not None}


class FileIndex:
    """Which files hold which account: each look at the disk reads only those that have changed.

    A poll asks for a thousand accounts one by one: to take every file apart each time cost seconds. Each look still
    asks the system about every file, for another program may write any of them at any time.
    """

    def __init__(self, files: CredentialFiles) -> None:
        """Read with ``files``."""
        self._files = files
        self._places: Sequence[Place] = ()
        self._paths: dict[str, Place] = {}
        self._order: dict[str, int] = {}
        self._held: dict[str, Held] = {}
        self._faults: dict[str, ReadError] = {}
        self._holders: dict[AccountKey, set[str]] = {}
        self._expected: dict[str, Signature] = {}
        """What each file looks like as long as nobody has changed it."""

    def look(self, places: Sequence[Place], keys: Iterable[AccountKey] = ()) -> list[Held]:
        """Bring everything up to date: ``places`` are all the files there are. Returns those that were read anew.

        The files that held ``keys`` are opened; of the others it is believed that nobody has changed what looks alike.
        """
        for path in {path for key in keys for path in self._holders.get(key, ())}:
            self._expected.pop(path, None)
            self._files.doubt(path)
        self._arrange(places)
        return self._read_all(self._changed())

    def look_for(self, keys: Iterable[AccountKey], places: Sequence[Place]) -> list[Held]:
        """Bring up to date what the names tell, the files that held ``keys``, and those that changed a moment ago.

        For who has just read the accounts, or spends nothing on the answer: to ask about a thousand other files once
        more would take its time.
        """
        self._arrange(places)
        held = (path for key in keys for path in self._holders.get(key, ()))
        wanted = {*held, *(self._paths.keys() - self._expected.keys())}
        return self._read_all([self._paths[path] for path in sorted(wanted, key=self._place)])

    def _arrange(self, places: Sequence[Place]) -> None:
        """Take out the files that are gone."""
        if places is self._places:
            return
        before, self._places = self._paths, places
        self._paths = {str(place.path): place for place in places}
        self._order = {path: number for number, path in enumerate(self._paths)}
        gone = [path for path in before if path not in self._paths]
        for path in gone:
            self._take_out(path)
        self._files.forget(gone)

    def _changed(self) -> list[Place]:
        """The files that are not for certain what they were. Every word here is said a million times in a poll."""
        stat, expected, changed = os.stat, self._expected.get, list[Place]()
        for path, place in self._paths.items():
            known = expected(path)
            if known is not None:
                try:
                    found = stat(path)
                except (OSError, ValueError):
                    pass
                else:
                    if (
                        found.st_mtime_ns == known[0]
                        and found.st_ctime_ns == known[1]
                        and found.st_size == known[2]
                        and found.st_ino == known[3]
                        and found.st_dev == known[4]
                    ):
                        continue
            changed.append(place)
        return changed

    def _read_all(self, places: Iterable[Place]) -> list[Held]:
        return [held for place in places if (held := self._read(place)) is not None]

    @property
    def files(self) -> list[Held]:
        """Every file that could be read, in order."""
        return self._sorted(self._held)

    @property
    def faults(self) -> list[ReadError]:
        """Why files could not be read, in order."""
        return [self._faults[path] for path in sorted(self._faults, key=self._place)]

    def holders(self, key: AccountKey) -> list[Held]:
        """The files that hold a login of this account, in order."""
        return self._sorted(self._holders.get(key, ()))

    def members(self, account_id: str) -> set[AccountKey]:
        """The accounts of this id: one for each of its users."""
        return {key for key in self._holders if key.account_id == account_id}

    def _read(self, place: Place) -> Held | None:
        path, fault = str(place.path), None
        try:
            held = self._files.read(place)
        except ReadError as error:
            held, fault = None, error
        if held is not self._held.get(path) or fault or path in self._faults:
            self._take_out(path)
            if fault:
                self._faults[path] = fault
            if held is not None:
                self._held[path] = held
                for key in _keys(held):
                    self._holders.setdefault(key, set()).add(path)
        expected = None if held is None else self._files.settled(path)
        if expected is None:
            self._expected.pop(path, None)
        else:
            self._expected[path] = expected
        return held

    def _take_out(self, path: str) -> None:
        self._faults.pop(path, None)
        self._expected.pop(path, None)
        held = self._held.pop(path, None)
        for key in () if held is None else _keys(held):
            left = self._holders[key]
            left.discard(path)
            if not left:
                del self._holders[key]

    def _sorted(self, paths: Iterable[str]) -> list[Held]:
        return [self._held[path] for path in sorted(paths, key=self._place)]

    def _place(self, path: str) -> int:
        return self._order.get(path, 0)


class _Listing(NamedTuple):
    """What was listed once."""

    names: list[str]
    by_name: dict[str, Place]
    places: list[Place]
    signature: Signature | None
    """The folder's own, by which its names are for certain those that were listed."""
    at: float
    """By the monotonic clock."""


class FolderListing:
    """The ``*.json`` files of one folder, taken apart only when its names have changed. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        """The folder may be missing."""
        self._folder = folder
        # Published as a whole: of two threads that list at once, neither has half of what the other one found.
        self._last = _Listing([], {}, [], None, 0.0)

    def places(self) -> list[Place]:
        """The files there are now, by name; a missing folder has none. Raises ReadError."""
        at, before = time.monotonic(), signature_of(str(self._folder))
        # Whether what is listed from now on changes it: that is said of this moment, not of the end of the listing.
        signature = before if before is not None and is_settled(before) else None
        names, last = names_in(self._folder), self._last
        by_name, places = last.by_name, last.places
        if names != last.names:
            by_name = {
                name: by_name.get(name) or Place(self._folder / name, self._folder)
                for name in json_names(names, ".json")
            }
            places = [*by_name.values()]
        self._last = _Listing(names, by_name, places, signature, at)
        return places

    def places_at_a_glance(self) -> list[Place]:
        """As :meth:`places`, without a listing where a moment ago's holds by what the folder says of itself.

        Not all file systems let it say so: a network's may be late with it, or have another clock. Raises ReadError.
        """
        last = self._last
        is_fresh = last.signature is not None and time.monotonic() - last.at < _TRUSTED
        return last.places if is_fresh and signature_of(str(self._folder)) == last.signature else self.places()
