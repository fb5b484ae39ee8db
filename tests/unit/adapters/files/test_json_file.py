"""The one rule for small JSON files, and that every one of the program's own keeps to it."""

import stat
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe_tray.adapters.files.alert_memory import FileAlertMemory
from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.json_file import JsonFile, JsonFormat
from probe_tray.adapters.files.sync_memory import FileSyncMemory
from probe_tray.adapters.journal.tally_file import JsonTallyFile
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.system import SystemRandomness
from probe_tray.core.account.age import Age
from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.alerts.alert import AlertMemory
from probe_tray.core.errors import ProbeError, ReadError, WriteError
from tests.support.fakes import START


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 3
    names: tuple[str, ...] = ()


def _list_of_one(found: dict[str, Any]) -> dict[str, Any]:
    return {"names": [found["name"]]}


def _upper(found: dict[str, Any]) -> dict[str, Any]:
    return {"names": [name.upper() for name in found["names"]]}


FORMAT = JsonFormat(
    what="the names",
    version=3,
    decoder=msgspec.json.Decoder(_Content),
    is_sound=lambda content: "EVIL" not in content.names,
    limit=4096,
    steps={1: _list_of_one, 2: _upper},
)


def put(folder: Path, data: bytes) -> tuple[Path, JsonFile[_Content]]:
    path = folder / "names.json"
    path.write_bytes(data)
    return path, JsonFile(path, FORMAT, disk=Disk())


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (b'{"name": "ana"}', ("ANA",)),
        (b'{"version": 1, "name": "ana"}', ("ANA",)),
        (b'{"version": 2, "names": ["ana", "ben"]}', ("ANA", "BEN")),
        (b'{"version": 3, "names": ["cat"], "more": 1}', ("cat",)),
    ],
)
def test_an_older_version_is_brought_up_to_date(tmp_path: Path, found: bytes, names: tuple[str, ...]) -> None:
    path, file = put(tmp_path, found)
    content = file.read(alone=True)
    assert content is not None
    assert content.names == names
    file.replace(content)
    assert file.read(alone=True) == _Content(names=names)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


DAMAGED = [
    b"",
    b"[]",
    b'{"version": 3, "names": 5}',
    b'{"version": 2}',
    b'{"version": 2, "names": [5]}',
    b'{"version": 0}',
    b'{"version": null}',
    b'{"version": 3, "names": ["EVIL"]}',
    b"[" * 3000,
    b"\xff",
]


def test_what_is_set_aside_is_named_after_the_local_time_of_now(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FarEast:
        def offset_at(self, _moment: datetime) -> timedelta:
            return timedelta(hours=14)

    _, file = put(tmp_path, b"{")
    monkeypatch.setattr("probe_tray.adapters.system.this_system", FarEast)
    assert file.read(alone=True) is None
    (aside,) = tmp_path.iterdir()
    stamp = datetime.strptime(aside.name.split(".")[-2], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    assert timedelta(hours=13) < stamp - datetime.now(UTC) < timedelta(hours=15)
    assert "set aside" in caplog.text


@pytest.mark.parametrize("found", DAMAGED)
def test_damage_is_set_aside_by_who_is_alone_with_it(
    tmp_path: Path, found: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path, file = put(tmp_path, found)
    assert file.read(alone=False) is None
    assert path.read_bytes() == found
    assert file.read(alone=True) is None
    (aside,) = tmp_path.iterdir()
    assert (aside.suffix, aside.read_bytes()) == (".damaged", found)
    assert "the names was damaged and was set aside" in caplog.text


@pytest.mark.parametrize("found", DAMAGED)
def test_damage_is_set_aside_before_anything_is_written(
    tmp_path: Path, found: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path, file = put(tmp_path, found)
    file.replace(_Content(names=("ana",)))
    assert file.read(alone=True) == _Content(names=("ana",))
    (aside,) = (one for one in tmp_path.iterdir() if one != path)
    assert aside.read_bytes() == found
    assert "set aside" in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_nothing_that_is_found_is_ever_lost(caplog: pytest.LogCaptureFixture, found: bytes) -> None:
    caplog.clear()
    with TemporaryDirectory() as folder:
        path, file = put(Path(folder), found)
        before = None
        try:
            before = file.read(alone=False)
            file.replace(_Content(names=("ana",)))
        except ProbeError:
            assert path.read_bytes() == found
        else:
            kept = [one.read_bytes() for one in Path(folder).iterdir()]
            assert before is not None or found in kept


def damaged(folder: Path) -> list[Path]:
    return list(folder.glob("*.damaged"))


async def _arrange(path: Path) -> None:
    file = JsonArrangementFile(path, disk=Disk())
    assert await file.load() == Arrangement()
    await file.save(Arrangement(pinned=True))


async def _say(path: Path) -> None:
    file = FileAlertMemory(path, disk=Disk())
    assert await file.load() == AlertMemory()
    await file.save(AlertMemory(paused_until=START))


async def _count(path: Path) -> None:
    file = JsonTallyFile(path, FileLocks(path.parent / "locks"), disk=Disk())
    await file.load()
    await file.change(lambda tally: tally)


async def _see(path: Path) -> None:
    file = FileSyncMemory(path, FileLocks(path.parent / "locks"), SystemRandomness(), "study-pc", disk=Disk())
    with pytest.raises(ReadError, match="a newer version of Probe Tray wrote it"):
        await file.recall()
    await file.remember({"ana": Age(issued=START, refreshed=START)})


@pytest.mark.parametrize("use", [_arrange, _say, _count, _see])
async def test_what_a_newer_version_wrote_is_left_alone(
    tmp_path: Path, use: Callable[[Path], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "memory.json"
    newer = b'{"version": 99, "whatever": ["it", "holds"]}'
    path.write_bytes(newer)
    with pytest.raises((ReadError, WriteError), match="a newer version of Probe Tray wrote it"):
        await use(path)
    assert path.read_bytes() == newer
    assert not damaged(tmp_path)
    caplog.clear()
