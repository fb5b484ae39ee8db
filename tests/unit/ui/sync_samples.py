"""A sync for tests and pictures."""

from datetime import timedelta

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Phrase, RowSealedError, RowTakenError, WriteError
from probe_tray.core.sync.envelope import RowAction, RowStamp
from probe_tray.core.sync.rows import StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SecretPlace, SyncSetup, SyncState
from tests.unit.ui.samples import NOW

READY = SyncSetup(
    url="https://abcdefgh.supabase.co", api_key=SecretPlace.KEYRING, key=SecretPlace.KEYRING, is_protected=True
)


def synced() -> SyncState:
    """A sync that ended three minutes ago, with something of every kind that needs a person."""
    key = AccountKey("account-of-ana", "user-of-ana")
    full = WriteError(path="/home/ana/logins/pat@agency.example.json", reason=Phrase("the disk is full")).problem
    found = (
        (StepKind.FAILED, "pat@agency.example", full),
        (StepKind.UNDECRYPTABLE, "research@example.com", RowSealedError().problem),
        (StepKind.OTHER_MEMBER, "lee@studio.example", RowTakenError().problem),
        (StepKind.UPLOAD_NEW, "ana@example.com", None),
        (StepKind.RESTORE, "mia@laptop.example", None),
        (StepKind.ADOPT, "noor@example.org", None),
        (StepKind.REMOVED, "kim@old.example", None),
        (StepKind.SAME, "sam@example.com", None),
    )
    items = tuple(SyncItem(kind=kind, row_id=who, key=key, who=who, problem=problem) for kind, who, problem in found)
    report = SyncReport(ended_at=NOW - timedelta(minutes=3), items=items)
    return SyncState(setup=READY, report=report)


def changing() -> SyncState:
    """The same while the key of the table is changed, which one of two other computers has."""
    sync = synced()
    assert sync.report is not None
    computers = (("study-pc", "new", 2), ("office-mac", "new", 5), ("old-laptop", "old", 70))
    stamps = {
        row: RowStamp(
            generation=1,
            key_id="old",
            action=RowAction.RENEWED,
            computer=computer,
            at=NOW - timedelta(hours=hours),
            newest_key_id=newest,
        )
        for row, (computer, newest, hours) in enumerate(computers, 3)
    }
    items = tuple(replace(item, stamp=stamps.get(row)) for row, item in enumerate(sync.report.items))
    report = replace(sync.report, items=items, newest_key_id="new")
    setup = replace(READY, is_protected=True, is_key_changing=True)
    return replace(sync, setup=setup, report=report)
