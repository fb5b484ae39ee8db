"""The open file of one journal entry: room into which an answer is written while it comes out of the connection."""

import contextlib
import os
import threading
from typing import Final, final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.journal.entry_file import WIRE_SPACE, answer_bytes, answer_plain, piece_bytes, piece_plain
from probe_tray.adapters.logins.sealer import Seal
from probe_tray.core.errors import StoreError
from probe_tray.core.renewal.journal import JournalEntry

_ANSWER: Final = "journal"
_PIECE: Final = "wire"


def answer_context(name: str) -> bytes:
    """What the answer of the entry ``name`` is bound to."""
    return _context(_ANSWER, name)


def piece_context(name: str) -> bytes:
    """What the pieces of the raw answer of the entry ``name`` are bound to."""
    return _context(_PIECE, name)


@final
class EntrySpace:
    """All that keeping an answer needs, in hand before the request: an open file, room in it, and a seal."""

    def __init__(self, entry: JournalEntry, file: int, place: int, seal: Seal, disk: Disk) -> None:
        """Take over the open ``file``; the room begins at ``place``: for the pieces first, then for the answer."""
        self._entry, self._file, self._seal, self._disk = entry, file, seal, disk
        self._place, self._end = place, place + WIRE_SPACE
        self._number = 0
        self._taking = True
        # The pieces come from the thread that reads the connection.
        self._turn = threading.Lock()
        # The first use of a cipher makes it ready: that time is spent here and not when the answer comes.
        seal(piece_plain(entry, 0, b""), piece_context(entry.name))

    def take(self, raw: bytes) -> None:
        """Write a piece of the raw answer; in any thread. Never raises: the answer that follows makes up for it."""
        with self._turn:
            if not self._taking:
                return
            plain = piece_plain(self._entry, self._number, raw)
            try:
                block = piece_bytes(self._seal(plain, piece_context(self._entry.name)))
            except StoreError:
                self._taking = False
                return
            self._taking = self._place + len(block) <= self._end and self._write(self._place, block)
            self._place += len(block)
            self._number += 1

    def fill(self, status: int, body: bytes) -> tuple[bytes, bool]:
        """Write the sealed answer, after which nothing more is taken: its block, and whether it was written."""
        with self._turn:
            self._taking = False
            block = answer_bytes(self._seal(answer_plain(self._entry, status, body), answer_context(self._entry.name)))
            return block, self._write(self._end, block)

    def settle(self) -> bool:
        """Close the file once all of it is on the medium; whether that came about. Blocks."""
        try:
            try:
                self._disk.sync(self._file)
            finally:
                self._disk.close(self._file)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the file; nothing more is taken. Never raises."""
        with self._turn:
            self._taking = False
            with contextlib.suppress(OSError):
                self._disk.close(self._file)

    def _write(self, place: int, block: bytes) -> bool:
        try:
            os.lseek(self._file, place, os.SEEK_SET)
            rest = memoryview(block)
            while rest:
                rest = rest[self._disk.write(self._file, rest) :]
        except OSError:
            return False
        return True


def _context(kind: str, name: str) -> bytes:
    return f"probe-tray {kind}\0{name}".encode("utf-8", "surrogateescape")
