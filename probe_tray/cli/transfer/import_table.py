"""What ``codex-probe --import`` says: the preview, and what became of each login."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.core.errors import Problem
from probe_tray.core.transfer.import_plan import ImportAction, Item
from probe_tray.view.tables.result_failure import ResultFailure, json_result, result_failure
from probe_tray.view.tables.status_table import Cell, Weight, printable
from probe_tray.view.text.times import Now, until
from probe_tray.view.text.translate import Translator
from probe_tray.view.transfer.words import (
    MISSING,
    action_tone,
    action_words,
    expected,
    format_name,
    outcome_words,
    place_of,
)
from probe_tray.view.view_models import Tone

_WEIGHTS = {Tone.CALM: Weight.GOOD, Tone.WARNING: Weight.WARNING, Tone.CRITICAL: Weight.CRITICAL, None: Weight.PLAIN}


class _ResultRow(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    entry: int
    format: str | None
    account_id: str
    email: str
    workspace: str
    plan_type: str
    access_token_expires_at: datetime | None
    action: ImportAction
    imported: bool
    notes: tuple[str, ...]
    error: ResultFailure | None


class _ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    logins: list[_ResultRow]


def import_header(t: Translator) -> tuple[str, ...]:
    """The names of the columns."""
    return t("Account"), t("Format"), t("Expires"), t("File"), t("What happens")


def import_rows(items: Iterable[Item], now: Now, t: Translator) -> list[tuple[Cell, ...]]:
    """One row for each login that was found, in their order."""
    return [_row(item, now, t) for item in items]


def what_happens(items: Sequence[Item], target: str, t: Translator) -> str:
    """How many will be kept, and where."""
    return expected(
        sum(item.taken for item in items),
        len(items),
        target,
        t,
        are_logins=all(item.problem is None for item in items),
    )


def outcome_text(items: Sequence[Item], done: Mapping[int, Problem | None], t: Translator) -> str:
    """How many were imported, left out and failed; ``done`` has the number of each that was tried."""
    imported = sum(problem is None for problem in done.values())
    failed = len(done) - imported + sum(item.problem is not None for item in items)
    return outcome_words(imported, len(items) - imported - failed, failed, t)


def import_json(items: Sequence[Item], done: Mapping[int, Problem | None]) -> bytes:
    """All of it for programs, in English whatever the person speaks; without any token."""
    t = Translator()
    logins: list[_ResultRow] = []
    for number, item in enumerate(items):
        login, problem = item.credential, item.problem or done.get(number)
        logins.append(
            _ResultRow(
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
                error=None if problem is None else result_failure(at_the_command_line(problem), t),
            )
        )
    return json_result(_ImportResult(logins=logins))


def _row(item: Item, now: Now, t: Translator) -> tuple[Cell, ...]:
    login = item.credential
    name = MISSING if login is None else login.email or login.claims.workspace or login.account_id
    expiry = None if login is None else login.expiry
    if expiry is None:
        expires = Cell(MISSING)
    elif expiry <= now.moment:
        expires = Cell(t("ended"), Weight.WARNING)
    else:
        expires = Cell(until(expiry, now, t))
    if item.problem is not None:
        said = Cell(printable(t.title(item.problem)), Weight.CRITICAL)
    else:
        said = Cell(action_words(item.action, t), _WEIGHTS[action_tone(item.action)])
    place = printable(place_of(item.location, item.entry, t))
    return Cell(printable(name)), Cell(format_name(item.format, t)), expires, Cell(place), said
