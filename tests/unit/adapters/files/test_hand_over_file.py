from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.hand_over_file import JsonHandOverFile
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.errors import ReadError
from probe_tray.core.handover.hand_over import HandOver, HandOverRecord, PendingHandOver, TakenLogin
from tests.support.tokens import credential

GIVEN = HandOver(key=credential("ana").key, at=datetime(2026, 11, 29, tzinfo=UTC))
PENDING = PendingHandOver(written="0", hand_over=GIVEN, taken=(TakenLogin(fingerprint="1", adopted=True),))


def file_at(path: Path) -> JsonHandOverFile:
    return JsonHandOverFile(path, FileLocks(path.parent / "locks"), disk=Disk())


async def test_what_was_begun_and_finished_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "hand-overs.json"
    assert await file_at(path).load() == HandOverRecord()
    await file_at(path).begin("home", PENDING)
    assert await file_at(path).load() == HandOverRecord(pending={"home": PENDING})
    await file_at(path).finish("home", GIVEN)
    assert await file_at(path).load() == HandOverRecord(lent={"home": GIVEN})
    await file_at(path).finish("home", None)
    assert await file_at(path).load() == HandOverRecord()


@pytest.mark.parametrize("text", ["", "{", '{"lent": 1}', '{"version": 99}'])
async def test_a_damaged_record_is_not_taken_for_none_and_stays(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "hand-overs.json").write_text(text)
    with pytest.raises(ReadError):
        await file_at(path).load()
    with pytest.raises(ReadError):
        await file_at(path).begin("home", PENDING)
    with pytest.raises(ReadError):
        await file_at(path).finish("home", GIVEN)
    assert path.read_text() == text
