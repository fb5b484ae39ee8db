"""The journal: an answer that was kept is found again, whatever happens; an answer that was not is never made up."""

import asyncio
import base64
import errno
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.adapters.files.disk import NEWER_VERSION, Disk
from probe_tray.adapters.journal.entry_file import (
    ANSWER_SPACE,
    WIRE_SPACE,
    answer_bytes,
    answer_plain,
    intent_bytes,
    read_answer,
    read_image,
)
from probe_tray.adapters.journal.journal import FileJournal, holds_sealed_answer
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FolderSealer, Sealer, VaultKey, VaultSealer
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyMissingError,
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringLockedError,
    KeyringNoAnswerError,
    ReadError,
    StoreError,
    WriteError,
)
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry
from tests.support.disks import FAULTS, TroubledDisk
from tests.support.fakes import START
from tests.support.keyrings import FakeKeyStore
from tests.support.patience import PATIENCE
from tests.support.threads import calls_in_threads
from tests.support.tokens import reply_body, tokens

ANA, BEN = AccountKey("account-1", "ana"), AccountKey("account-1", "ben")
PRINT = "0123456789abcdef"
BODY = reply_body(tokens("ana", number=2))
ENTRY = JournalEntry(name=f"{ANA.slug}-0123456789abcdef", key=ANA, fingerprint=PRINT, at=START)


class Place:
    """One journal folder and one keyring; ``journal()`` is what a newly started program has of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "journal"
        self.keyring = FakeKeyStore()
        self.disk = TroubledDisk()
        self.locks = FileLocks(folder / "locks")

    def key(self) -> VaultKey:
        return VaultKey(self.keyring, self.locks, lambda: holds_sealed_answer(self.folder, disk=Disk()))

    def journal(self, sealer: Sealer | None = None) -> FileJournal:
        return FileJournal(self.folder, sealer or VaultSealer(self.key()), disk=self.disk)

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def kept(place: Place) -> JournalEntry:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    await journal.keep_answer(entry, 200, BODY)
    return entry


async def finished(place: Place) -> None:
    """With this the folder and the key are there."""
    journal = place.journal()
    await journal.finish(await journal.prepare(BEN, PRINT, START))


async def only(journal: FileJournal) -> PendingEntry:
    (pending,) = await journal.pending(ANA)
    return pending


async def test_questions_about_many_accounts_share_a_thread(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await kept(place)
    journal, trips = place.journal(), calls_in_threads(monkeypatch)
    found = await asyncio.gather(*(journal.pending(key) for key in [ANA, BEN] * 10))
    assert [len(entries) for entries in found] == [1, 0] * 10
    # To open a sealed answer takes trips of its own.
    assert len([one for one in trips if "_do_each" in one]) == 1


async def test_one_look_tells_which_accounts_have_entries(place: Place) -> None:
    assert await place.journal().unfinished([ANA, BEN]) == frozenset()
    await finished(place)
    assert await place.journal().unfinished([ANA, BEN]) == frozenset()
    await kept(place)
    stale = place.folder / f".{'0' * 16}.probe-tray.tmp"
    stale.touch()
    os.utime(stale, (0, 0))
    assert await place.journal().unfinished([ANA, BEN]) == {ANA}
    assert await place.journal().unfinished([BEN]) == frozenset()
    (path,) = place.files()
    # It is not opened, and what is in it is no matter.
    path.unlink()
    path.mkdir()
    assert await place.journal().unfinished([ANA, BEN]) == {ANA}


async def test_a_journal_that_cannot_be_read_is_told_to_who_looks(place: Place) -> None:
    place.folder.parent.mkdir(parents=True, exist_ok=True)
    place.folder.write_bytes(b"")
    with pytest.raises(ReadError):
        await place.journal().unfinished([ANA])


async def test_a_kept_answer_is_there_after_a_restart(place: Place) -> None:
    entry = await kept(place)
    pending = await only(place.journal())
    assert pending.entry == entry
    assert pending.answer is not None
    assert (pending.answer.status, pending.answer.body) == (200, BODY)
    assert pending.problem is None


async def test_an_intent_without_an_answer_is_uncertain(place: Place) -> None:
    entry = await place.journal().prepare(ANA, PRINT, START)
    assert await only(place.journal()) == PendingEntry(entry=entry)


@pytest.mark.parametrize("with_answer", [True, False])
async def test_a_finished_entry_leaves_nothing(place: Place, *, with_answer: bool) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    if with_answer:
        await journal.keep_answer(entry, 200, BODY)
    await journal.finish(entry)
    assert await place.journal().pending() == ()
    assert place.files() == []


async def test_an_entry_of_an_earlier_run_can_be_finished(place: Place) -> None:
    await kept(place)
    journal = place.journal()
    await journal.finish((await only(journal)).entry)
    assert place.files() == []


async def test_an_entry_that_cannot_be_removed_is_marked_as_done(place: Place) -> None:
    await kept(place)
    journal = place.journal()
    entry = (await only(journal)).entry
    place.disk.trouble("remove", errno.EBUSY)
    await journal.finish(entry)
    assert BODY not in place.files()[0].read_bytes()
    assert await place.journal().pending() == ()
    place.disk.calm()
    assert await place.journal().pending() == ()
    assert place.files() == []


async def test_entries_come_oldest_first_and_by_account(place: Place) -> None:
    journal = place.journal()
    for key, minutes in ((ANA, 3), (BEN, 1), (ANA, 2)):
        await journal.prepare(key, PRINT, START + timedelta(minutes=minutes))
    times = [pending.entry.at - START for pending in await place.journal().pending()]
    assert times == [timedelta(minutes=minutes) for minutes in (1, 2, 3)]
    assert [pending.entry.key for pending in await place.journal().pending(BEN)] == [BEN]


async def test_nothing_of_an_answer_is_in_the_clear(place: Place) -> None:
    entry = await kept(place)
    content = b"".join(path.read_bytes() for path in place.files())
    for text in tokens("ana", number=2).values():
        assert text.encode() not in content
    assert "account-1" not in place.files()[0].name
    pending = await only(place.journal())
    for shown in (repr(entry), repr(pending), str(pending)):
        assert "rt_ana" not in shown


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_entries_are_private(place: Place) -> None:
    await kept(place)
    assert place.files()[0].stat().st_mode & 0o777 == 0o600
    assert place.folder.stat().st_mode & 0o777 == 0o700


async def test_keeping_the_answer_takes_no_more_room_and_no_new_name(place: Place) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    before = place.files()[0].stat()
    place.disk.steps.clear()
    await journal.keep_answer(entry, 200, bytes(ANSWER_SPACE // 2))
    after = place.files()[0].stat()
    assert (after.st_size, after.st_ino) == (before.st_size, before.st_ino)
    assert place.disk.steps == ["write", "sync"]


async def test_keeping_the_answer_needs_no_keyring_any_more(place: Place) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    place.keyring.failure = KeyringNoAnswerError()
    await journal.keep_answer(entry, 200, BODY)
    place.keyring.failure = None
    assert (await only(place.journal())).answer is not None


async def test_an_answer_larger_than_its_room_is_kept_too(place: Place) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    body = os.urandom(3 * ANSWER_SPACE)
    await journal.keep_answer(entry, 200, body)
    answer = (await only(place.journal())).answer
    assert answer is not None
    assert answer.body == body


@pytest.mark.parametrize(
    "failure", [KeyringAbsentError, KeyringLockedError, KeyringDeniedError, KeyringNoAnswerError, KeyMissingError]
)
async def test_without_the_key_nothing_is_prepared(place: Place, failure: type[StoreError]) -> None:
    place.keyring.failure = failure()
    with pytest.raises(failure):
        await place.journal().prepare(ANA, PRINT, START)
    assert place.files() == []


@pytest.mark.parametrize("step", ["open_folder", "create", "write", "sync", "rename", "sync_folder", "reopen"])
@pytest.mark.parametrize("number", FAULTS)
async def test_a_fault_while_preparing_is_an_error_and_leaves_no_entry(place: Place, step: str, number: int) -> None:
    await finished(place)
    place.disk.trouble(step, number)
    with pytest.raises(WriteError):
        await place.journal().prepare(ANA, PRINT, START)
    place.disk.calm()
    # When even the clean-up fails, what stays must be honest: an intent, never an answer.
    assert all(pending.answer is None for pending in await place.journal().pending())
    if step not in {"sync_folder", "open_folder"}:
        assert place.files() == []


@pytest.mark.parametrize("step", ["write", "sync"])
@pytest.mark.parametrize("number", FAULTS)
async def test_a_fault_in_the_reserved_place_is_answered_with_another_place(
    place: Place, step: str, number: int
) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    real = getattr(TroubledDisk, step)
    failed: list[bool] = []

    def once(*arguments: object) -> object:
        if not failed:
            failed.append(True)
            raise OSError(number, "injected")
        return real(place.disk, *arguments)

    setattr(place.disk, step, once)
    await journal.keep_answer(entry, 200, BODY)
    assert failed
    answer = (await only(place.journal())).answer
    assert answer is not None
    assert answer.body == BODY


async def test_a_medium_that_takes_nothing_any_more_is_an_error(place: Place) -> None:
    journal = place.journal()
    entry = await journal.prepare(ANA, PRINT, START)
    place.disk.trouble("write", errno.EIO)
    with pytest.raises(WriteError):
        await journal.keep_answer(entry, 200, BODY)
    place.disk.calm()
    assert await only(place.journal()) == PendingEntry(entry=entry)


async def test_a_cancelled_preparation_leaves_no_false_intent(place: Place) -> None:
    begun, may_go = threading.Event(), threading.Event()
    real = place.disk.sync

    def slow(file: int) -> None:
        begun.set()
        may_go.wait(PATIENCE)
        real(file)

    place.disk.sync = slow
    journal = place.journal()
    preparing = asyncio.create_task(journal.prepare(ANA, PRINT, START))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    preparing.cancel()
    await asyncio.wait({preparing}, timeout=0.02)
    may_go.set()
    with pytest.raises(asyncio.CancelledError):
        await preparing
    assert place.files() == []


@pytest.mark.parametrize(
    "failure", [KeyringAbsentError, KeyringLockedError, KeyringDeniedError, KeyringNoAnswerError, None]
)
async def test_an_answer_that_cannot_be_opened_now_waits(place: Place, failure: type[StoreError] | None) -> None:
    entry = await kept(place)
    key = place.keyring.key
    if failure is None:
        place.keyring.key = None
    else:
        place.keyring.failure = failure()
    pending = await only(place.journal())
    assert pending.entry == entry
    assert pending.answer is None
    assert pending.problem is not None
    assert pending.problem.kind == (KeyMissingError if failure is None else failure)
    place.keyring.key, place.keyring.failure = key, None
    assert (await only(place.journal())).answer is not None


async def test_no_new_key_is_made_while_an_answer_waits_for_the_old_one(place: Place) -> None:
    entry = await kept(place)
    place.keyring.key = None
    with pytest.raises(KeyMissingError):
        await place.journal().prepare(BEN, PRINT, START)
    journal = place.journal()
    await journal.set_aside(entry)
    await journal.prepare(BEN, PRINT, START)
    assert place.keyring.key is not None
    assert any(path.suffix == ".unreadable" for path in place.files())


async def test_plain_files_without_a_keyring_keep_their_answer_plain_and_private(place: Place) -> None:
    place.keyring.failure = KeyringAbsentError()
    journal = place.journal(FolderSealer(place.key()))
    entry = await journal.prepare(ANA, PRINT, START)
    await journal.keep_answer(entry, 200, BODY)
    assert not holds_sealed_answer(place.folder, disk=Disk())
    answer = (await only(place.journal())).answer
    assert answer is not None
    assert answer.body == BODY


async def test_a_lost_intent_costs_nothing_when_the_answer_is_there(place: Place) -> None:
    entry = await kept(place)
    path = place.files()[0]
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    pending = await only(place.journal())
    assert pending.entry == entry
    assert pending.answer is not None
    place.keyring.failure = KeyringLockedError()
    pending = await only(place.journal())
    assert pending.entry.name == entry.name
    assert pending.problem is not None


async def test_an_intent_says_when_it_was_by_both_clocks(place: Place) -> None:
    entry = await place.journal().prepare(ANA, PRINT, START, 12.5)
    assert (entry.at, entry.uptime) == (START, 12.5)
    assert await place.journal().pending() == (PendingEntry(entry=entry),)


async def test_an_intent_of_an_earlier_version_is_read(place: Place) -> None:
    await place.journal().prepare(ANA, PRINT, START)
    path = place.files()[0]
    known = {"key": {"account_id": ANA.account_id, "user_id": ANA.user_id}, "fingerprint": PRINT, "at": START}
    payload = msgspec.msgpack.encode(known)
    path.write_bytes(b"PTINTE1\n" + len(payload).to_bytes(4, "big") + hashlib.sha256(payload).digest() + payload)
    assert await place.journal().pending() == (PendingEntry(entry=replace(ENTRY, name=path.stem)),)


async def test_an_entry_of_a_newer_version_is_left_alone_and_stops_its_account(place: Place) -> None:
    await place.journal().prepare(ANA, PRINT, START)
    path = place.files()[0]
    newer = b"PTINTE2\n" + b"what nobody here can read" * 300
    path.write_bytes(newer)
    # It may hold the newest tokens of the account, and the key may be needed for them.
    with pytest.raises(ReadError, match=NEWER_VERSION):
        await place.journal().pending(ANA)
    assert await place.journal().pending() == ()
    assert holds_sealed_answer(path.parent, disk=Disk())
    assert path.read_bytes() == newer


@pytest.mark.parametrize("content", [b"", bytes(9000)])
async def test_an_entry_that_holds_nothing_any_more_is_one_without_an_answer(place: Place, content: bytes) -> None:
    journal = place.journal()
    await journal.prepare(ANA, PRINT, START)
    path = place.files()[0]
    path.write_bytes(content)
    os.utime(path, (START.timestamp(), START.timestamp()))
    # Whose it is stands in its name; which token it was about stands nowhere.
    assert await place.journal().pending() == ()
    entry = JournalEntry(name=path.stem, key=ANA, fingerprint="", at=START)
    assert await place.journal().pending(ANA) == (PendingEntry(entry=entry),)
    await place.journal().set_aside(entry)
    assert [(p.suffix, p.read_bytes()) for p in place.files()] == [(".unreadable", content)]
    assert await place.journal().pending(ANA) == ()


async def test_a_file_that_is_no_account_s_is_set_aside_and_not_deleted(place: Place) -> None:
    await kept(place)
    path = place.files()[0]
    path = path.rename(path.with_name("notes.journal"))
    path.write_bytes(content := os.urandom(9000))
    assert await place.journal().pending() == ()
    assert [(p.suffix, p.read_bytes()) for p in place.files()] == [(".unreadable", content)]
    assert await place.journal().pending() == ()


async def test_an_entry_that_cannot_be_read_stops_its_account_only(place: Place) -> None:
    await kept(place)
    await place.journal().prepare(BEN, PRINT, START)
    path = next(path for path in place.files() if path.name.startswith(ANA.slug))
    path.unlink()
    path.mkdir()
    with pytest.raises(ReadError):
        await place.journal().pending(ANA)
    assert len(await place.journal().pending(BEN)) == 1
    assert len(await place.journal().pending()) == 1
    with pytest.raises(ReadError):
        holds_sealed_answer(place.folder, disk=Disk())


async def test_an_answer_moved_to_another_accounts_name_does_not_open(place: Place) -> None:
    entry = await kept(place)
    path = place.files()[0]
    path.rename(path.with_name(path.name.replace(ANA.slug, BEN.slug)))
    assert await place.journal().pending() == ()
    (pending,) = await place.journal().pending(BEN)
    assert pending.answer is None
    assert pending.problem is not None
    assert pending.entry.name != entry.name


RENEWER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import replace_file
from probe_tray.adapters.logins.sealer import VaultKey, VaultSealer
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from tests.support.keyrings import FakeKeyStore

async def main():
    folder = Path(sys.argv[1])
    key = VaultKey(FakeKeyStore(Secret(sys.argv[2])), FileLocks(folder / "locks"), lambda: True)
    journal = FileJournal(folder / "journal", VaultSealer(key), disk=Disk())
    for number in range(1, 1000):
        entry = await journal.prepare(
            AccountKey("account-1", "ana"), "0123456789abcdef", datetime(2026, 11, 22, tzinfo=UTC)
        )
        await journal.keep_answer(entry, 200, str(number).encode())
        print(number, flush=True)
        replace_file(folder / "store", str(number).encode(), disk=Disk())
        await journal.finish(entry)

asyncio.run(main())
"""


def kill_after(answers: int, folder: Path, key: Secret) -> int:
    """Kill a process that renews without end once it kept so many answers; returns how many it kept in all."""
    (folder / "store").write_bytes(b"0")
    arguments = [sys.executable, "-c", RENEWER, str(folder), key.reveal()]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=Path(__file__).parents[4]) as process:
        assert process.stdout is not None
        for _ in range(answers):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        return answers + len(process.stdout.read().split())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("answers", [1, 2, 3, 5, 8, 13])
async def test_a_process_that_is_killed_loses_no_answer(place: Place, tmp_path: Path, answers: int) -> None:
    place.keyring.key = Secret(base64.b64encode(bytes(32)).decode())
    kept_last = await asyncio.to_thread(kill_after, answers, tmp_path, place.keyring.key)
    stored = int((tmp_path / "store").read_bytes())
    pending = [p.answer for p in await place.journal().pending(ANA) if p.answer is not None]
    assert kept_last in {stored, *(int(answer.body) for answer in pending)}
    assert not [path for path in place.files() if path.suffix == ".unreadable"]


def whole() -> bytes:
    sealed = b"P1" + answer_plain(ENTRY, 200, BODY)
    return (intent_bytes(ENTRY) + answer_bytes(sealed)).ljust(4096 + WIRE_SPACE + ANSWER_SPACE, b"\xff")


def check(content: bytes) -> None:
    image = read_image(ENTRY.name, content)
    assert image.entry in (None, ENTRY)
    assert not image.done
    if image.sealed is not None:
        opened = read_answer(ENTRY.name, image.sealed[2:])
        assert opened is not None
        assert (opened[0], opened[1].status, opened[1].body) == (ENTRY, 200, BODY)


def test_ten_thousand_damaged_entries_never_make_an_answer_up() -> None:
    chance, content = random.Random(1), whole()  # noqa: S311 - a repeatable choice of damage
    used = 4096 + len(answer_bytes(b"P1" + answer_plain(ENTRY, 200, BODY)))
    check(content)
    for _ in range(10_000):
        place = chance.randrange(used)
        match chance.randrange(3):
            case 0:
                check(content[:place])
            case 1:
                check(content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :])
            case _:
                # A torn write: some pages are new, some still hold what was reserved.
                page = place - place % 512
                check(content[:page] + b"\xff" * 512 + content[page + 512 :])


@given(st.binary(max_size=300), st.integers(0, 2))
def test_no_content_makes_reading_raise(content: bytes, pages: int) -> None:
    image = read_image(ENTRY.name, content + bytes(4096 * pages) + content)
    assert image.entry is None
    assert image.sealed is None
    read_answer(ENTRY.name, content)
