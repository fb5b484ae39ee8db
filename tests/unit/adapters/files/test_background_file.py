"""A file whose newest content alone matters."""

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.files.background_file import BackgroundFile
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat


class Shown(msgspec.Struct, frozen=True):
    """Something small."""

    number: int
    version: int = 1


class CountingDisk(Disk):
    """Counts the files that were put in place."""

    def __init__(self) -> None:
        self.renamed = 0

    def rename(self, source: Path, target: Path) -> None:
        self.renamed += 1
        super().rename(source, target)


FORM = JsonFormat(what="what was shown", version=1, decoder=msgspec.json.Decoder(Shown), limit=100)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 5000.0

    def now(self) -> float:
        return self.seconds


async def until_written() -> None:
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))


async def test_the_newest_content_is_in_the_file_at_the_end(tmp_path: Path) -> None:
    disk = CountingDisk()
    file = JsonFile(tmp_path / "folder" / "shown.json", FORM, disk=disk)
    kept = BackgroundFile(file, Clock().now)
    for number in range(20):
        kept.keep(Shown(number))
    await kept.close()
    assert (file.read(alone=True), disk.renamed) == (Shown(19), 1)
    await kept.close()
    assert disk.renamed == 1


async def test_the_first_is_written_at_once_and_later_ones_ten_minutes_apart(tmp_path: Path) -> None:
    disk, clock = CountingDisk(), Clock()
    file = JsonFile(tmp_path / "shown.json", FORM, disk=disk)
    kept = BackgroundFile(file, clock.now)
    kept.keep(Shown(1))
    await until_written()
    for number, seconds in ((2, 5001.0), (3, 5599.0)):
        clock.seconds = seconds
        kept.keep(Shown(number))
    await until_written()
    assert (file.read(alone=True), disk.renamed) == (Shown(1), 1)
    clock.seconds = 5600.0
    kept.keep(Shown(3))
    await until_written()
    assert (file.read(alone=True), disk.renamed) == (Shown(3), 2)
    kept.keep(Shown(4))
    await kept.close()
    assert (file.read(alone=True), disk.renamed) == (Shown(4), 3)


async def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "file").write_text("")
    kept = BackgroundFile(JsonFile(tmp_path / "file" / "shown.json", FORM, disk=Disk()), Clock().now)
    kept.keep(Shown(1))
    await kept.close()
    kept.keep(Shown(1))
    await kept.close()
    assert len(caplog.records) == 1
