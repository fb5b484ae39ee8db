"""A file whose newest content alone matters."""

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


async def test_the_newest_content_is_in_the_file_at_the_end(tmp_path: Path) -> None:
    disk = CountingDisk()
    file = JsonFile(tmp_path / "folder" / "shown.json", FORM, disk=disk)
    kept = BackgroundFile(file)
    for number in range(20):
        kept.keep(Shown(number))
    await kept.close()
    assert (file.read(alone=True), disk.renamed) == (Shown(19), 1)
    kept.keep(Shown(19))
    await kept.close()
    assert disk.renamed == 1


async def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "file").write_text("")
    kept = BackgroundFile(JsonFile(tmp_path / "file" / "shown.json", FORM, disk=Disk()))
    kept.keep(Shown(1))
    await kept.close()
    kept.keep(Shown(1))
    await kept.close()
    assert len(caplog.records) == 1
