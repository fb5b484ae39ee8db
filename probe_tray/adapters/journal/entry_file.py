"""The bytes of one journal entry: an intent, and room into which what answers it is written later, in place.

First come the sealed pieces of the raw answer, one behind the other, as they come out of the connection; then the
sealed answer. All blocks carry their length and SHA-256, so a torn or damaged one is no block at all. Pieces and answer
repeat the intent inside their seal: with any of them the entry is whole even where the first block was lost.
"""

import hashlib
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, final

import msgspec

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.files.safe_files import read_regular
from probe_tray.adapters.logins.sealer import Seal
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ReadError, StoreError
from probe_tray.core.renewal.journal import JournalEntry
from probe_tray.core.service.answer import Answer

DONE: Final = b"PTDONE1\n"
"""The whole content of an entry that was finished and could not be removed."""
WIRE_SPACE: Final = 32 * 1024
"""Bytes reserved for the pieces; three tokens and a head have a quarter of that."""
ANSWER_SPACE: Final = 32 * 1024
"""Bytes reserved for the answer."""
_INTENT: Final = b"PTINTE1\n"
_PIECE: Final = b"PTWIRE1\n"
_ANSWER: Final = b"PTANSW1\n"
_PAGE: Final = 4096
"""Blocks begin at multiples of this, so that writing one cannot tear the other."""
_HEAD: Final = 8 + 4 + 32
_ANSWER_CONTEXT: Final = "journal"
_PIECE_CONTEXT: Final = "wire"
LIMIT: Final = 16 * 1024 * 1024
"""Bytes of the largest entry that is read: an answer larger than the space makes its entry grow."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """What the bytes of an entry hold."""

    done: bool = False
    entry: JournalEntry | None = None
    pieces: tuple[bytes, ...] = ()
    """The sealed pieces of the raw answer, as many as are there without a gap."""
    sealed: bytes | None = None
    """The sealed answer."""


class _Intent(msgspec.Struct, frozen=True, kw_only=True):
    key: AccountKey
    fingerprint: str
    at: datetime
    uptime: float | None = None


class _KeptEntry(msgspec.Struct, frozen=True, kw_only=True):
    intent: _Intent
    status: int
    body: bytes

    def __repr__(self) -> str:
        return "_KeptEntry(…)"


class _Piece(msgspec.Struct, frozen=True, kw_only=True):
    intent: _Intent
    number: int
    raw: bytes

    def __repr__(self) -> str:
        return "_Piece(…)"


_INTENTS: Final = msgspec.msgpack.Decoder(_Intent)
_PIECES: Final = msgspec.msgpack.Decoder(_Piece)
_KEPT: Final = msgspec.msgpack.Decoder(_KeptEntry)


def intent_bytes(entry: JournalEntry) -> bytes:
    """The first block, up to where the answer's begins."""
    block = _block(_INTENT, msgspec.msgpack.encode(_intent(entry)))
    return block.ljust(-(-len(block) // _PAGE) * _PAGE, b"\0")


def piece_plain(entry: JournalEntry, number: int, raw: bytes) -> bytes:
    """What is to be sealed of the ``number``-th piece, counted from 0."""
    return msgspec.msgpack.encode(_Piece(intent=_intent(entry), number=number, raw=raw))


def piece_bytes(sealed: bytes) -> bytes:
    """The block of a piece."""
    return _block(_PIECE, sealed)


def answer_plain(entry: JournalEntry, status: int, body: bytes) -> bytes:
    """What is to be sealed."""
    return msgspec.msgpack.encode(_KeptEntry(intent=_intent(entry), status=status, body=body))


def answer_bytes(sealed: bytes) -> bytes:
    """The block of the answer."""
    return _block(_ANSWER, sealed)


def is_newer(data: bytes) -> bool:
    """Whether a later version of the program wrote the entry: the number in its first block is higher."""
    number = data[6:7]
    return data[:6] == _INTENT[:6] and data[7:8] == b"\n" and number.isdigit() and number > _INTENT[6:7]


def read_image(name: str, data: bytes) -> Image:
    """What is there; parts that are torn or damaged are not."""
    if data == DONE:
        return Image(done=True)
    payload = _payload(_INTENT, data, 0)
    # Every page is looked at: only the intent says where the blocks begin, and it may be what is damaged.
    places = range(_PAGE, len(data), _PAGE)
    blocks = (_payload(_ANSWER, data, place) for place in places)
    rows = (_pieces(data, place) for place in places)
    return Image(
        entry=None if payload is None else _read_intent(name, payload),
        pieces=next((row for row in rows if row), ()),
        sealed=next((block for block in blocks if block is not None), None),
    )


def read_answer(name: str, plain: bytes) -> tuple[JournalEntry, Answer] | None:
    """The entry and its answer from what the seal held; None when it holds something else."""
    try:
        kept = _KEPT.decode(plain)
    except (msgspec.MsgspecError, ValueError):
        return None
    entry = _entry(name, kept.intent)
    return None if entry is None else (entry, Answer(kept.status, {}, kept.body))


def read_pieces(name: str, plain: Sequence[bytes]) -> tuple[JournalEntry, bytes] | None:
    """The entry and the raw answer from what the pieces' seals held; None when they hold something else."""
    try:
        pieces = [_PIECES.decode(piece) for piece in plain]
    except (msgspec.MsgspecError, ValueError):
        return None
    if not pieces or [piece.number for piece in pieces] != list(range(len(pieces))):
        return None
    entry = _entry(name, pieces[0].intent)
    return None if entry is None else (entry, b"".join(piece.raw for piece in pieces))


def _intent(entry: JournalEntry) -> _Intent:
    return _Intent(key=entry.key, fingerprint=entry.fingerprint, at=entry.at, uptime=entry.uptime)


def _read_intent(name: str, payload: bytes) -> JournalEntry | None:
    try:
        return _entry(name, _INTENTS.decode(payload))
    except (msgspec.MsgspecError, ValueError):
        return None


def _entry(name: str, intent: _Intent) -> JournalEntry | None:
    if intent.at.tzinfo is None or not name.startswith(intent.key.slug):
        return None
    return JournalEntry(name=name, key=intent.key, fingerprint=intent.fingerprint, at=intent.at, uptime=intent.uptime)


def _block(magic: bytes, payload: bytes) -> bytes:
    return magic + len(payload).to_bytes(4, "big") + hashlib.sha256(payload).digest() + payload


def _pieces(data: bytes, place: int) -> tuple[bytes, ...]:
    found: list[bytes] = []
    while (payload := _payload(_PIECE, data, place)) is not None:
        found.append(payload)
        place += _HEAD + len(payload)
    return tuple(found)


def _payload(magic: bytes, data: bytes, place: int) -> bytes | None:
    if not data.startswith(magic, place):
        return None
    head = data[place : place + _HEAD]
    payload = data[place + _HEAD : place + _HEAD + int.from_bytes(head[8:12], "big")]
    return payload if hashlib.sha256(payload).digest() == head[12:] else None


def answer_context(name: str) -> bytes:
    """What the answer of the entry ``name`` is bound to."""
    return _context(_ANSWER_CONTEXT, name)


def piece_context(name: str) -> bytes:
    """What the pieces of the raw answer of the entry ``name`` are bound to."""
    return _context(_PIECE_CONTEXT, name)


@final
class JournalEntryFile:
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
            # After one that does not fit, or was not written, none is: pieces with a gap between them are no answer.
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
            with suppress(OSError):
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


def unfinished(folder: Path, *, disk: Disk) -> int:
    """How many renewals were begun and not finished, one that runs at this moment included.

    Blocks. Raises ReadError where that cannot be told.
    """
    count = 0
    try:
        paths = sorted(folder.glob("*.journal"))
    except OSError as error:
        raise ReadError(path=str(folder), reason=reason_of(error)) from None
    for path in paths:
        # Another process may finish it meanwhile.
        with suppress(FileNotFoundError):
            count += not read_image(path.stem, read_regular(path, limit=LIMIT, disk=disk)).done
    return count
