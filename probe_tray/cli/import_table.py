"""What ``codex-probe --import`` says: the preview, and what became of each login."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from probe_tray.core.errors import Problem
from probe_tray.core.importing import Action, Item
from probe_tray.view.status_table import Cell, Weight, printable
from probe_tray.view.times import Now, until
from probe_tray.view.translate import Translator

HEADER = ("Account", "Format", "Expires", "File", "What happens")

_MISSING = "–"
_WORDS = {
    Action.ADD: ("new: it will be added", Weight.GOOD),
    Action.REPLACE: ("known: it takes the place of the login that is kept", Weight.GOOD),
    Action.SAME: ("known: it is kept already", Weight.PLAIN),
    Action.OLDER: ("known: left out, for the login that is kept is not older", Weight.PLAIN),
    Action.NOT_RENEWABLE: ("known: left out, for only the login that is kept can be renewed", Weight.WARNING),
    Action.DOUBLE: ("left out: another login of this account is as new or newer", Weight.PLAIN),
}


class _Failure(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    title: str
    hint: str


class _Login(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    entry: int
    format: str | None
    account_id: str
    email: str
    workspace: str
    plan_type: str
    access_token_expires_at: datetime | None
    action: Action
    imported: bool
    notes: tuple[str, ...]
    error: _Failure | None


class _Result(msgspec.Struct, frozen=True, kw_only=True):
    logins: list[_Login]


def import_rows(items: Iterable[Item], now: Now, t: Translator) -> list[tuple[Cell, ...]]:
    """One row for each login that was found, in their order."""
    return [_row(item, now, t) for item in items]


def expected(items: Sequence[Item], target: str) -> str:
    """How many will be kept, and where."""
    count = sum(item.taken for item in items)
    return f"{count} of {len(items)} {_logins(len(items))} will be kept in {target}."


def came_of_it(items: Sequence[Item], done: Mapping[int, Problem | None]) -> str:
    """How many were imported, left out and failed; ``done`` has the number of each that was tried."""
    imported = sum(problem is None for problem in done.values())
    failed = len(done) - imported + sum(item.problem is not None for item in items)
    return f"{imported} {_logins(imported)} imported, {len(items) - imported - failed} left out, {failed} failed."


def import_json(items: Sequence[Item], done: Mapping[int, Problem | None], t: Translator) -> bytes:
    """All of it for programs; without any token."""
    logins: list[_Login] = []
    for number, item in enumerate(items):
        login, problem = item.credential, item.problem or done.get(number)
        logins.append(
            _Login(
                file=item.location,
                entry=item.entry,
                format=None if item.format is None else item.format.value,
                account_id="" if login is None else login.account_id,
                email="" if login is None else login.email,
                workspace="" if login is None else login.claims.workspace,
                plan_type="" if login is None else login.claims.plan,
                access_token_expires_at=None if login is None else login.expiry,
                action=item.action,
                imported=number in done and done[number] is None,
                notes=item.notes,
                error=None if problem is None else _failure(problem, t),
            )
        )
    return msgspec.json.format(msgspec.json.encode(_Result(logins=logins)), indent=2) + b"\n"


def place_of(item: Item) -> str:
    """The file, and which of its entries where it has several."""
    return f"{item.location}, entry {item.entry}" if item.entry else item.location


def _row(item: Item, now: Now, t: Translator) -> tuple[Cell, ...]:
    login = item.credential
    name = _MISSING if login is None else login.email or login.claims.workspace or login.account_id
    expiry = None if login is None else login.expiry
    if expiry is None:
        expires = Cell(_MISSING)
    elif expiry <= now.moment:
        expires = Cell("ended", Weight.WARNING)
    else:
        expires = Cell(until(expiry, now, t))
    if item.problem is not None:
        said = Cell(printable(t.title(item.problem)), Weight.CRITICAL)
    else:
        said = Cell(*_WORDS[item.action])
    kind = _MISSING if item.format is None else item.format.value
    return Cell(printable(name)), Cell(kind), expires, Cell(printable(place_of(item))), said


def _failure(problem: Problem, t: Translator) -> _Failure:
    return _Failure(kind=problem.kind, title=t.title(problem), hint=t.hint(problem))


def _logins(count: int) -> str:
    return "login" if count == 1 else "logins"
