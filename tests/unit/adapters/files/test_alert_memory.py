import asyncio
import errno
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.files.alert_memory import FileAlertMemory
from probe_tray.adapters.files.disk import Disk
from probe_tray.core.alerts.alert import AlertMemory, AlertRecord, Mute
from probe_tray.core.errors import WriteError
from tests.support.disks import WRITING_STEPS, TroubledDisk
from tests.support.fakes import START

MEMORY = AlertMemory(
    said=frozenset(
        {
            AlertRecord(account="a" * 24, topic="weekly warning", mark=START, forget_at=START + timedelta(days=2)),
            AlertRecord(account="b" * 24, topic="no capacity", forget_at=START + timedelta(days=40)),
        }
    ),
    paused_until=START + timedelta(hours=1),
    mutes=(Mute("a" * 24, START + timedelta(hours=2)),),
    off_told=True,
)


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "alerts.json"
    await FileAlertMemory(path, disk=Disk()).save(MEMORY)
    assert await FileAlertMemory(path, disk=Disk()).load() == MEMORY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_without_a_file_nothing_is_remembered(tmp_path: Path) -> None:
    assert await FileAlertMemory(tmp_path / "alerts.json", disk=Disk()).load() == AlertMemory()


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 0, "said": []}',
        b'{"version": "1", "said": []}',
        b'{"version": 1, "said": [{"account": "a"}]}',
        b'{"version": 1, "said": [], "paused_until": "2026-11-22T06:00:00"}',
        b'{"version": 1, "said": [], "mutes": [{"account": "a", "until": "2026-11-22T06:00:00"}]}',
        b'{"version": 1, "said": [{"account": "a", "topic": "t", "forget_at": "2026-11-22T06:00:00"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
async def test_a_damaged_file_is_set_aside_as_it_was(
    tmp_path: Path, found: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "alerts.json"
    path.write_bytes(found)
    assert await FileAlertMemory(path, disk=Disk()).load() == AlertMemory()
    (aside,) = files(tmp_path)
    assert (aside.name.startswith("alerts.json."), aside.suffix, aside.read_bytes()) == (True, ".damaged", found)
    assert "was set aside" in caplog.text


async def test_a_file_that_cannot_be_read_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "alerts.json").mkdir()
    assert await FileAlertMemory(tmp_path / "alerts.json", disk=Disk()).load() == AlertMemory()
    assert (tmp_path / "alerts.json").is_dir()
    assert "cannot be read" in caplog.text


async def test_a_damaged_file_that_cannot_be_moved_costs_nothing_but_what_was_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "alerts.json").write_bytes(b"{")
    disk = TroubledDisk()
    disk.trouble("rename", errno.EACCES)
    assert await FileAlertMemory(tmp_path / "alerts.json", disk=disk).load() == AlertMemory()
    assert "could not be set aside" in caplog.text


@pytest.mark.parametrize("step", WRITING_STEPS[:-1])
async def test_a_failed_write_leaves_the_old_file(tmp_path: Path, step: str) -> None:
    disk = TroubledDisk()
    file = FileAlertMemory(tmp_path / "alerts.json", disk=disk)
    await file.save(MEMORY)
    disk.trouble(step, errno.ENOSPC)
    with pytest.raises(WriteError):
        await file.save(AlertMemory())
    assert await file.load() == MEMORY
    assert len(files(tmp_path)) == 1


ENTRIES = st.builds(
    AlertRecord,
    account=st.text(st.characters(exclude_categories=["Cs"])),
    topic=st.text(st.characters(exclude_categories=["Cs"])),
    mark=st.none() | st.datetimes(timezones=st.just(UTC)),
    forget_at=st.datetimes(timezones=st.just(UTC)),
)


@given(st.frozensets(ENTRIES, max_size=5), st.none() | st.datetimes(timezones=st.just(UTC)))
def test_whatever_was_said_is_known_again(said: frozenset[AlertRecord], paused_until: datetime | None) -> None:
    memory = AlertMemory(said=said, paused_until=paused_until)
    with TemporaryDirectory() as folder:
        file = FileAlertMemory(Path(folder) / "alerts.json", disk=Disk())
        asyncio.run(file.save(memory))
        assert asyncio.run(file.load()) == memory
