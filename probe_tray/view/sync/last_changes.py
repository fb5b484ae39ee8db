"""What each computer last did in the shared table, as the last sync found it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import all_of
from probe_tray.core.sync.computers import computer_label, has_key
from probe_tray.core.sync.envelope import InCodexOn, RowAction, RowStamp
from probe_tray.core.sync.rows import SyncReport
from probe_tray.core.sync.setup import SyncState
from probe_tray.view.text.times import Now, ago
from probe_tray.view.text.translate import Translator

_SILENT: Final = timedelta(days=2)
"""A computer that uses an account in Codex says so each day that it syncs."""


class LastChange(msgspec.Struct, frozen=True, kw_only=True):
    """The latest row that one computer wrote."""

    computer: str
    """Its name, with a number where several have the same."""
    who: str
    """What a person calls the account of that row."""
    stamp: RowStamp
    has_newest_key: bool
    """Whether any of its rows shows that it has the key that this computer has, of two the new one."""


def last_changes(report: SyncReport) -> list[LastChange]:
    """The latest of each computer that wrote a row, the newest first. A computer that never wrote one is not there."""
    found: dict[str, list[tuple[RowStamp, str]]] = {}
    for item in report.items:
        stamp = item.stamp
        if stamp is not None and stamp.at is not None and (name := computer_label(stamp, report.computers)):
            found.setdefault(name, []).append((stamp, item.who))
    changes: list[LastChange] = []
    for name, rows in found.items():
        stamp, who = max(rows, key=lambda row: _moment(row[0]))
        newest = has_key([one for one, _ in rows], report.newest_key_id)
        changes.append(LastChange(computer=name, who=who, stamp=stamp, has_newest_key=newest))
    return sorted(changes, key=lambda one: -_moment(one.stamp))


def _moment(stamp: RowStamp) -> float:
    return 0.0 if stamp.at is None else stamp.at.timestamp()


def written_words(stamp: RowStamp, computer: str, now: Now, t: Translator) -> str:
    """That ``computer`` wrote a row last, and when; empty where the row does not say it."""
    if stamp.at is None or not computer:
        return ""
    facts = {"computer": computer, "when": ago(stamp.at, now, t)}
    match stamp.action:
        case RowAction.RENEWED:
            return t("renewed by {computer}, {when}", **facts)
        case RowAction.SHARED:
            return t("shared by {computer}, {when}", **facts)
        case RowAction.REMOVED:
            return t("removed by {computer}, {when}", **facts)


def shared_words(sync: SyncState, key: AccountKey, now: Now, t: Translator) -> str:
    """The same of an account, as the last sync found it; empty where nothing is known, as without a setup.

    What was not read since the program started, or since syncs fail, has the time of the last sync with it.
    """
    report = sync.report
    items = () if report is None or not sync.setup.begun else report.items
    stamp = next((item.stamp for item in items if item.key == key and item.stamp is not None), None)
    if report is not None and stamp is not None:
        return _with_codex(written_words(stamp, computer_label(stamp, report.computers), now, t), stamp, now, t)
    is_read = report is not None and report.newest_key_id
    if is_read or sync.earlier is None or (stamp := sync.earlier.stamps.get(key.slug)) is None:
        return ""
    written = _with_codex(written_words(stamp, computer_label(stamp, sync.earlier.computers), now, t), stamp, now, t)
    when = ago(sync.earlier.ended_at, now, t)
    return t("{what} (last sync {when})", what=written, when=when) if written else ""


def _with_codex(written: str, stamp: RowStamp, now: Now, t: Translator) -> str:
    """``written`` with the other computers on which Codex works with the account."""
    if not (written and stamp.in_codex):
        return written
    computers = t.said(all_of([*_computers(stamp.in_codex, now, t)]))
    return t("{what}, in use by Codex on {computers}", what=written, computers=computers)


def _computers(found: tuple[InCodexOn, ...], now: Now, t: Translator) -> Iterator[str]:
    for one in found:
        if one.at is None or now.moment - one.at < _SILENT:
            yield one.computer
        else:
            yield t("{computer} (last heard {when})", computer=one.computer, when=ago(one.at, now, t))


def key_holders(report: SyncReport, now: Now, t: Translator) -> list[str]:
    """Which computers are known to have the newest key, and which are not; a line for each."""
    lines: list[str] = []
    for change in last_changes(report):
        facts = {"computer": change.computer, "did": _did(change.stamp, now, t)}
        if change.has_newest_key:
            lines.append(t("{computer}: has the new key. {did}", **facts))
        else:
            lines.append(t("{computer}: not known to have the new key. {did}", **facts))
    return lines


def key_holders_note(t: Translator) -> str:
    """What such a list can't say."""
    return t("A computer shows that it has the new key when it next syncs. One that never shared a login isn't listed.")


def _did(stamp: RowStamp, now: Now, t: Translator) -> str:
    when = "" if stamp.at is None else ago(stamp.at, now, t)
    match stamp.action:
        case RowAction.RENEWED:
            return t("Last renewed a login {when}.", when=when)
        case RowAction.SHARED:
            return t("Last shared a login {when}.", when=when)
        case RowAction.REMOVED:
            return t("Last removed an account {when}.", when=when)
