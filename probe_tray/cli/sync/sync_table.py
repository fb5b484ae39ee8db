"""What ``codex-probe --sync`` says: a table of what was done, and the same for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.core.errors import Problem
from probe_tray.core.sync.envelope import RowStamp
from probe_tray.core.sync.rows import RECEIVED, REFUSED, SENT, StepKind, SyncItem, SyncReport
from probe_tray.view.sync.last_changes import key_holders, key_holders_note, last_changes, written_words
from probe_tray.view.sync.sync_view import behind_words, done_words, with_behind
from probe_tray.view.tables.result_failure import ResultFailure, json_result, result_failure
from probe_tray.view.tables.status_table import Cell, Weight, printable
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

_MOST_STRANGERS = 10
"""Rows of one kind that belong to no account here: anybody with the publishable key may have put any number there."""


class _SyncedAccount(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    name: str
    """Its email where that is known; of a file that cannot be read its path."""
    result: StepKind
    error: ResultFailure | None
    last_change: RowStamp | None
    """Which computer wrote the row, what it did, and when."""


class _SyncResult(msgspec.Struct, frozen=True, kw_only=True):
    ended_at: datetime
    sent: int
    received: int
    same: int
    refused: int
    failed: int
    not_saved_everywhere: int
    """A vault or folder that has the account could not be written."""
    not_looked_at: int
    encrypted_again: int
    """Rows that hold the same login, encrypted with the key and in the form that are used now."""
    only_old_key: tuple[str, ...]
    """The ids of the rows that, after a change of the key, only the old one decrypts."""
    accounts: list[_SyncedAccount]
    error: ResultFailure | None


def sync_header(t: Translator) -> tuple[str, ...]:
    """The columns."""
    return t("Account"), t("What happened")


def sync_rows(report: SyncReport, t: Translator) -> list[tuple[Cell, ...]]:
    """One row for each account that is not the same on both sides; many rows of nobody here are counted by kind."""
    rows: list[tuple[Cell, ...]] = []
    strangers: dict[StepKind, list[SyncItem]] = {}
    for item in report.items:
        if item.key is None and item.kind in REFUSED:
            strangers.setdefault(item.kind, []).append(item)
        elif item.kind is not StepKind.SAME or item.partly:
            rows.append((Cell(printable(item.who)), _said(item, t)))
    for items in strangers.values():
        shown = items if len(items) <= _MOST_STRANGERS else items[: _MOST_STRANGERS // 2]
        rows += [(Cell(printable(item.who)), _said(item, t)) for item in shown]
        if more := len(items) - len(shown):
            rows.append((Cell(t.plural("and {n} more", "and {n} more", more)), _said(items[-1], t)))
    return rows


def sync_failures(report: SyncReport, t: Translator) -> list[str]:
    """What needs a person: the same sentence once, and whom it is about."""
    about: dict[str, list[str]] = {}
    for item in report.items:
        if item.problem is not None:
            problem = at_the_command_line(item.problem)
            about.setdefault(f"{t.title(problem)} {t.hint(problem)}", []).append(item.who)
        if item.behind is not None:
            behind = at_the_command_line(item.behind)
            about.setdefault(f"{behind_words(behind, t)} {t.hint(behind)}", []).append(item.who)
    return [
        t("{account}: {note}", account=t(", ").join(_shortened(names, t)), note=said) for said, names in about.items()
    ]


def last_of_each_computer(report: SyncReport, now: datetime, t: Translator) -> list[str]:
    """What each computer last did in the table, the latest first; ``now`` is aware.

    While the key is changed also which of them are known to have the new one.
    """
    moment = Now(now, UTC)
    lines = [
        t("{account}: {note}", account=one.who, note=written_words(one.stamp, one.computer, moment, t))
        for one in last_changes(report)
    ]
    if report.is_key_changing and (holders := key_holders(report, moment, t)):
        lines += [*holders, key_holders_note(t)]
    return [printable(line) for line in lines]


def old_key_words(report: SyncReport, t: Translator) -> str:
    """Which rows only the old key of two opens, and what comes of that key."""
    names = {item.row_id: printable(item.who) for item in report.items}
    shown = t(", ").join(_shortened([names.get(row_id, printable(row_id)) for row_id in report.only_old_key], t))
    if report.old_key_ended:
        return t("Only the old key could decrypt these rows, which stay in the table: {accounts}", accounts=shown)
    if report.resealable:
        return t(
            "The old key is kept on this computer because only it can decrypt these rows: {accounts}. Sync again to "
            "write them with the new one.",
            accounts=shown,
        )
    return t(
        "The old key is kept on this computer because only it can decrypt these rows: {accounts}. Delete them in "
        "Supabase, or run it again with --yes to do without them.",
        accounts=shown,
    )


def sync_json(report: SyncReport) -> bytes:
    """All of it for programs, in English whatever the person speaks; without any token."""
    t = Translator()
    result = _SyncResult(
        ended_at=report.ended_at,
        sent=report.sent,
        received=report.received,
        same=report.same,
        refused=report.refused,
        failed=report.failed,
        not_saved_everywhere=report.partly,
        not_looked_at=report.left,
        encrypted_again=report.resealed,
        only_old_key=report.only_old_key,
        accounts=[
            _SyncedAccount(
                account_id=item.row_id,
                name=item.who,
                result=item.kind,
                error=_failure(item.problem or item.behind, t),
                last_change=item.stamp,
            )
            for item in report.items
        ],
        error=_failure(report.problem, t),
    )
    return json_result(result)


def _said(item: SyncItem, t: Translator) -> Cell:
    if item.kind is StepKind.FAILED or item.kind in REFUSED or item.partly:
        weight = Weight.CRITICAL if item.kind is StepKind.FAILED else Weight.WARNING
        words = t.title(item.problem) if item.problem is not None else done_words(item, t)
        if item.behind is not None:
            words = with_behind(words, item, item.behind, t)
        return Cell(printable(words), weight)
    return Cell(done_words(item, t), Weight.GOOD if item.kind in SENT | RECEIVED else Weight.PLAIN)


def _shortened(names: Sequence[str], t: Translator) -> list[str]:
    return [*names[:5], t.plural("{n} more", "{n} more", len(names) - 5)] if len(names) > 6 else list(names)


def _failure(problem: Problem | None, t: Translator) -> ResultFailure | None:
    return None if problem is None else result_failure(at_the_command_line(problem), t)
