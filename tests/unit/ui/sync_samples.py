"""A sync for tests and pictures."""

from datetime import timedelta

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import RowSealedError, RowTakenError, WriteError
from probe_tray.core.sync.rows import StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SecretPlace, SyncSetup, SyncState
from tests.unit.ui.samples import NOW

READY = SyncSetup(url="https://abcdefgh.supabase.co", api_key=SecretPlace.KEYRING, key=SecretPlace.KEYRING)


def synced() -> SyncState:
    """A sync that ended three minutes ago, with something of every kind that needs a person."""
    key = AccountKey("account-of-ana", "user-of-ana")
    full = WriteError(path="/home/ana/logins/pat@agency.example.json", reason="the disk is full").problem
    found = (
        (StepKind.FAILED, "pat@agency.example", full),
        (StepKind.UNDECRYPTABLE, "research@example.com", RowSealedError().problem),
        (StepKind.OTHER_MEMBER, "lee@studio.example", RowTakenError().problem),
        (StepKind.UPLOAD_NEW, "ana@example.com", None),
        (StepKind.RESTORE, "mia@laptop.example", None),
        (StepKind.ADOPT, "noor@example.org", None),
        (StepKind.SAME, "sam@example.com", None),
    )
    items = tuple(SyncItem(kind=kind, row_id=who, key=key, who=who, problem=problem) for kind, who, problem in found)
    report = SyncReport(ended_at=NOW - timedelta(minutes=3), items=items)
    return SyncState(setup=READY, report=report)
