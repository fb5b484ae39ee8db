"""The vault: one encrypted file per account, opened by one key in the OS keyring."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from probe_tray.adapters.files.disk import NEWER_VERSION, Disk, reason_of
from probe_tray.adapters.files.safe_files import (
    close_to_others,
    make_private_folder,
    read_regular,
    remove_file,
    remove_stale,
    replace_file,
)
from probe_tray.adapters.logins.sealer import Key, VaultKey
from probe_tray.adapters.logins.vault_record import VaultRecord, is_newer, open_record, read_record, seal_record
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import (
    KeyMissingError,
    Phrase,
    ReadError,
    RecordError,
    SilentDiskError,
    StoreError,
    WriteError,
)
from probe_tray.core.state import Unreadable
from probe_tray.ports.accounts import StoreContents

_RECORD_NAME: Final = re.compile(r"[0-9a-f]{24}\.json")
_RESERVE: Final = bytes(64 * 1024)
"""More than any record: a login has a few thousand bytes."""
_KEPT: Final = "kept"
"""The folder for records that gave way to newer ones without ever having been opened."""


class VaultStore:
    """Implements ``AccountStore``. A record that does not open is reported and kept."""

    def __init__(self, folder: Path, key: VaultKey, *, disk: Disk) -> None:
        """Keep the records in ``folder``, which is made with the first one."""
        self._folder, self._key, self._disk = folder, key, disk
        self._turn = asyncio.Lock()
        self._seen: dict[str, tuple[int, int, int]] = {}

    @property
    def kind(self) -> StoreKind:
        """The vault."""
        return StoreKind.VAULT

    async def load(self, *, asks: bool = False) -> StoreContents:
        """All logins. The keyring is not used while there is no record; where there is one, it may always ask."""
        del asks
        try:
            self._seen = await asyncio.to_thread(self._signatures)
            files = await asyncio.to_thread(self._read_all)
            if not files:
                return StoreContents()
            records = [item for _, item in files if isinstance(item, VaultRecord)]
            key = await self._key_for(records)
        except StoreError as error:
            return StoreContents(problem=error.problem)
        if key is None:
            return StoreContents(problem=KeyMissingError().problem)
        return await asyncio.to_thread(_open_all, key, files)

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """The account's login."""
        return await self._read(key, waits=True)

    async def glance(self, key: AccountKey) -> StoredCredential | None:
        """The account's login: a record holds no other account. Raises SilentDiskError where the disk doesn't answer.

        A check that waited for it would take the turn of others, whose logins may lie elsewhere.
        """
        try:
            return await self._read(key, waits=False)
        except TimeoutError:
            raise SilentDiskError(path=str(self._folder)) from None

    async def _read(self, key: AccountKey, *, waits: bool) -> StoredCredential | None:
        path = self._path(key)
        record = await self._disk.jobs.do(self._folder, partial(self._read_one, path), waits=waits)
        if record is None:
            return None
        opener = await self._key_for([record])
        if opener is None:
            raise KeyMissingError
        found = open_record(opener, record)
        if isinstance(found, str):
            raise RecordError(path=str(path), reason=found)
        return StoredCredential(credential=found, store=StoreKind.VAULT)

    async def check_writable(self, key: AccountKey) -> None:
        """Get the key in hand, and write and remove as much as a record takes.

        On a first use this makes the key.
        """
        await self._key.find_or_make()
        async with self._turn:
            await asyncio.to_thread(self._reserve, self._path(key))

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        """Write the account's record anew, one generation on, then delete that of ``replaces``."""
        key = await self._key.find_or_make()
        async with self._turn:
            await asyncio.to_thread(self._write, key, credential)
            await asyncio.to_thread(self._mark, self._path(credential.key))
            if replaces is not None and replaces != credential.key:
                await self._delete(replaces)
        return StoredCredential(credential=credential, store=StoreKind.VAULT)

    async def remove(self, key: AccountKey) -> None:
        """Delete the account's record; needs no key."""
        async with self._turn:
            await self._delete(key)

    def folders(self) -> tuple[Path, ...]:
        """That of the records."""
        return (self._folder,)

    async def changed(self) -> bool:
        """Whether another process of this program has written, added or removed a record."""
        return await asyncio.to_thread(self._signatures) != self._seen

    async def give_up_unopened(self) -> int:
        """Move every record that the key in the keyring does not open into the folder ``kept``; returns how many.

        For a person who decided to sign in again because the key is gone: only without such records a new key is
        made. Raises the Keyring errors: a keyring that is merely locked is no reason for it.
        """
        key = await self._key.find(again=True)
        async with self._turn:
            return await asyncio.to_thread(self._keep_unopened, key)

    async def _delete(self, key: AccountKey) -> None:
        await asyncio.to_thread(remove_file, self._path(key), disk=self._disk)
        self._seen.pop(self._path(key).name, None)

    async def _key_for(self, records: Sequence[VaultRecord]) -> Key | None:
        key = await self._key.find()
        if key is not None and any(record.key != key.fingerprint for record in records):
            # Another process may have made a new key since this one read it.
            key = await self._key.find(again=True)
        return key

    def _signatures(self) -> dict[str, tuple[int, int, int]]:
        found: dict[str, tuple[int, int, int]] = {}
        with suppress(OSError, ReadError):
            for path in record_files(self._folder):
                found[path.name] = _signature(path)
        return found

    def _mark(self, path: Path) -> None:
        # This record alone: another process may have written others meanwhile.
        with suppress(OSError):
            self._seen[path.name] = _signature(path)

    def _path(self, key: AccountKey) -> Path:
        return self._folder / f"{key.slug}.json"

    def _read_all(self) -> list[tuple[Path, VaultRecord | StoreError]]:
        remove_stale(self._folder)
        found: list[tuple[Path, VaultRecord | StoreError]] = []
        for path in record_files(self._folder):
            close_to_others(path)
            try:
                record = self._read_one(path)
            except StoreError as error:
                found.append((path, error))
            else:
                found += [] if record is None else [(path, record)]
        return found

    def _read_one(self, path: Path) -> VaultRecord | None:
        try:
            data = read_regular(path, disk=self._disk)
        except FileNotFoundError:
            return None
        record = read_record(data)
        if isinstance(record, str):
            if is_newer(data):
                raise ReadError(path=str(path), reason=NEWER_VERSION)
            raise RecordError(path=str(path), reason=record)
        if record.account != path.stem:
            raise RecordError(path=str(path), reason=Phrase("it belongs to a different account than its name says"))
        return record

    def _reserve(self, path: Path) -> None:
        make_private_folder(self._folder)
        self._read_older(path)
        probe = self._folder / ".reserve"
        replace_file(probe, _RESERVE, disk=self._disk)
        remove_file(probe, disk=self._disk)

    def _write(self, key: Key, credential: Credential) -> None:
        make_private_folder(self._folder)
        path = self._path(credential.key)
        old, replaceable = self._read_older(path)
        if not replaceable or (old is not None and old.key != key.fingerprint):
            self._keep(path)
        generation = 1 if old is None else old.generation + 1
        replace_file(path, seal_record(key, credential, generation), disk=self._disk)

    def _read_older(self, path: Path) -> tuple[VaultRecord | None, bool]:
        """The record to be replaced, and whether it may simply be: a damaged one may not."""
        try:
            return self._read_one(path), True
        except RecordError:
            return None, False
        except ReadError as error:
            # What cannot be read cannot be kept either, and what a newer version wrote is its own.
            raise WriteError(path=str(path), reason=error.facts["reason"]) from None

    def _keep(self, path: Path) -> None:
        """Copy a record that does not open, so that its key, once it is found again, still has something to open."""
        folder = self._folder / _KEPT
        make_private_folder(folder)
        content = read_regular(path, disk=self._disk)
        number = 1
        while (target := folder / f"{path.stem}.{number}.json").exists():
            number += 1
        replace_file(target, content, disk=self._disk)

    def _keep_unopened(self, key: Key | None) -> int:
        moved, files = 0, self._read_all()
        for _, item in files:
            if isinstance(item, ReadError):
                raise item
        for path, item in files:
            if key is None or not isinstance(item, VaultRecord) or isinstance(open_record(key, item), str):
                self._keep(path)
                remove_file(path, disk=self._disk)
                moved += 1
        return moved


def _signature(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def record_files(folder: Path) -> list[Path]:
    """The records in a vault's folder, by name. Raises ReadError when that cannot be told."""
    try:
        return sorted(path for path in folder.iterdir() if _RECORD_NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReadError(path=str(folder), reason=reason_of(error)) from None


def _open_all(key: Key, files: Sequence[tuple[Path, VaultRecord | StoreError]]) -> StoreContents:
    found: list[StoredCredential] = []
    unreadable: list[Unreadable] = []
    for path, item in files:
        result = open_record(key, item) if isinstance(item, VaultRecord) else item
        if isinstance(result, str):
            result = RecordError(path=str(path), reason=result)
        if isinstance(result, StoreError):
            unreadable.append(Unreadable(location=str(path), problem=result.problem))
        else:
            found.append(StoredCredential(credential=result, store=StoreKind.VAULT))
    return StoreContents(found=tuple(found), unreadable=tuple(unreadable))
