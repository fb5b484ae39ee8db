"""The file that remembers the last check for a newer version."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.update_memory import FileUpdateMemory
from probe_tray.core.errors import WriteError
from probe_tray.core.update.release import Release, UpdateMemory

MEMORY = UpdateMemory(
    next_at=datetime(2026, 11, 29, 9, 0, tzinfo=UTC), release=Release(version="2.0.0", changes=("A point.",))
)


async def test_what_was_saved_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "data" / "update.json"
    assert await FileUpdateMemory(path, disk=Disk()).load() == UpdateMemory()
    await FileUpdateMemory(path, disk=Disk()).save(MEMORY)
    assert await FileUpdateMemory(path, disk=Disk()).load() == MEMORY


def _only_name(folder: Path) -> str:
    (found,) = folder.iterdir()
    return found.name


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b'{"version":1,"next_at":"2026-11-29T09:00:00"}',
        b'{"version":1,"release":{"version":"1/../../evil"}}',
        b'{"version":1,"release":7}',
    ],
)
async def test_a_damaged_file_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes) -> None:
    path = tmp_path / "update.json"
    path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert await FileUpdateMemory(path, disk=Disk()).load() == UpdateMemory()
    assert _only_name(tmp_path).endswith(".damaged")


async def test_a_newer_versions_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "update.json"
    path.write_bytes(b'{"version":2,"asked":"yesterday"}')
    assert await FileUpdateMemory(path, disk=Disk()).load() == UpdateMemory()
    with pytest.raises(WriteError, match="newer version"):
        await FileUpdateMemory(path, disk=Disk()).save(MEMORY)
    assert path.read_bytes() == b'{"version":2,"asked":"yesterday"}'
