"""The vault: what it keeps, what it shows, what it never does."""

import asyncio
import base64
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.files.disk import NEWER_VERSION
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import FolderSealer, Key, VaultKey, VaultSealer, needs_key
from probe_tray.adapters.logins.vault import VaultStore, record_files
from probe_tray.adapters.logins.vault_record import VaultRecord, open_record, read_record, seal_record
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyMissingError,
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringLockedError,
    KeyringNoAnswerError,
    ReadError,
    RecordError,
    SilentDiskError,
    StoreError,
    WriteError,
)
from probe_tray.core.renewal.journal import TokenOutcome, TokenVerdict
from tests.support.disks import FAULTS, WRITING_STEPS, HangingDisk, TroubledDisk
from tests.support.fakes import START
from tests.support.keyrings import FakeKeyStore
from tests.support.patience import PATIENCE
from tests.support.tokens import credential

ANA, BEN = credential("ana"), credential("ben")
KEYRING_FAILURES: Final = (KeyringAbsentError, KeyringLockedError, KeyringDeniedError, KeyringNoAnswerError)


class Place:
    """One data folder and one keyring; ``vault()`` is what a newly started program has of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "vault"
        self.keyring = FakeKeyStore()
        self.locks = FileLocks(folder / "locks")
        self.disk = TroubledDisk()

    def key(self) -> VaultKey:
        return VaultKey(self.keyring, self.locks, lambda: bool(record_files(self.folder)))

    def vault(self) -> VaultStore:
        return VaultStore(self.folder, self.key(), disk=self.disk)

    def record(self, login: Credential) -> Path:
        return self.folder / f"{login.key.slug}.json"

    def read_record(self, login: Credential) -> VaultRecord:
        return msgspec.json.decode(self.record(login).read_bytes(), type=VaultRecord)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def logins(vault: VaultStore) -> list[Credential]:
    return [stored.credential for stored in (await vault.load()).found]


async def test_what_is_saved_is_there_after_a_restart(place: Place) -> None:
    for login in (ANA, BEN):
        await place.vault().save(login)
    assert sorted(await logins(place.vault()), key=lambda c: c.email) == [ANA, BEN]
    stored = await place.vault().read(ANA.key)
    assert stored is not None
    assert stored.credential == ANA
    assert stored.location == ""


async def test_a_login_with_little_in_it_comes_back_as_it_was(place: Place) -> None:
    bare = msgspec.structs.replace(ANA, refresh_token=None, id_token=None, expired=None, last_refresh=None)
    await place.vault().save(bare)
    assert await logins(place.vault()) == [bare]


async def test_what_other_programs_keep_beside_a_login_comes_back_with_it(place: Place) -> None:
    login = msgspec.structs.replace(credential(), others=Secret('{"flat": {"priority": 7}}'))
    await place.vault().save(login)
    assert await logins(place.vault()) == [login]
    assert "priority" not in place.record(login).read_text()


async def test_nothing_of_a_login_is_in_the_clear(place: Place) -> None:
    await place.vault().save(ANA)
    assert ANA.refresh_token is not None
    assert ANA.id_token is not None
    hidden = [ANA.access_token, ANA.refresh_token, ANA.id_token]
    for text in [s.reveal() for s in hidden] + [ANA.email, ANA.account_id, ANA.claims.user_id]:
        assert text not in place.record(ANA).read_text()
        assert text not in place.record(ANA).name
    assert place.keyring.key is not None
    assert place.keyring.key.reveal() not in place.record(ANA).read_text()
    assert len(place.keyring.key.reveal()) == 44


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_records_are_private_and_a_wrong_mode_is_repaired(place: Place) -> None:
    await place.vault().save(ANA)
    place.record(ANA).chmod(0o644)
    await place.vault().save(ANA)
    assert place.record(ANA).stat().st_mode & 0o777 == 0o600
    assert place.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_a_record_that_others_could_read_is_closed_to_them_when_it_is_read(place: Place) -> None:
    await place.vault().save(ANA)
    place.record(ANA).chmod(0o644)
    await place.vault().load()
    assert place.record(ANA).stat().st_mode & 0o777 == 0o600


async def test_an_own_save_or_removal_does_not_hide_what_another_process_wrote(place: Place) -> None:
    mine, other = place.vault(), place.vault()
    await mine.save(ANA)
    await mine.load()
    await other.save(BEN)
    await mine.save(ANA)
    assert await mine.changed()
    await mine.remove(ANA.key)
    assert await mine.changed()
    await mine.load()
    assert not await mine.changed()


async def test_each_save_is_one_generation_on(place: Place) -> None:
    for number in (1, 2, 3):
        await place.vault().save(credential("ana", number=number))
        assert place.read_record(ANA).generation == number
    assert await logins(place.vault()) == [credential("ana", number=3)]


async def test_an_empty_vault_does_not_ask_the_keyring(place: Place) -> None:
    place.keyring.failure = KeyringLockedError()
    contents = await place.vault().load()
    assert contents.problem is None
    assert await place.vault().read(ANA.key) is None
    assert place.keyring.reads == 0


async def test_the_keyring_is_asked_once(place: Place) -> None:
    vault = place.vault()
    await vault.save(ANA)
    before = place.keyring.reads
    for _ in range(5):
        await vault.save(ANA)
        await vault.load()
    assert place.keyring.reads == before


async def test_a_removed_login_is_gone_and_removing_again_is_no_error(place: Place) -> None:
    await place.vault().save(ANA)
    await place.vault().save(BEN)
    for _ in range(2):
        await place.vault().remove(ANA.key)
    assert await logins(place.vault()) == [BEN]


@pytest.mark.parametrize("failure", KEYRING_FAILURES)
async def test_a_keyring_in_trouble_is_a_state_and_costs_nothing(place: Place, failure: type[StoreError]) -> None:
    await place.vault().save(ANA)
    before = place.record(ANA).read_bytes()
    place.keyring.failure = failure()
    contents = await place.vault().load()
    assert contents.found == ()
    assert contents.problem is not None
    assert contents.problem.kind is failure
    for action in (place.vault().read(ANA.key), place.vault().check_writable(ANA.key), place.vault().save(ANA)):
        with pytest.raises(failure):
            await action
    assert place.record(ANA).read_bytes() == before
    place.keyring.failure = None
    assert await logins(place.vault()) == [ANA]


@pytest.mark.parametrize("failure", KEYRING_FAILURES)
async def test_without_a_keyring_a_login_is_never_written_in_the_clear(place: Place, failure: type[StoreError]) -> None:
    place.keyring.failure = failure()
    with pytest.raises(failure):
        await place.vault().save(ANA)
    assert record_files(place.folder) == []


async def test_a_lost_key_is_never_made_anew_while_records_exist(place: Place) -> None:
    await place.vault().save(ANA)
    before = place.record(ANA).read_bytes()
    place.keyring.key = None
    contents = await place.vault().load()
    assert contents.problem is not None
    assert contents.problem.kind == KeyMissingError
    for action in (place.vault().read(ANA.key), place.vault().save(BEN), place.vault().check_writable(BEN.key)):
        with pytest.raises(KeyMissingError):
            await action
    assert place.keyring.key is None
    assert place.record(ANA).read_bytes() == before


@pytest.mark.parametrize("entry", ["", "not base64!", "c2hvcnQ=", "ключ"])
async def test_an_entry_that_is_no_key_counts_as_a_lost_one(place: Place, entry: str) -> None:
    await place.vault().save(ANA)
    place.keyring.key = Secret(entry)
    with pytest.raises(KeyMissingError):
        await place.vault().save(BEN)
    assert place.keyring.key == Secret(entry)


async def test_a_restored_key_opens_everything_again(place: Place) -> None:
    await place.vault().save(ANA)
    key, place.keyring.key = place.keyring.key, None
    vault = place.vault()
    assert (await vault.load()).problem is not None
    place.keyring.key = key
    assert await logins(vault) == [ANA]


async def test_signing_in_again_after_a_lost_key_keeps_the_old_files(place: Place) -> None:
    await place.vault().save(ANA)
    before, lost = place.record(ANA).read_bytes(), place.keyring.key
    place.keyring.key = None
    vault = place.vault()
    assert await vault.give_up_unopened() == 1
    again = credential("ana", number=2)
    await vault.save(again)
    assert await logins(place.vault()) == [again]
    assert place.keyring.key not in {None, lost}
    assert [path.read_bytes() for path in (place.folder / "kept").iterdir()] == [before]


async def test_giving_up_spares_what_the_key_opens(place: Place) -> None:
    await place.vault().save(ANA)
    await place.vault().save(BEN)
    place.record(BEN).write_bytes(b"{")
    assert await place.vault().give_up_unopened() == 1
    assert await logins(place.vault()) == [ANA]


async def test_a_locked_keyring_is_no_reason_to_give_up(place: Place) -> None:
    await place.vault().save(ANA)
    place.keyring.failure = KeyringLockedError()
    with pytest.raises(KeyringLockedError):
        await place.vault().give_up_unopened()
    assert place.record(ANA).exists()


async def test_a_record_of_another_key_is_reported_and_kept(place: Place) -> None:
    await place.vault().save(ANA)
    foreign = seal_record(Key(bytes(32)), BEN, 7)
    place.record(BEN).write_bytes(foreign)
    contents = await place.vault().load()
    assert [stored.credential for stored in contents.found] == [ANA]
    (unreadable,) = contents.unreadable
    assert unreadable.location == str(place.record(BEN))
    assert "another key" in dict(unreadable.problem.facts)["reason"]
    with pytest.raises(RecordError):
        await place.vault().read(BEN.key)
    assert place.record(BEN).read_bytes() == foreign


async def test_saving_over_a_record_of_another_key_keeps_a_copy_of_it(place: Place) -> None:
    await place.vault().save(ANA)
    foreign = seal_record(Key(bytes(32)), BEN, 7)
    for _ in range(2):
        place.record(BEN).write_bytes(foreign)
        await place.vault().save(BEN)
    assert [path.read_bytes() for path in (place.folder / "kept").iterdir()] == [foreign, foreign]
    assert place.read_record(BEN).generation == 8
    assert len(await logins(place.vault())) == 2


async def test_a_key_that_another_process_made_meanwhile_is_taken_up(place: Place) -> None:
    old, young = place.vault(), place.vault()
    await old.save(ANA)
    place.keyring.key = None
    await young.give_up_unopened()
    await young.save(ANA)
    assert await logins(old) == [ANA]


async def test_two_programs_that_start_at_once_make_one_key(place: Place) -> None:
    vaults = [place.vault() for _ in range(8)]
    people = [credential(f"p{number}") for number in range(8)]
    await asyncio.gather(*(vault.save(login) for vault, login in zip(vaults, people, strict=True)))
    assert place.keyring.writes == 1
    assert len(await logins(place.vault())) == 8


async def test_a_record_under_another_accounts_name_is_refused(place: Place) -> None:
    await place.vault().save(ANA)
    await place.vault().save(BEN)
    place.record(BEN).write_bytes(place.record(ANA).read_bytes())
    contents = await place.vault().load()
    assert [stored.credential for stored in contents.found] == [ANA]
    assert len(contents.unreadable) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 9},
        {"version": 2},
        {"nonce": "AAAAAAAAAAAAAAAA"},
        {"sealed": ""},
        {"sealed": "AAA*"},
        {"nonce": 7},
    ],
)
async def test_a_record_that_was_changed_does_not_open(place: Place, change: dict[str, object]) -> None:
    await place.vault().save(ANA)
    path = place.record(ANA)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    contents = await place.vault().load()
    assert contents.found == ()
    assert len(contents.unreadable) == 1


async def test_a_record_has_standard_base64_in_its_file(place: Place) -> None:
    await place.vault().save(ANA)
    data = place.record(ANA).read_bytes()
    record, text = read_record(data), json.loads(data)
    assert isinstance(record, VaultRecord)
    assert base64.b64decode(text["nonce"], validate=True) == record.nonce
    assert base64.b64decode(text["sealed"], validate=True) == record.sealed
    assert len(record.nonce) == 12


async def test_what_is_no_record_any_more_is_kept_before_another_takes_its_place(place: Place) -> None:
    await place.vault().save(ANA)
    path = place.record(ANA)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sealed": "AAA*"}))
    damaged = path.read_bytes()
    await place.vault().save(ANA)
    assert await logins(place.vault()) == [ANA]
    (kept,) = (place.folder / "kept").iterdir()
    assert kept.read_bytes() == damaged


@pytest.mark.parametrize("content", [{"version": 2, "anything": "else"}, {"version": 9, "account": 7}])
async def test_a_newer_versions_record_is_left_alone_and_named(place: Place, content: dict[str, object]) -> None:
    await place.vault().save(BEN)
    written = json.dumps(content).encode()
    place.record(ANA).write_bytes(written)
    contents = await place.vault().load()
    assert [stored.credential for stored in contents.found] == [BEN]
    (unreadable,) = contents.unreadable
    assert dict(unreadable.problem.facts)["reason"] == NEWER_VERSION
    for refused in (place.vault().check_writable(ANA.key), place.vault().save(ANA)):
        with pytest.raises(WriteError, match=NEWER_VERSION):
            await refused
    place.keyring.key = None
    with pytest.raises(ReadError, match=NEWER_VERSION):
        await place.vault().give_up_unopened()
    assert place.record(ANA).read_bytes() == written
    assert place.record(BEN).exists()


async def test_other_files_in_the_folder_are_nobodys_business(place: Place) -> None:
    await place.vault().save(ANA)
    (place.folder / "note.json").write_text("{}")
    (place.folder / f"{BEN.key.slug}.json.bak").write_text("{}")
    contents = await place.vault().load()
    assert len(contents.found) == 1
    assert contents.unreadable == ()


@pytest.mark.skipif(os.name != "posix", reason="links are POSIX")
async def test_a_link_in_the_vault_is_not_followed(place: Place) -> None:
    await place.vault().save(ANA)
    target = place.folder.parent / "outside.json"
    place.record(ANA).rename(target)
    place.record(ANA).symlink_to(target)
    contents = await place.vault().load()
    assert contents.found == ()
    assert len(contents.unreadable) == 1
    with pytest.raises(WriteError):
        await place.vault().check_writable(ANA.key)


@pytest.mark.parametrize("step", WRITING_STEPS[:-1])
@pytest.mark.parametrize("number", FAULTS)
async def test_a_write_that_fails_leaves_the_old_record(place: Place, step: str, number: int) -> None:
    vault = place.vault()
    await vault.save(ANA)
    before = place.record(ANA).read_bytes()
    place.disk.trouble(step, number)
    with pytest.raises(WriteError):
        await vault.check_writable(ANA.key)
    with pytest.raises(WriteError):
        await vault.save(credential("ana", number=2))
    place.disk.calm()
    assert place.record(ANA).read_bytes() == before
    assert await logins(place.vault()) == [ANA]


async def test_the_proof_that_a_save_would_work_leaves_nothing_behind(place: Place) -> None:
    await place.vault().check_writable(ANA.key)
    assert list(place.folder.iterdir()) == []
    assert place.keyring.key is not None


@given(st.data())
def test_a_damaged_record_never_opens_as_something_else(data: st.DataObject) -> None:
    key = Key(bytes(range(32)))
    whole = seal_record(key, ANA, 3)
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from((whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]))
    )
    record = read_record(damaged)
    opened = record if isinstance(record, str) else open_record(key, record)
    assert isinstance(opened, str) or opened == ANA


@given(st.binary(max_size=400))
def test_no_content_of_a_file_makes_reading_raise(content: bytes) -> None:
    record = read_record(content)
    assert isinstance(record, str | VaultRecord)


def test_a_key_and_a_record_never_show_what_they_hold() -> None:
    key = Key(bytes(range(32)))
    record = read_record(seal_record(key, ANA, 1))
    shown = f"{key!r} {record!r} {ANA!r}"
    assert ANA.access_token.reveal() not in shown
    assert bytes(range(32)).hex() not in shown


async def test_a_seal_needs_no_keyring_any_more_once_it_is_ready(place: Place) -> None:
    seal = await VaultSealer(place.key()).ready()
    place.keyring.failure = KeyringLockedError()
    sealed = seal(b"an answer", b"here")
    place.keyring.failure = None
    assert b"an answer" not in sealed
    assert await VaultSealer(place.key()).open(sealed, b"here") == b"an answer"
    with pytest.raises(RecordError):
        await VaultSealer(place.key()).open(sealed, b"elsewhere")


async def test_plain_files_need_no_keyring_but_a_locked_one_is_respected(place: Place) -> None:
    place.keyring.failure = KeyringAbsentError()
    sealed = (await FolderSealer(place.key()).ready())(b"an answer", b"here")
    assert not needs_key(sealed)
    assert await VaultSealer(place.key()).open(sealed, b"here") == b"an answer"
    place.keyring.failure = KeyringLockedError()
    with pytest.raises(KeyringLockedError):
        await FolderSealer(place.key()).ready()
    place.keyring.failure = None
    assert needs_key((await FolderSealer(place.key()).ready())(b"an answer", b"here"))


async def test_the_newest_time_survives_to_the_microsecond(place: Place) -> None:
    precise = msgspec.structs.replace(ANA, expired=START + timedelta(microseconds=123457))
    await place.vault().save(precise)
    assert await logins(place.vault()) == [precise]


async def test_while_its_disk_does_not_answer_renewals_of_other_stores_have_their_memory_and_journal(
    place: Place, tmp_path: Path
) -> None:
    await place.vault().save(ANA)
    disk, outcome = HangingDisk(place.folder), TokenOutcome(verdict=TokenVerdict.FRESH, at=START)
    vault, memory = VaultStore(place.folder, place.key(), disk=disk), FileRenewalMemory(tmp_path / "memory", disk=disk)
    journal = FileJournal(tmp_path / "journal", VaultSealer(place.key()), disk=disk)
    await memory.remember("0123456789abcdef", outcome)
    looks = [asyncio.create_task(vault.read(ANA.key)) for _ in range(3)]
    try:
        async with asyncio.timeout(PATIENCE):
            assert await memory.recall("0123456789abcdef") == outcome
            assert await journal.pending() == ()
        assert [look for look in looks if look.done()] == []
    finally:
        disk.answers.set()
    assert [stored and stored.credential for stored in await asyncio.gather(*looks)] == [ANA] * 3


async def test_it_is_read_while_the_disk_of_what_is_remembered_does_not_answer(place: Place, tmp_path: Path) -> None:
    await place.vault().save(ANA)
    disk, outcome = HangingDisk(tmp_path / "memory"), TokenOutcome(verdict=TokenVerdict.FRESH, at=START)
    vault, memory = VaultStore(place.folder, place.key(), disk=disk), FileRenewalMemory(disk.folder, disk=disk)
    await FileRenewalMemory(disk.folder, disk=place.disk).remember("0123456789abcdef", outcome)
    recall = asyncio.create_task(memory.recall("0123456789abcdef"))
    try:
        async with asyncio.timeout(PATIENCE):
            stored = await vault.read(ANA.key)
        assert not recall.done()
    finally:
        disk.answers.set()
    assert stored is not None
    assert await recall == outcome


async def test_a_check_waits_for_no_disk_that_does_not_answer(place: Place) -> None:
    await place.vault().save(ANA)
    disk = HangingDisk(place.folder)
    vault = VaultStore(place.folder, place.key(), disk=disk)
    read = asyncio.create_task(vault.read(ANA.key))
    try:
        for _ in range(2):
            with pytest.raises(SilentDiskError):
                async with asyncio.timeout(PATIENCE):
                    await vault.glance(ANA.key)
        assert not read.done()
    finally:
        disk.answers.set()
    found = await read
    assert found is not None
    # Without any patience each glance would be a race: how they go on is shown with a DiskJobs that has some.
    assert await vault.read(ANA.key) == found
