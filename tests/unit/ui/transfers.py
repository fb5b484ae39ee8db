"""Imports and exports in every phase, for tests and pictures of their windows."""

from datetime import timedelta

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    CredentialFileError,
    DeadLoginError,
    KeyringLockedError,
    Phrase,
    ReadError,
    WriteError,
)
from probe_tray.core.formats.login_fields import Format
from probe_tray.core.transfer.export import LeftOut
from probe_tray.core.transfer.import_plan import ImportAction
from probe_tray.core.transfer.state import (
    ExportPhase,
    ExportState,
    ImportOutcome,
    ImportPhase,
    ImportRow,
    ImportState,
    RowId,
)
from tests.unit.ui.samples import NOW

FULL = WriteError(path="/home/ana/logins", reason=Phrase("the disk is full")).problem


def row(name: str, action: ImportAction = ImportAction.ADD, **more: object) -> ImportRow:
    """A login of somebody at example.com."""
    plain = ImportRow(
        id=RowId(f"/home/ana/old/{name}.json"),
        format=Format.PROBE,
        account=AccountKey(f"account-{name}", "user"),
        email=f"{name}@example.com",
        plan="plus",
        expires_at=NOW + timedelta(days=8),
        renewable=True,
        action=action,
    )
    return replace(plain, **more)


def broken(name: str, reason: str) -> ImportRow:
    """A file that is no login."""
    path = f"/home/ana/old/{name}"
    return ImportRow(
        id=RowId(path), action=ImportAction.UNUSABLE, problem=CredentialFileError(path=path, reason=reason).problem
    )


def dead(name: str) -> ImportRow:
    """A login that OpenAI has refused."""
    path = f"/home/ana/old/{name}.json"
    problem = DeadLoginError(path=path, reason="OpenAI has already refused it").problem
    return row(name, ImportAction.DEAD, problem=problem)


def found() -> ImportState:
    """One of everything."""
    missing = "/home/ana/old/queue.json"
    long = "a.very.long.address.that.must.not.break.anything"
    rows = (
        row("ben"),
        row("lee", ImportAction.REPLACE, id=RowId("/home/ana/sub2api.json", 2), format=Format.SUB2API, plan="team"),
        row("codex", in_use=True, id=RowId("/home/ana/.codex/auth.json"), format=Format.OFFICIAL),
        row("cat", ImportAction.SAME, format=Format.PROXY_API),
        row("old", ImportAction.OLDER, expires_at=NOW - timedelta(days=1)),
        row("dan", ImportAction.NOT_RENEWABLE, renewable=False),
        row(long, email=f"{long}@department.of.research.example.org"),
        row("twice", ImportAction.DOUBLE, id=RowId("pasted text")),
        broken("notes.json", "it is cut off"),
        ImportRow(
            id=RowId(missing),
            action=ImportAction.UNUSABLE,
            problem=ReadError(path=missing, reason=Phrase("it is not a regular file")).problem,
        ),
    )
    return ImportState(phase=ImportPhase.READY, rows=rows)


def many(count: int) -> ImportState:
    """So many new accounts."""
    return ImportState(phase=ImportPhase.READY, rows=tuple(row(f"person-{n:03}") for n in range(count)))


def locked() -> ImportState:
    """The vault cannot be opened."""
    return replace(found(), problems=(KeyringLockedError().problem,), blocked=True)


def taken() -> ImportState:
    """What came of it: one was kept, one not, one not everywhere."""
    outcomes = (
        ImportOutcome(action=ImportAction.ADD),
        ImportOutcome(problem=FULL),
        None,
        None,
        None,
        None,
        ImportOutcome(action=ImportAction.ADD, faults=(FULL,)),
        None,
        None,
        None,
    )
    state = found()
    rows = tuple(replace(r, outcome=o) for r, o in zip(state.rows, outcomes, strict=True))
    return replace(state, phase=ImportPhase.DONE, rows=rows, done=3, total=3)


def written(count: int = 3) -> ExportState:
    """An export that went well."""
    paths = tuple(f"/home/ana/Documents/codex_{n}_at_example.com_20261122.json" for n in range(count))
    return ExportState(phase=ExportPhase.DONE, written=paths, logins=count)


def failed() -> ExportState:
    """An export of which a part failed."""
    left = LeftOut(who="lee@example.com", reason=Phrase("it has no usable id_token, which the Codex client requires"))
    full = WriteError(
        path="/home/ana/Documents/codex_1_at_example.com_20261122.json", reason=Phrase("the disk is full")
    )
    return replace(written(1), left_out=(left,), problems=(full.problem,))
