"""How new the rows of the shared table were, which accounts were removed, and how the table knows this computer.

One small file, shared by both programs.

It holds slugs of accounts, hashes of tables and rows, moments, random names, and the names of the computers that wrote
the rows: no address, no id, no token.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, final

import msgspec
from msgspec.structs import replace

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.age import Age
from probe_tray.core.sync.rows import LastSync
from probe_tray.core.sync.table_record import TableRecord
from probe_tray.ports.time import Randomness

VERSION: Final = 2
"""1 knew no protected tables: a program that knows only that one must not write over what this one has seen."""
_LOCK: Final = "sync-memory"
_NAME_DIGITS: Final = 32
_ID_DIGITS: Final = 16


class _SyncMemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    seen: dict[str, Age] = {}
    removed: frozenset[str] = frozenset()
    computer: str = ""
    """Random; empty before it is first asked for."""
    unshared: dict[str, str] = {}
    holders: dict[str, str] = {}
    """As what the table knows this computer for the accounts in ``unshared``: a host's name may change meanwhile."""
    tables: dict[str, TableRecord] = {}
    last: dict[str, LastSync] = {}


def _has_zones(file: _SyncMemoryRecord) -> bool:
    # A moment without a zone cannot be compared with any other.
    last = file.last.values()
    moments = [found.ended_at for found in last]
    moments += [stamp.at for found in last for stamp in found.stamps.values() if stamp.at is not None]
    moments += [moment for age in file.seen.values() for moment in (age.issued, age.refreshed)]
    return all(moment.tzinfo for moment in moments)


_FORMAT: Final = JsonFormat(
    what="what was seen in the shared table",
    version=VERSION,
    steps={1: lambda found: found},
    decoder=msgspec.json.Decoder(_SyncMemoryRecord),
    is_sound=_has_zones,
    limit=16 * 1024 * 1024,
)


@final
class FileSyncMemory:
    """Implements ``SyncMemory`` and ``RemovedAccounts``."""

    def __init__(self, path: Path, locks: FileLocks, randomness: Randomness, host: str, *, disk: Disk) -> None:
        """Keep it in ``path``, whose folder is made when needed; ``locks`` keeps processes apart.

        ``host`` is the computer's name in its network: a copy of the file on another computer is not the same one.
        """
        self._file, self._locks = JsonFile(path, _FORMAT, disk=disk), locks
        self._randomness, self._host = randomness, host

    async def recall(self) -> Mapping[str, Age]:
        """What the file says; nothing where it cannot be understood. Raises ReadError."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return {} if file is None else file.seen

    async def remember(self, marks: Mapping[str, Age]) -> None:
        """Write what is newer; nothing where nothing is."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._merge, marks)

    async def table(self, name: str) -> TableRecord:
        """What the file says; nothing where it cannot be understood. Raises ReadError."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return TableRecord() if file is None else file.tables.get(name, TableRecord())

    async def remember_table(self, name: str, record: TableRecord) -> None:
        """Write what is newer; nothing where nothing is."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._change_table, name, record)

    async def last_sync(self, name: str) -> LastSync | None:
        """What the file says; nothing where it cannot be understood. Raises ReadError."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return None if file is None else file.last.get(name)

    async def remember_last_sync(self, name: str, found: LastSync) -> None:
        """Write it in place of the one before."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._change_last, name, found)

    async def forget_table(self, name: str) -> None:
        """Take it out."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._change_table, name, None)

    async def holder(self, slug: str) -> str:
        """From the file, made when it is first asked for, and from the name of the host; neither is seen in it.

        For an account in ``unshared`` the one that its lease was taken with.
        """
        file = await asyncio.to_thread(self._file.read, alone=False)
        if file is not None and slug in file.holders:
            return file.holders[slug]
        return self._holder(await self._name(file))

    async def computer_id(self) -> str:
        """From the file, made when it is first asked for; nothing of a holder can be found out from it."""
        name = await self._name(await asyncio.to_thread(self._file.read, alone=False))
        return hashlib.sha256(f"row\0{name}".encode()).hexdigest()[:_ID_DIGITS]

    async def unshared(self) -> Mapping[str, str]:
        """What the file says; nothing where it cannot be understood. Raises ReadError."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return {} if file is None else file.unshared

    async def add_unshared(self, slug: str, fingerprint: str) -> None:
        """Add one."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._add_unshared, slug, fingerprint)

    async def forget_unshared(self, slug: str) -> None:
        """Take it out."""
        if slug in await self.unshared():
            async with self._locks.hold_name(_LOCK):
                await asyncio.to_thread(self._forget_unshared, slug)

    async def removed(self) -> frozenset[str]:
        """What the file says; nobody where it cannot be understood. Raises ReadError."""
        file = await asyncio.to_thread(self._file.read, alone=False)
        return frozenset() if file is None else file.removed

    async def add_removed(self, slug: str) -> None:
        """Add one."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._change_removed, lambda known: known | {slug})

    async def forget_removed(self, slugs: frozenset[str]) -> None:
        """Take these out."""
        async with self._locks.hold_name(_LOCK):
            await asyncio.to_thread(self._change_removed, lambda known: known - slugs)

    async def _name(self, file: _SyncMemoryRecord | None) -> str:
        if file is not None and file.computer:
            return file.computer
        async with self._locks.hold_name(_LOCK):
            return await asyncio.to_thread(self._named)

    def _named(self) -> str:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        if not file.computer:
            file = replace(file, computer=self._randomness.token_bytes(16).hex())
            self._file.replace(file)
        return file.computer

    def _merge(self, marks: Mapping[str, Age]) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        known = file.seen
        newer = {slug: found for slug, found in marks.items() if slug not in known or known[slug] < found}
        if newer:
            self._file.replace(replace(file, seen=dict(sorted((known | newer).items()))))

    def _change_table(self, name: str, record: TableRecord | None) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        tables = dict(file.tables)
        known = tables.pop(name, TableRecord())
        if record is not None:
            tables[name] = known.merged(record)
        last = {one: found for one, found in file.last.items() if one != name or record is not None}
        if (tables, last) != (file.tables, file.last):
            self._file.replace(replace(file, tables=tables, last=last))

    def _change_last(self, name: str, found: LastSync) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        if file.last.get(name) != found:
            self._file.replace(replace(file, last=file.last | {name: found}))

    def _add_unshared(self, slug: str, fingerprint: str) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        holders = file.holders if slug in file.holders else file.holders | {slug: self._holder(file.computer)}
        changed = replace(file, unshared=file.unshared | {slug: fingerprint}, holders=holders)
        if changed != file:
            self._file.replace(changed)

    def _forget_unshared(self, slug: str) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        unshared, holders = dict(file.unshared), dict(file.holders)
        if unshared.pop(slug, None) is not None:
            holders.pop(slug, None)
            self._file.replace(replace(file, unshared=unshared, holders=holders))

    def _holder(self, name: str) -> str:
        return hashlib.sha256(f"{name}\0{self._host}".encode("utf-8", "replace")).hexdigest()[:_NAME_DIGITS]

    def _change_removed(self, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        file = self._file.read(alone=True) or _SyncMemoryRecord()
        removed = change(file.removed)
        if removed != file.removed:
            self._file.replace(replace(file, removed=removed))
