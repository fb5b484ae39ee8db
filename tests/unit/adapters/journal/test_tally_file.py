"""How the latest requests ended: shared by processes, and never in the way."""

import asyncio
import errno
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.journal.tally_file import JsonTallyFile
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.errors import WriteError
from probe_tray.core.renewal.pause import RenewalAttempt, Tally, counted
from tests.support.disks import TroubledDisk
from tests.support.fakes import START

RESTING = Tally(rest_until=START + timedelta(minutes=9))


def tally(tmp_path: Path, disk: Disk | None = None) -> JsonTallyFile:
    return JsonTallyFile(tmp_path / "data" / "requests.json", FileLocks(tmp_path / "locks"), disk=disk or Disk())


async def add(file: JsonTallyFile, number: int) -> None:
    attempt = RenewalAttempt(at=START, account=f"account-{number}", failed=True)
    await file.change(lambda before: counted(before, attempt))


async def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert await tally(tmp_path).load() == Tally()


async def test_what_one_process_counts_the_next_one_knows(tmp_path: Path) -> None:
    await asyncio.gather(*(add(tally(tmp_path), number) for number in range(8)))
    known = await tally(tmp_path).load()
    assert {a.account for a in known.attempts} == {f"account-{number}" for number in range(8)}
    assert known.rest_until == START + timedelta(minutes=30)
    path = tmp_path / "data" / "requests.json"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[" * 5000,
        b'{"version": 0, "tally": {}}',
        b'{"version": 1, "tally": {"rest_until": "2026-11-22T06:00:00"}}',
        b'{"version": 1, "tally": {"attempts": [{"at": "2026-11-22T06:00:00", "account": "a", "failed": true}]}}',
    ],
)
async def test_a_damaged_file_is_set_aside_with_the_next_change(
    damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "data" / "requests.json"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(damage)
    file = tally(tmp_path)
    assert await file.load() == Tally()
    with caplog.at_level(logging.WARNING):
        assert await file.change(lambda _: RESTING) == RESTING
    assert await file.load() == RESTING
    (aside,) = path.parent.glob("*.damaged")
    assert aside.read_bytes() == damage
    assert "was damaged and was set aside" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
async def test_a_disk_that_takes_nothing_leaves_it_as_it_was(number: int, tmp_path: Path) -> None:
    await tally(tmp_path).change(lambda _: RESTING)
    disk = TroubledDisk()
    disk.trouble("write", number)
    with pytest.raises(WriteError):
        await tally(tmp_path, disk).change(lambda _: Tally())
    assert await tally(tmp_path).load() == RESTING


async def test_a_file_that_cannot_be_read_is_told_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data" / "requests.json").mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        assert await tally(tmp_path).load() == Tally()
    assert "cannot be read: it is a folder" in caplog.text
    caplog.clear()
