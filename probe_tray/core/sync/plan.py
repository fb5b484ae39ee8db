"""What the logins here and the rows of the shared table mean for each other. Nothing is done here."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from probe_tray.core.account.age import Age, age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.owner import OwnerMatch
from probe_tray.core.errors import (
    Phrase,
    Problem,
    RowForgedError,
    RowGarbageError,
    RowRepairedError,
    RowReplayedError,
    RowRolledBackError,
    RowSealedError,
    RowSwappedError,
    RowTakenError,
)
from probe_tray.core.sync.rows import OVERWRITABLE, OpenedRow, StepKind, SyncOptions, SyncStep

_LONGEST_NAME = 200


def decide(mine: Credential | None, row: OpenedRow | None, seen: Age | None, *, overwrite: bool) -> StepKind:
    """What becomes of one account, of which at least one side has something.

    ``seen`` is the newest login that the account's row was ever seen to hold. A login that is newer here is never
    replaced, and a row that is older than one seen before is never taken.
    """
    if row is None:
        return StepKind.UPLOAD_NEW
    theirs = row.login
    if theirs is None:
        fault = row.fault or StepKind.GARBAGE
        if not overwrite or mine is None or fault not in OVERWRITABLE:
            return fault
        # What is here may be as old as the row that was put back: then it is no better.
        is_outdated = fault is StepKind.ROLLED_BACK and seen is not None and age(mine) < seen
        return fault if is_outdated else StepKind.OVERWRITE
    replayed = seen is not None and age(theirs) < seen
    if mine is None:
        # Its refresh token was spent since: whoever sent it again would have the service end the login.
        return StepKind.OLDER_THAN_SEEN if replayed else StepKind.RESTORE
    # Before any age: which of two people's logins is newer means nothing.
    if mine.owner.match(theirs.owner) is not OwnerMatch.SAME:
        return StepKind.OTHER_MEMBER
    if mine.access_token != theirs.access_token and age(mine) > age(theirs):
        return StepKind.REPAIR if replayed else StepKind.UPLOAD_NEWER
    if replayed:
        return StepKind.OLDER_THAN_SEEN
    if mine.access_token == theirs.access_token:
        return _of_one_login(mine, theirs)
    # Of two logins of the same age neither is better; moving one would go on for ever.
    return StepKind.ADOPT if age(theirs) > age(mine) else StepKind.SAME


def _of_one_login(mine: Credential, theirs: Credential) -> StepKind:
    # The one that can be renewed is worth more.
    if mine.renewable == theirs.renewable:
        return StepKind.SAME
    return StepKind.UPLOAD_NEWER if mine.renewable else StepKind.ADOPT


def plan(
    local: Iterable[Credential],
    rows: Iterable[OpenedRow],
    seen: Mapping[str, Age],
    options: SyncOptions,
    removed: frozenset[str] = frozenset(),
) -> tuple[SyncStep, ...]:
    """What is to become of every account here and every row there, by row id.

    ``local`` has one login for each account; ``seen`` is by the slug of the account, and ``removed`` has the slugs of
    those that a person removed from this computer.
    """
    members: dict[str, list[Credential]] = {}
    for login in local:
        members.setdefault(login.account_id, []).append(login)
    found = {opened.row.id: opened for opened in rows}
    return tuple(
        _unless_removed(step, removed)
        for row_id in sorted(members.keys() | found.keys())
        for step in plan_row(row_id, members.get(row_id, []), found.get(row_id), seen, options)
    )


def plan_row(
    row_id: str, members: Sequence[Credential], row: OpenedRow | None, seen: Mapping[str, Age], options: SyncOptions
) -> tuple[SyncStep, ...]:
    """The same for the accounts that share one row id: of several only one has room."""
    theirs = None if row is None else row.login
    if theirs is None:
        first = max(members, key=lambda m: (age(m), m.key), default=None)
        unclear = False
    else:
        account = theirs.account_in(members)
        first = next((m for m in members if m.key == account), None)
        # The row's login may be one member's as well as somebody else's.
        unclear = first is None and any(m.owner.match(theirs.owner) is OwnerMatch.UNCLEAR for m in members)
    steps: list[SyncStep] = []
    if not unclear:
        kind = decide(first, row, newest_seen(seen, first, theirs), overwrite=options.permits(row_id, kind_of(row)))
        steps.append(_step(kind, row_id, first or theirs, row))
    unused = kind_of(row) is not None
    if not unused or (steps and steps[0].kind is StepKind.OVERWRITE):
        # Only where the row is somebody's, or becomes so: a row that is not used takes nobody's place.
        others = (m for m in members if first is None or m.owner.match(first.owner) is not OwnerMatch.SAME)
        steps += [_step(StepKind.OTHER_MEMBER, row_id, m, row) for m in others]
    return tuple(steps)


def _unless_removed(step: SyncStep, removed: frozenset[str]) -> SyncStep:
    gone = step.kind is StepKind.RESTORE and step.key is not None and step.key.slug in removed
    return replace(step, kind=StepKind.REMOVED) if gone else step


def problem_of(kind: StepKind, row: OpenedRow | None) -> Problem | None:
    """What there is to say about an account that ``kind`` became of; None where all is well."""
    match kind:
        case StepKind.UNDECRYPTABLE:
            return RowSealedError().problem
        case StepKind.GARBAGE:
            return RowGarbageError(reason=(row.reason if row is not None else "") or Phrase("it is empty")).problem
        case StepKind.ID_MISMATCH:
            return RowSwappedError().problem
        case StepKind.ALTERED:
            return RowForgedError().problem
        case StepKind.ROLLED_BACK:
            return RowRolledBackError().problem
        case StepKind.OLDER_THAN_SEEN:
            return RowReplayedError().problem
        case StepKind.OTHER_MEMBER:
            return RowTakenError().problem
        case StepKind.REPAIR:
            return RowRepairedError().problem
        case (
            StepKind.UPLOAD_NEW
            | StepKind.UPLOAD_NEWER
            | StepKind.OVERWRITE
            | StepKind.RESTORE
            | StepKind.ADOPT
            | StepKind.REMOVED
            | StepKind.SAME
            | StepKind.WITHDRAWN
            | StepKind.WITH_CODEX
            | StepKind.HELD_BACK
            | StepKind.NOT_TAKEN
            | StepKind.FAILED
        ):
            return None


def wrong_key(rows: Iterable[OpenedRow]) -> bool:
    """Whether the key here is most likely not the one of the table: it has sealed rows, and none of them opens."""
    faults = [row.fault for row in rows if row.sealed]
    return bool(faults) and all(fault is StepKind.UNDECRYPTABLE for fault in faults)


def kind_of(row: OpenedRow | None) -> StepKind | None:
    """What is wrong with a row; None where nothing is or there is none."""
    return None if row is None else row.fault


def newest_seen(seen: Mapping[str, Age], *logins: Credential | None) -> Age | None:
    """The newest mark that is remembered of one account, by any of the keys it goes by."""
    marks = [seen[login.key.slug] for login in logins if login is not None and login.key.slug in seen]
    return max(marks, default=None)


def _step(kind: StepKind, row_id: str, login: Credential | None, row: OpenedRow | None) -> SyncStep:
    if login is not None:
        return SyncStep(kind=kind, row_id=row_id, key=login.key, who=_shown(login.email or row_id))
    # The plain column is anybody's word; it only helps to find the row.
    said = row.row.email if row is not None and row.row.email and row.row.email.isprintable() else ""
    return SyncStep(kind=kind, row_id=row_id, who=_shown(said or row_id))


def _shown(name: str) -> str:
    """``name`` without anything that could move a cursor or turn the text around it; quotes for an empty one."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:_LONGEST_NAME]) or '""'
