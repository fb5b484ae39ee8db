"""Of a login in a plain file it is known whether this program obtained it, as long as no other program replaced it."""

import errno
from pathlib import Path

import pytest
from msgspec.structs import replace

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.logins.folder_store import FolderStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.core.account.credential import Credential
from tests.support.disks import TroubledDisk
from tests.support.stores import folder_store, named_files
from tests.support.tokens import credential

ANA = credential("ana")
KEY = ANA.key


def renewal(number: int) -> Credential:
    return credential("ana", number=number)


def theirs(login: Credential) -> Credential:
    return replace(login, made_here=False)


class Machine:
    """A shared folder, and what this program knows of it; every store is a new run."""

    def __init__(self, folder: Path) -> None:
        self.shared, self._notes = folder / "shared", folder / "data" / "made-here"
        self.made = MadeHere(self._notes, disk=Disk())

    @property
    def store(self) -> FolderStore:
        return folder_store(self.shared, made=MadeHere(self._notes, disk=Disk()))

    async def other_program(self, login: Credential) -> None:
        await folder_store(self.shared).save(login)

    async def is_ours(self) -> bool:
        (found,) = (await self.store.load()).found
        read = await self.store.read(KEY)
        assert read == found
        return found.credential.made_here


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


async def test_a_login_made_here_stays_so_over_restarts_and_renewals(machine: Machine) -> None:
    for number in range(1, 9):
        await machine.store.save(renewal(number))
        assert await machine.is_ours()


async def test_a_login_of_another_program_is_not_made_here(machine: Machine) -> None:
    await machine.other_program(ANA)
    assert not await machine.is_ours()


async def test_a_login_that_another_program_put_in_its_place_is_not_made_here(machine: Machine) -> None:
    await machine.store.save(ANA)
    await machine.other_program(renewal(2))
    assert not await machine.is_ours()


async def test_what_this_program_takes_over_from_another_is_not_made_here(machine: Machine) -> None:
    await machine.store.save(ANA)
    await machine.store.save(theirs(renewal(2)))
    assert not await machine.is_ours()
    await machine.other_program(ANA)
    assert not await machine.is_ours()


async def test_a_crash_between_the_note_and_the_file_leaves_the_login_before_as_it_was(machine: Machine) -> None:
    await machine.store.save(ANA)
    machine.made.note(renewal(2))
    assert await machine.is_ours()


async def test_a_renewal_by_file_is_one_of_ours_too(machine: Machine) -> None:
    await machine.store.save(ANA)
    (path,) = machine.shared.iterdir()
    by_name = named_files([path], held={KEY: path}, made=machine.made)
    read = await by_name.read(KEY)
    assert read is not None
    assert read.credential.made_here
    await by_name.save(renewal(2))
    assert await machine.is_ours()


async def test_a_removed_login_leaves_no_note(machine: Machine, tmp_path: Path) -> None:
    await machine.store.save(ANA)
    await machine.store.remove(KEY)
    assert list((tmp_path / "data" / "made-here").iterdir()) == []


async def test_the_official_client_s_own_login_is_never_ours(machine: Machine, tmp_path: Path) -> None:
    await machine.store.save(ANA)
    (path,) = machine.shared.iterdir()
    found = await folder_store(machine.shared, official=path, made=machine.made).read(KEY)
    assert found is not None
    assert not found.credential.made_here


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"nothing\n", b"0" * 17])
async def test_a_damaged_note_ends_nobody_s_login(damage: bytes, machine: Machine, tmp_path: Path) -> None:
    await machine.store.save(ANA)
    (note,) = (tmp_path / "data" / "made-here").iterdir()
    note.write_bytes(damage)
    assert not await machine.is_ours()
    await machine.store.save(renewal(2))
    assert await machine.is_ours()


async def test_a_newer_versions_note_is_left_alone_and_ends_nobody_s_login(machine: Machine, tmp_path: Path) -> None:
    await machine.store.save(ANA)
    (note,) = (tmp_path / "data" / "made-here").iterdir()
    newer = note.read_bytes().join((b"version 2\n", b"more\n"))
    note.write_bytes(newer)
    assert not await machine.is_ours()
    await machine.store.save(renewal(2))
    await machine.store.remove(KEY)
    assert note.read_bytes() == newer


async def test_a_note_that_cannot_be_written_keeps_no_login_from_being_saved(tmp_path: Path) -> None:
    disk = TroubledDisk()
    disk.trouble("create", errno.ENOSPC)
    store = folder_store(tmp_path / "shared", made=MadeHere(tmp_path / "made-here", disk=disk))
    await store.save(ANA)
    (found,) = (await store.load()).found
    assert found.credential == theirs(found.credential)
    assert found.credential.refresh_token == ANA.refresh_token


async def test_a_note_names_no_account_and_holds_no_token(machine: Machine, tmp_path: Path) -> None:
    await machine.store.save(ANA)
    (note,) = (tmp_path / "data" / "made-here").iterdir()
    assert ANA.refresh_token is not None
    assert note.read_text() == f"{ANA.refresh_token.fingerprint}\n"
    assert (note.name, note.stat().st_mode & 0o777) == (KEY.slug, 0o600)
