"""The journal of renewals: an answer of the service is on the disk before anybody looks into it."""

import asyncio
import contextlib
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.disk import Disk, reason_of
from probe_tray.adapters.journal_file import (
    DONE,
    ROOM,
    Image,
    answer_bytes,
    answer_plain,
    intent_bytes,
    read_answer,
    read_image,
)
from probe_tray.adapters.safe_files import make_private_folder, read_regular, remove_file, remove_stale, replace_file
from probe_tray.adapters.sealer import Seal, Sealer, needs_key
from probe_tray.core.errors import ReadError, RecordError, StoreError, WriteError
from probe_tray.core.identity import AccountKey
from probe_tray.core.journal import JournalEntry, PendingEntry

_SUFFIX: Final = ".journal"
_ASIDE: Final = ".unreadable"
_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of the largest entry that is read: an answer larger than the room makes its entry grow."""


@final
class _Prepared:
    """What keeping the answer needs, all of it in hand before the request: an open file and a seal."""

    def __init__(self, file: int, place: int, seal: Seal) -> None:
        self.file, self.place, self.seal = file, place, seal


class FileJournal:
    """Implements ``Journal`` with one file per entry, 0600, in a folder that is made when needed."""

    def __init__(self, folder: Path, sealer: Sealer, *, disk: Disk | None = None) -> None:
        """Keep the entries in ``folder``; answers are sealed by ``sealer``."""
        self._folder, self._sealer, self._disk = folder, sealer, disk or Disk()
        self._prepared: dict[str, _Prepared] = {}

    async def prepare(self, key: AccountKey, fingerprint: str, at: datetime) -> JournalEntry:
        """Write the intent and the room for the answer, and keep the file open."""
        seal = await self._sealer.ready()
        # A new name each time: no entry can ever be written over another one's answer.
        entry = JournalEntry(name=f"{key.slug}-{secrets.token_hex(8)}", key=key, fingerprint=fingerprint, at=at)
        writing = asyncio.ensure_future(asyncio.to_thread(self._write_intent, entry, seal))
        try:
            self._prepared[entry.name] = await asyncio.shield(writing)
        except asyncio.CancelledError:
            # No request will follow, so the intent must not stay behind and look like one.
            with contextlib.suppress(StoreError):
                self._prepared[entry.name] = await writing
                await self.finish(entry)
            raise
        return entry

    async def keep_answer(self, entry: JournalEntry, status: int, body: bytes) -> None:
        """Write the sealed answer into its room, in place."""
        prepared = self._prepared.pop(entry.name)
        block = answer_bytes(prepared.seal(answer_plain(entry, status, body), _context(entry.name)))
        # Until it is written the tokens are nowhere but in this process, so it waits for no thread: the room is there,
        # and the system takes these few pages at once. The wait for the medium is a thread's.
        written = self._fill_room(prepared, block)
        await asyncio.to_thread(self._settle, entry, prepared, block, written=written)

    async def finish(self, entry: JournalEntry) -> None:
        """Remove the entry, or mark it as done where it cannot be removed."""
        self._let_go(entry)
        await asyncio.to_thread(self._remove, self._path(entry.name))

    async def set_aside(self, entry: JournalEntry) -> None:
        """Rename the entry's file."""
        self._let_go(entry)
        await asyncio.to_thread(self._rename_aside, self._path(entry.name))

    async def pending(self, key: AccountKey | None = None) -> tuple[PendingEntry, ...]:
        """Read what is there."""
        images = await asyncio.to_thread(self._read_all, "" if key is None else key.slug)
        found = [await self._open(name, image, key) for name, image in images]
        entries = [item for item in found if item is not None and key in (None, item.entry.key)]
        return tuple(sorted(entries, key=lambda item: item.entry.at))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _let_go(self, entry: JournalEntry) -> None:
        prepared = self._prepared.pop(entry.name, None)
        if prepared is not None:
            with contextlib.suppress(OSError):
                self._disk.close(prepared.file)

    def _write_intent(self, entry: JournalEntry, seal: Seal) -> _Prepared:
        make_private_folder(self._folder)
        path, intent = self._path(entry.name), intent_bytes(entry)
        # Random bytes: file systems that compress or skip zeros would reserve nothing for them.
        image = intent + os.urandom(ROOM)
        try:
            replace_file(path, image, disk=self._disk)
            return _Prepared(self._disk.reopen(path), len(intent), seal)
        except (OSError, WriteError) as error:
            with contextlib.suppress(WriteError):
                remove_file(path, disk=self._disk)
            if isinstance(error, WriteError):
                raise
            raise WriteError(path=str(path), reason=reason_of(error)) from None

    def _fill_room(self, prepared: _Prepared, block: bytes) -> bool:
        try:
            os.lseek(prepared.file, prepared.place, os.SEEK_SET)
            rest = memoryview(block)
            while rest:
                rest = rest[self._disk.write(prepared.file, rest) :]
        except OSError:
            return False
        return True

    def _settle(self, entry: JournalEntry, prepared: _Prepared, block: bytes, *, written: bool) -> None:
        try:
            try:
                if written:
                    self._disk.sync(prepared.file)
            finally:
                self._disk.close(prepared.file)
        except OSError:
            written = False
        if not written:
            # The place that was reserved has failed; another one may not.
            replace_file(self._path(entry.name), intent_bytes(entry) + block, disk=self._disk)

    def _remove(self, path: Path) -> None:
        try:
            remove_file(path, disk=self._disk)
        except WriteError as error:
            try:
                replace_file(path, DONE, disk=self._disk)
            except WriteError:
                raise error from None

    def _rename_aside(self, path: Path) -> None:
        try:
            self._disk.rename(path, path.with_suffix(_ASIDE))
        except FileNotFoundError:
            return
        except OSError as error:
            raise WriteError(path=str(path), reason=reason_of(error)) from None

    def _read_all(self, slug: str) -> list[tuple[str, Image]]:
        remove_stale(self._folder)
        found: list[tuple[str, Image]] = []
        for path in _files(self._folder, slug):
            try:
                image = read_image(path.stem, read_regular(path, limit=_LIMIT, disk=self._disk))
            except FileNotFoundError:  # Another process has finished it meanwhile.
                continue
            except ReadError:
                if slug:
                    raise
                continue
            if image.entry is not None or image.sealed is not None:
                found.append((path.stem, image))
                continue
            with contextlib.suppress(WriteError):
                if image.done:
                    remove_file(path, disk=self._disk)
                else:
                    self._rename_aside(path)
        return found

    async def _open(self, name: str, image: Image, key: AccountKey | None) -> PendingEntry | None:
        problem = None
        if image.sealed is not None:
            error: StoreError = RecordError(path=str(self._path(name)), reason="its content was damaged")
            try:
                opened = read_answer(name, await self._sealer.open(image.sealed, _context(name)))
            except StoreError as raised:
                opened, error = None, raised
            if opened is not None:
                return PendingEntry(entry=opened[0], answer=opened[1])
            problem = error.problem
        entry = image.entry
        if entry is None and key is not None:
            # The intent was damaged, the answer cannot be opened for now: what it is about stands in its name.
            entry = JournalEntry(name=name, key=key, fingerprint="", at=datetime.fromtimestamp(0, UTC))
        return None if entry is None else PendingEntry(entry=entry, problem=problem)


def holds_sealed_answer(folder: Path) -> bool:
    """Whether a journal holds an answer that only the vault's key opens. Raises ReadError when that cannot be told."""
    for path in _files(folder, ""):
        with contextlib.suppress(FileNotFoundError):
            sealed = read_image(path.stem, read_regular(path, limit=_LIMIT)).sealed
            if sealed is not None and needs_key(sealed):
                return True
    return False


def _files(folder: Path, slug: str) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX and path.name.startswith(slug))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReadError(path=str(folder), reason=reason_of(error)) from None


def _context(name: str) -> bytes:
    return f"probe-tray journal\0{name}".encode("utf-8", "surrogateescape")
