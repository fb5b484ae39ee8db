"""A look at the journal: it counts what is to be finished, and changes nothing."""

from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.journal.entry_file import DONE, intent_bytes, unfinished
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ReadError
from probe_tray.core.renewal.journal import JournalEntry
from tests.support.fakes import START

ANA = AccountKey("account-1", "ana")
ENTRY = JournalEntry(name=f"{ANA.slug}-0123456789abcdef", key=ANA, fingerprint="0123456789abcdef", at=START)


def test_what_was_begun_and_not_finished_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / f"{ENTRY.name}.journal").write_bytes(intent_bytes(ENTRY))
    (tmp_path / f"{ANA.slug}-1111.journal").write_bytes(b"damaged")
    (tmp_path / f"{ANA.slug}-2222.journal").write_bytes(DONE)
    (tmp_path / "notes.txt").write_text("mine")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert unfinished(tmp_path, disk=Disk()) == 2
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_without_a_journal_nothing_is_unfinished(tmp_path: Path) -> None:
    assert unfinished(tmp_path / "never made", disk=Disk()) == 0


def test_an_entry_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / f"{ENTRY.name}.journal").mkdir()
    with pytest.raises(ReadError):
        unfinished(tmp_path, disk=Disk())
