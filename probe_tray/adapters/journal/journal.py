"""The journal of renewals: an answer of the service is written down before anybody looks into it."""

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from probe_tray.adapters.files.disk import NEWER_VERSION, Disk, reason_of
from probe_tray.adapters.files.safe_files import (
    make_private_folder,
    read_regular,
    remove_file,
    remove_stale,
    replace_file,
)
from probe_tray.adapters.http.wire.answer import read_raw
from probe_tray.adapters.journal.entry_file import (
    ANSWER_SPACE,
    DONE,
    LIMIT,
    WIRE_SPACE,
    Image,
    JournalEntryFile,
    answer_context,
    intent_bytes,
    is_newer,
    piece_context,
    read_answer,
    read_image,
    read_pieces,
)
from probe_tray.adapters.logins.sealer import Seal, Sealer, needs_key
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Phrase, ReadError, RecordError, StoreError, WriteError
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry

_SUFFIX: Final = ".journal"
_ASIDE: Final = ".unreadable"
_OURS: Final = re.compile(r"([0-9a-f]{24})-")
"""An account's slug begins the name of an entry."""


class FileJournal:
    """Implements ``Journal`` with one file per entry, 0600, in a folder that is made when needed."""

    def __init__(self, folder: Path, sealer: Sealer, *, disk: Disk) -> None:
        """Keep the entries in ``folder``; answers are sealed by ``sealer``."""
        self._folder, self._sealer, self._disk = folder, sealer, disk
        self._spaces: dict[str, JournalEntryFile] = {}

    async def prepare(
        self, key: AccountKey, fingerprint: str, at: datetime, uptime: float | None = None
    ) -> JournalEntry:
        """Write the intent and the space for the answer, and keep the file open."""
        seal = await self._sealer.ready()
        # A new name each time: no entry can ever be written over another one's answer.
        name = f"{key.slug}-{os.urandom(8).hex()}"
        entry = JournalEntry(name=name, key=key, fingerprint=fingerprint, at=at, uptime=uptime)
        writing = asyncio.ensure_future(asyncio.to_thread(self._write_intent, entry, seal))
        try:
            self._spaces[entry.name] = await asyncio.shield(writing)
        except asyncio.CancelledError:
            # No request will follow, so the intent must not stay behind and look like one.
            with contextlib.suppress(StoreError):
                self._spaces[entry.name] = await writing
                await self.finish(entry)
            raise
        return entry

    def arriving(self, entry: JournalEntry) -> Callable[[bytes], None]:
        """Each piece that it is given is sealed and in the file, in place, when it returns."""
        return self._spaces[entry.name].take

    async def keep_answer(self, entry: JournalEntry, status: int, body: bytes) -> None:
        """Write the sealed answer into its space, in place."""
        space = self._spaces.pop(entry.name)
        # The tokens may be nowhere else yet, so it waits for no thread: the space is there, and the system takes these
        # few pages at once. The wait for the medium is a thread's.
        block, written = space.fill(status, body)
        await asyncio.to_thread(self._settle, entry, space, block, written=written)

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
        images = await self._disk.jobs.do(self._folder, partial(self._read_all, "" if key is None else key.slug))
        found = [await self._open(name, image, key) for name, image in images]
        entries = [item for item in found if item is not None and key in (None, item.entry.key)]
        return tuple(sorted(entries, key=lambda item: item.entry.at))

    async def unfinished(self, keys: Collection[AccountKey]) -> frozenset[AccountKey]:
        """Read the names that are there."""
        names = await self._disk.jobs.do(self._folder, self._names)
        slugs = {found[1] for name in names if (found := _OURS.match(name))}
        return frozenset(key for key in keys if key.slug in slugs)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _let_go(self, entry: JournalEntry) -> None:
        space = self._spaces.pop(entry.name, None)
        if space is not None:
            space.close()

    def _write_intent(self, entry: JournalEntry, seal: Seal) -> JournalEntryFile:
        make_private_folder(self._folder)
        path, intent = self._path(entry.name), intent_bytes(entry)
        # Random bytes: file systems that compress or skip zeros would reserve nothing for them.
        image = intent + os.urandom(WIRE_SPACE + ANSWER_SPACE)
        try:
            # Whole under its name or not there, then opened once more: the answer is written into it in place.
            replace_file(path, image, disk=self._disk)
            return JournalEntryFile(entry, self._disk.reopen(path), len(intent), seal, self._disk)
        except (OSError, StoreError) as error:
            with contextlib.suppress(WriteError):
                remove_file(path, disk=self._disk)
            if isinstance(error, StoreError):
                raise
            raise WriteError(path=str(path), reason=reason_of(error)) from None

    def _settle(self, entry: JournalEntry, space: JournalEntryFile, block: bytes, *, written: bool) -> None:
        if not space.settle() or not written:
            # The place that was reserved has failed; another one may not.
            replace_file(self._path(entry.name), intent_bytes(entry) + block, disk=self._disk)

    def _remove(self, path: Path) -> None:
        try:
            remove_file(path, disk=self._disk)
        except WriteError as error:
            try:
                # Left as it is, it would be taken for a renewal that was cut off.
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

    def _names(self) -> list[str]:
        remove_stale(self._folder)
        return [path.name for path in _files(self._folder, "")]

    def _read_all(self, slug: str) -> list[tuple[str, Image]]:
        remove_stale(self._folder)
        found: list[tuple[str, Image]] = []
        for path in _files(self._folder, slug):
            try:
                image = self._read(path)
            except FileNotFoundError:  # Another process has finished it meanwhile.
                continue
            except ReadError:
                # It may hold the newest login of the account that was asked for; a look at all goes on.
                if slug:
                    raise
                continue
            if not image.done and (image.entry or image.pieces or image.sealed or _OURS.match(path.stem)):
                found.append((path.stem, image))
                continue
            with contextlib.suppress(WriteError):
                if image.done:
                    remove_file(path, disk=self._disk)
                else:
                    self._rename_aside(path)
        return found

    def _read(self, path: Path) -> Image:
        data = read_regular(path, limit=LIMIT, disk=self._disk)
        if is_newer(data):
            # It may hold the account's newest tokens, for the version that wrote it.
            raise ReadError(path=str(path), reason=NEWER_VERSION)
        return read_image(path.stem, data)

    def _changed(self, name: str) -> datetime:
        """When the entry was last written, aware UTC; long ago where that cannot be told."""
        with contextlib.suppress(OSError, ValueError, OverflowError):
            return datetime.fromtimestamp(self._path(name).stat().st_mtime, UTC)
        return datetime.fromtimestamp(0, UTC)

    async def _open(self, name: str, image: Image, key: AccountKey | None) -> PendingEntry | None:
        problem = None
        if image.sealed is not None or image.pieces:
            error: StoreError = RecordError(path=str(self._path(name)), reason=Phrase("its content was damaged"))
            try:
                opened = await self._open_answer(name, image) or await self._open_pieces(name, image)
            except StoreError as raised:
                opened, error = None, raised
            if opened is not None:
                return opened
            problem = error.problem
        entry = image.entry
        if entry is None and key is not None:
            # The intent was damaged, and no answer tells: what it is about stands in its name.
            entry = JournalEntry(name=name, key=key, fingerprint="", at=await asyncio.to_thread(self._changed, name))
        return None if entry is None else PendingEntry(entry=entry, problem=problem)

    async def _open_answer(self, name: str, image: Image) -> PendingEntry | None:
        if image.sealed is None:
            return None
        opened = read_answer(name, await self._sealer.open(image.sealed, answer_context(name)))
        return None if opened is None else PendingEntry(entry=opened[0], answer=opened[1])

    async def _open_pieces(self, name: str, image: Image) -> PendingEntry | None:
        """The answer as its pieces came, which may not be whole: the process died, or the connection."""
        opened = read_pieces(name, [await self._sealer.open(piece, piece_context(name)) for piece in image.pieces])
        if opened is None:
            return None
        entry, raw = opened
        answer = read_raw(raw)
        return PendingEntry(entry=entry, answer=answer, partial=answer is None and bool(raw))


def holds_sealed_answer(folder: Path, *, disk: Disk) -> bool:
    """Whether a journal holds an answer that only the vault's key opens. Raises ReadError when that cannot be told."""
    for path in _files(folder, ""):
        with contextlib.suppress(FileNotFoundError):
            data = read_regular(path, limit=LIMIT, disk=disk)
            image = read_image(path.stem, data)
            if is_newer(data) or any(needs_key(sealed) for sealed in (image.sealed or b"", *image.pieces)):
                return True
    return False


def _files(folder: Path, slug: str) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX and path.name.startswith(slug))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReadError(path=str(folder), reason=reason_of(error)) from None
