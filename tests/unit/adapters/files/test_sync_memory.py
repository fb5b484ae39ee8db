import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.sync_memory import FileSyncMemory
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.system import SystemRandomness
from probe_tray.core.account.age import Age
from probe_tray.core.errors import ReadError
from probe_tray.core.sync.envelope import RowAction, RowStamp
from probe_tray.core.sync.rows import LastSync
from probe_tray.core.sync.table_record import TableRecord
from tests.support.fakes import START

NEVER = datetime.min.replace(tzinfo=UTC)


def at(hours: int) -> Age:
    return Age(issued=START + timedelta(hours=hours), refreshed=NEVER)


def opened(folder: Path, host: str = "study-pc") -> FileSyncMemory:
    """As another start of the program, or the other program, opens it."""
    locks = FileLocks(folder / "locks")
    return FileSyncMemory(folder / "data" / "sync.json", locks, SystemRandomness(), host, disk=Disk())


async def test_what_is_newer_is_remembered_by_every_process(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    assert await memory.recall() == {}
    await memory.remember({"ana": at(2), "bob": at(1)})
    await opened(tmp_path).remember({"ana": at(1), "bob": at(3), "cat": at(1)})
    assert await memory.recall() == {"ana": at(2), "bob": at(3), "cat": at(1)}


async def test_what_was_removed_is_remembered_beside_what_was_seen(tmp_path: Path) -> None:
    await opened(tmp_path).add_removed("ana")
    await opened(tmp_path).remember({"bob": at(1)})
    await opened(tmp_path).add_removed("cat")
    assert await opened(tmp_path).removed() == {"ana", "cat"}
    await opened(tmp_path).forget_removed(frozenset({"ana", "dan"}))
    assert await opened(tmp_path).removed() == {"cat"}
    assert await opened(tmp_path).recall() == {"bob": at(1)}


async def test_a_file_of_a_version_that_knew_no_removals_is_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sync.json").write_text('{"version": 1, "seen": {}}', encoding="utf-8")
    assert await opened(tmp_path).removed() == frozenset()


async def test_what_the_last_sync_found_is_remembered_until_the_table_is_forgotten(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    stamp = RowStamp(generation=1, key_id="a1", action=RowAction.RENEWED, computer="study-pc", at=START)
    assert await memory.last_sync("one") is None
    await memory.remember_last_sync("one", LastSync(ended_at=START, stamps={"ana": stamp}))
    await memory.remember_last_sync("two", LastSync(ended_at=START))
    await memory.remember_table("one", TableRecord(protected=True))
    assert await opened(tmp_path).last_sync("one") == LastSync(ended_at=START, stamps={"ana": stamp})
    if os.name == "posix":
        assert (tmp_path / "data" / "sync.json").stat().st_mode & 0o777 == 0o600
    await memory.forget_table("one")
    assert (await memory.last_sync("one"), await memory.last_sync("two")) == (None, LastSync(ended_at=START))


async def test_of_two_at_once_neither_is_lost(tmp_path: Path) -> None:
    await asyncio.gather(*(opened(tmp_path).remember({f"account-{n}": at(n)}) for n in range(20)))
    assert len(await opened(tmp_path).recall()) == 20


async def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    await memory.remember({})
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 0, "seen": {}}',
        b'{"version": 1, "seen": {"a": 5}}',
        b'{"version": 1, "seen": {"a": {"issued": "2026-11-22T06:00:00", "refreshed": "2026-11-22T06:00:00Z"}}}',
        b'{"version": 2, "last": {"a": {"ended_at": "2026-11-22T06:00:00"}}}',
        b"\xff\xfe",
    ],
)
async def test_a_damaged_file_is_set_aside_and_begun_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "sync.json").write_bytes(content)
    memory = opened(tmp_path)
    assert await memory.recall() == {}
    await memory.remember({"ana": at(1)})
    assert await memory.recall() == {"ana": at(1)}
    (aside,) = (tmp_path / "data").glob("*.damaged")
    assert aside.read_bytes() == content
    assert "was damaged and was set aside" in caplog.text


async def test_what_cannot_be_read_is_no_empty_memory(tmp_path: Path) -> None:
    (tmp_path / "data" / "sync.json").mkdir(parents=True)
    with pytest.raises(ReadError):
        await opened(tmp_path).recall()


async def test_a_computer_keeps_its_name_and_a_copy_of_the_file_is_another_one(tmp_path: Path) -> None:
    name = await opened(tmp_path).holder("ana")
    await opened(tmp_path).remember({"ana": at(1)})
    assert await opened(tmp_path).holder("ana") == name
    assert await opened(tmp_path, "laptop").holder("ana") != name
    assert await opened(tmp_path / "another").holder("ana") != name
    assert name not in (tmp_path / "data" / "sync.json").read_text("utf-8")
    assert await opened(tmp_path).recall() == {"ana": at(1)}


async def test_a_computer_stays_the_same_whatever_its_name_and_no_lease_is_bound_to_that(tmp_path: Path) -> None:
    one = await opened(tmp_path).computer_id()
    assert await opened(tmp_path, "laptop").computer_id() == one, "its name changed, or it is a copy of the folder"
    assert await opened(tmp_path / "another").computer_id() != one
    assert one not in await opened(tmp_path).holder("ana")
    assert one not in (tmp_path / "data" / "sync.json").read_text("utf-8")


async def test_processes_that_ask_for_the_name_at_once_get_the_same(tmp_path: Path) -> None:
    assert len(set(await asyncio.gather(*(opened(tmp_path).holder("ana") for _ in range(8))))) == 1


async def test_a_host_whose_name_changes_keeps_the_lease_of_what_it_sent(tmp_path: Path) -> None:
    before = await opened(tmp_path, "study").holder("ana")
    await opened(tmp_path, "study").add_unshared("ana", "f1")
    await opened(tmp_path, "laptop").add_unshared("ana", "")
    assert await opened(tmp_path, "laptop").holder("ana") == before != await opened(tmp_path, "laptop").holder("bob")
    await opened(tmp_path, "laptop").forget_unshared("ana")
    assert await opened(tmp_path, "laptop").holder("ana") == await opened(tmp_path, "laptop").holder("bob")


async def test_what_was_sent_is_remembered_until_the_table_has_it(tmp_path: Path) -> None:
    assert await opened(tmp_path).unshared() == {}
    await opened(tmp_path).add_unshared("ana", "f1")
    await opened(tmp_path).add_unshared("bob", "f2")
    await opened(tmp_path).remember({"ana": at(1)})
    assert await opened(tmp_path).unshared() == {"ana": "f1", "bob": "f2"}
    await opened(tmp_path).forget_unshared("ana")
    await opened(tmp_path).forget_unshared("nobody")
    assert await opened(tmp_path).unshared() == {"bob": "f2"}
    assert await opened(tmp_path).recall() == {"ana": at(1)}
