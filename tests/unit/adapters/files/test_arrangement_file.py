"""The file that remembers how accounts are arranged."""

import logging
from pathlib import Path

import pytest

from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.disk import Disk
from probe_tray.core.account.arrangement import Arrangement, Density, Sort
from probe_tray.core.errors import WriteError

ARRANGEMENT = Arrangement(order=("b", "a"), sort=Sort.OWN, density=Density.LINES, pinned=True).named("a", "Arbeit 工作")


def _only_file(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


async def test_what_was_saved_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "data" / "arrangement.json"
    await JsonArrangementFile(path, disk=Disk()).save(Arrangement())
    await JsonArrangementFile(path, disk=Disk()).save(ARRANGEMENT)
    assert await JsonArrangementFile(path, disk=Disk()).load() == ARRANGEMENT


async def test_without_a_file_nothing_is_arranged(tmp_path: Path) -> None:
    assert await JsonArrangementFile(tmp_path / "arrangement.json", disk=Disk()).load() == Arrangement()


@pytest.mark.parametrize(
    "damage", [b"", b"{", b'{"version":1,"arrangement":{"sort":"by magic"}}', b"\xff\xfe", b"[" * 100_000]
)
async def test_a_damaged_file_is_set_aside_and_nothing_is_arranged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    path = tmp_path / "arrangement.json"
    path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert await JsonArrangementFile(path, disk=Disk()).load() == Arrangement()
    assert _only_file(tmp_path).read_bytes() == damage
    assert _only_file(tmp_path).name.endswith(".damaged")
    caplog.clear()


async def test_the_file_of_the_first_versions_is_read_until_something_changes(tmp_path: Path) -> None:
    (tmp_path / "desk.json").write_text('{"version":1,"desk":{"pinned":true}}', encoding="utf-8")
    file = JsonArrangementFile(tmp_path / "arrangement.json", disk=Disk())
    assert await file.load() == Arrangement(pinned=True)
    await file.save(ARRANGEMENT)
    assert await file.load() == ARRANGEMENT


async def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(WriteError):
        await JsonArrangementFile(tmp_path / "data" / "arrangement.json", disk=Disk()).save(ARRANGEMENT)


async def test_what_cannot_be_read_arranges_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "arrangement.json").mkdir()
    with caplog.at_level(logging.WARNING):
        assert await JsonArrangementFile(tmp_path / "arrangement.json", disk=Disk()).load() == Arrangement()
    assert "cannot be read" in caplog.text
    caplog.clear()
