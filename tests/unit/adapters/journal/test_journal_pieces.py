"""Pieces of a raw answer are in the journal when they have been taken, and are read from there if nothing followed."""

import asyncio
import errno
import os
import random
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.journal.entry_file import (
    ANSWER_SPACE,
    WIRE_SPACE,
    answer_bytes,
    answer_plain,
    intent_bytes,
    piece_bytes,
    piece_plain,
    read_image,
    read_pieces,
)
from probe_tray.adapters.journal.journal import FileJournal, holds_sealed_answer
from probe_tray.adapters.logins.sealer import FolderSealer
from probe_tray.core.errors import KeyMissingError, KeyringAbsentError, KeyringLockedError, WriteError
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry
from tests.support.fakes import START
from tests.support.raw_server import http
from tests.support.tokens import tokens
from tests.unit.adapters.journal.test_journal import ANA, BEN, BODY, ENTRY, PRINT, Place

RAW = http(BODY)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def taken(journal: FileJournal, raw: bytes = RAW, size: int = 700) -> JournalEntry:
    """An entry whose answer came so far and no further."""
    entry = await journal.prepare(ANA, PRINT, START)
    write = journal.arriving(entry)
    for start in range(0, len(raw), size):
        await asyncio.to_thread(write, raw[start : start + size])
    return entry


async def found(place: Place) -> PendingEntry:
    (pending,) = await place.journal().pending(ANA)
    return pending


@pytest.mark.parametrize("size", [100, 700, 100_000])
async def test_an_answer_is_there_as_soon_as_it_has_come(place: Place, size: int) -> None:
    entry = await taken(place.journal(), size=size)
    pending = await found(place)
    assert pending.entry == entry
    assert pending.answer is not None
    assert (pending.answer.status, pending.answer.body) == (200, BODY)


async def test_a_part_of_an_answer_is_uncertain(place: Place) -> None:
    entry = await taken(place.journal(), RAW[:-1])
    assert await found(place) == PendingEntry(entry=entry, partial=True)


async def test_the_answer_that_was_kept_counts(place: Place) -> None:
    journal = place.journal()
    entry = await taken(journal)
    await journal.keep_answer(entry, 200, b"as it was understood")
    answer = (await found(place)).answer
    assert answer is not None
    assert answer.body == b"as it was understood"


async def test_nothing_of_a_piece_is_in_the_clear(place: Place) -> None:
    await taken(place.journal())
    content = b"".join(path.read_bytes() for path in place.files())
    for text in [b"HTTP/1.1", *(text.encode() for text in tokens("ana", number=2).values())]:
        assert text not in content


async def test_pieces_take_no_more_room(place: Place) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    before = place.files()[0].stat()
    place.disk.steps.clear()
    journal.arriving(entry)(RAW)
    after = place.files()[0].stat()
    assert (after.st_size, after.st_ino) == (before.st_size, before.st_ino)
    assert place.disk.steps == ["write"]


async def test_an_answer_larger_than_the_room_is_kept_in_the_end(place: Place) -> None:
    journal = place.journal()
    body = os.urandom(2 * WIRE_SPACE)
    entry = await taken(journal, http(body), 9000)
    assert await found(place) == PendingEntry(entry=entry, partial=True)
    await journal.keep_answer(entry, 200, body)
    answer = (await found(place)).answer
    assert answer is not None
    assert answer.body == body


async def test_a_fault_while_it_comes_costs_nothing(place: Place) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    place.disk.trouble("write", errno.EIO)
    journal.arriving(entry)(RAW)
    place.disk.calm()
    assert await found(place) == PendingEntry(entry=entry)
    await journal.keep_answer(entry, 200, BODY)
    assert (await found(place)).answer is not None


async def test_a_medium_that_takes_only_the_pieces_has_the_answer(place: Place) -> None:
    journal = place.journal()
    entry = await taken(journal)
    place.disk.trouble("write", errno.EIO)
    with pytest.raises(WriteError):
        await journal.keep_answer(entry, 200, BODY)
    place.disk.calm()
    assert (await found(place)).answer is not None


@pytest.mark.parametrize("ending", ["keep", "finish", "set aside"])
async def test_what_comes_too_late_is_written_nowhere(place: Place, ending: str) -> None:
    journal = place.journal()
    entry = await taken(journal)
    write = journal.arriving(entry)
    match ending:
        case "keep":
            await journal.keep_answer(entry, 200, BODY)
        case "finish":
            await journal.finish(entry)
        case _:
            await journal.set_aside(entry)
    before = [path.read_bytes() for path in place.files()]
    place.disk.steps.clear()
    write(RAW)
    assert place.disk.steps == []
    assert [path.read_bytes() for path in place.files()] == before


async def test_without_the_key_the_pieces_wait(place: Place) -> None:
    entry = await taken(place.journal())
    key, place.keyring.key = place.keyring.key, None
    pending = await found(place)
    assert (pending.entry, pending.answer) == (entry, None)
    assert pending.problem is not None
    assert pending.problem.kind == KeyMissingError
    assert holds_sealed_answer(place.folder, disk=Disk())
    with pytest.raises(KeyMissingError):
        await place.journal().prepare(BEN, PRINT, START)
    place.keyring.key = key
    assert (await found(place)).answer is not None


async def test_without_a_keyring_plain_files_have_their_pieces_plain(place: Place) -> None:
    place.keyring.failure = KeyringAbsentError()
    await taken(place.journal(FolderSealer(place.key())))
    assert not holds_sealed_answer(place.folder, disk=Disk())
    assert (await found(place)).answer is not None


async def test_a_lost_intent_costs_nothing_when_the_pieces_are_there(place: Place) -> None:
    entry = await taken(place.journal())
    path = place.files()[0]
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    pending = await found(place)
    assert pending.entry == entry
    assert pending.answer is not None
    place.keyring.failure = KeyringLockedError()
    assert (await found(place)).problem is not None


async def test_pieces_moved_to_another_entry_do_not_open(place: Place) -> None:
    await taken(place.journal())
    path = place.files()[0]
    path.rename(path.with_name(path.name.replace(ANA.slug, BEN.slug)))
    (pending,) = await place.journal().pending(BEN)
    assert pending.answer is None
    assert pending.problem is not None


async def test_an_entry_of_an_earlier_version_is_read(place: Place) -> None:
    place.folder.mkdir(0o700)
    earlier = intent_bytes(ENTRY) + answer_bytes(b"P1" + answer_plain(ENTRY, 200, BODY)).ljust(64 * 1024, b"\xff")
    (place.folder / f"{ENTRY.name}.journal").write_bytes(earlier)
    answer = (await found(place)).answer
    assert answer is not None
    assert answer.body == BODY


PARTS = (RAW[:500], RAW[500:900], RAW[900:])


def test_pieces_in_another_order_are_no_answer() -> None:
    plain = [piece_plain(ENTRY, number, part) for number, part in enumerate(PARTS)]
    opened = read_pieces(ENTRY.name, plain)
    assert opened == (ENTRY, RAW)
    for other in ([plain[1], plain[0], plain[2]], plain[1:], [plain[0], plain[2]], [plain[0], plain[0]], []):
        assert read_pieces(ENTRY.name, other) is None


def check(content: bytes) -> None:
    image = read_image(ENTRY.name, content)
    assert image.sealed is None
    if image.pieces:
        opened = read_pieces(ENTRY.name, [piece[2:] for piece in image.pieces])
        assert opened is not None
        assert opened[0] == ENTRY
        assert opened[1] == b"".join(PARTS[: len(image.pieces)])


def test_ten_thousand_damaged_entries_never_make_pieces_up() -> None:
    chance = random.Random(1)  # noqa: S311 - a repeatable choice of damage
    pieces = b"".join(piece_bytes(b"P1" + piece_plain(ENTRY, number, part)) for number, part in enumerate(PARTS))
    content = (intent_bytes(ENTRY) + pieces).ljust(4096 + WIRE_SPACE + ANSWER_SPACE, b"\xff")
    check(content)
    for _ in range(10_000):
        place = chance.randrange(4096 + len(pieces))
        match chance.randrange(3):
            case 0:
                check(content[:place])
            case 1:
                check(content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :])
            case _:
                # A torn write: some pages are new, some still hold what was reserved.
                page = place - place % 512
                check(content[:page] + b"\xff" * 512 + content[page + 512 :])
