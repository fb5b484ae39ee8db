"""The window in which the key of the shared table is changed, in words."""

import enum

import msgspec

from probe_tray.core.errors import SyncUnprotectedError
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import SyncReport
from probe_tray.core.sync.setup import KEY, SecretPlace, SyncState
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.view.sync.advice import advice_of
from probe_tray.view.sync.last_changes import key_holders, key_holders_note, last_changes
from probe_tray.view.sync.setup_view import NextComputerView, code_view
from probe_tray.view.text.privacy import mask
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Question

_MOST_ROWS = 6
"""Anybody who can write to the database may have put any number of rows there."""


class _Phase(enum.Enum):
    BEFORE = "before"
    UNDER_WAY = "under way"
    ENDED = "ended"


class KeyChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """The window, from top to bottom."""

    window_title: str
    title: str
    text: str
    busy: bool
    said: str
    """What failed; empty where nothing did. Likewise ``advice``, what to do about it."""
    advice: str
    code: NextComputerView | None
    """None before there is a new key, and once it is the only one."""
    computers_title: str
    """Empty where the computers are no question. Likewise ``computers``, a line for each."""
    computers: str
    computers_note: str
    copy_key: str
    """Each button is empty where it does nothing now."""
    key_copied: str
    check: str
    replace: str
    begin: str
    end: str
    close: str


def key_change(state: AppState, since: int, seconds: int, now: Now, t: Translator) -> KeyChangeView:
    """The window, opened after the change of this number. A copied secret stays in the clipboard for ``seconds``."""
    sync = state.sync
    change = sync.change if sync.change is not None and sync.change.number > since else None
    phase, runs = _phase(sync, change), change is not None and change.running
    busy = runs or (sync.running and phase is not _Phase.BEFORE)
    said, advice = ("", "") if busy else _failure(state, change, phase, t)
    title, text = _heading(sync, phase, t)
    under_way, ended = phase is _Phase.UNDER_WAY, phase is _Phase.ENDED
    unprotected = change is not None and change.problem is not None and change.problem.is_a(SyncUnprotectedError)
    check = t("Check &again") if under_way else t("Sync &again") if ended and said else ""
    return KeyChangeView(
        window_title=t("Change the encryption key"),
        title=_running(change, t) if runs else title,
        text=text,
        busy=busy,
        said=said,
        advice=advice,
        code=_code(seconds, t) if under_way else None,
        computers_title=t("Your computers, as of the last sync") if under_way else "",
        computers=_computers(sync, now, t) if under_way else "",
        computers_note=key_holders_note(t) if under_way else "",
        copy_key=t("Copy new &key") if under_way or ended else "",
        key_copied=t(
            "Copied. Keep it where you keep your passwords. It is removed from the clipboard in {seconds} seconds.",
            seconds=str(seconds),
        ),
        check="" if busy else check,
        replace=t("&Replace the key…") if unprotected and not busy else "",
        begin=t("&Make a new key") if phase is _Phase.BEFORE and not busy else "",
        end=t("En&d old key…") if under_way and not busy else "",
        close=t("Close"),
    )


def _computers(sync: SyncState, now: Now, t: Translator) -> str:
    if not _is_known(sync):
        return t("Not known yet. Choose “Check again” to see them.")
    lines = [] if sync.report is None else key_holders(sync.report, now, t)
    return "\n".join(lines) or t("No computer has shared a login yet.")


def _is_known(sync: SyncState) -> bool:
    """Whether the table was read since the program started."""
    return sync.report is not None and bool(sync.report.newest_key_id)


def ending_key(sync: SyncState, t: Translator) -> Question:
    """Whether to end the old key: whom that shuts out."""
    report = sync.report
    without = [] if report is None else [one.computer for one in last_changes(report) if not one.has_newest_key]
    words = [
        t("Computers that don't have the new key can't use the table anymore. The logins they have stay there."),
        ""
        if _is_known(sync)
        else t("Which computers have it isn't known yet. Choose “Check again” first to see them."),
        t.plural(
            "{computers} doesn't seem to have it yet.",
            "These computers don't seem to have it yet: {computers}.",
            len(without),
            computers=t(", ").join(without),
        )
        if without
        else "",
        key_holders_note(t),
        t("Keep a copy of the new key: an old copy can't open anything after this."),
    ]
    return Question(
        window_title=t("End the old key"),
        title=t("End the old key?"),
        text="\n\n".join(word for word in words if word),
        yes=t("&End old key"),
        no=t("Cancel"),
    )


def _phase(sync: SyncState, change: TableChange | None) -> _Phase:
    ends = change is not None and change.kind is TableChangeKind.END_OLD_KEY
    done = change is not None and not change.running and change.problem is None
    report = sync.report
    is_over = report is not None and (report.old_key_ended or bool(report.only_old_key))
    if (ends and done) or (is_over and sync.setup.is_key_changing):
        return _Phase.ENDED
    return _Phase.UNDER_WAY if sync.setup.is_key_changing else _Phase.BEFORE


def _running(change: TableChange | None, t: Translator) -> str:
    ends = change is not None and change.kind is TableChangeKind.END_OLD_KEY
    return t("Ending the old key…") if ends else t("Making a new key…")


def _heading(sync: SyncState, phase: _Phase, t: Translator) -> tuple[str, str]:
    match phase:
        case _Phase.BEFORE:
            return t("Change the encryption key"), t(
                "Probe Tray makes a new key. Until you end the old one, the table accepts both and every login stays "
                "readable. To remove a computer, change the key and don't give that computer the new code. It keeps "
                "the logins it has; if it was stolen, log out of those accounts at OpenAI too."
            )
        case _Phase.UNDER_WAY:
            return t("Give your other computers the new key"), t(
                "The table accepts the new key and the old one. Enter the code on every computer that you want to "
                "keep, and keep a copy of the new key. Then end the old key. You can close this window and go on later."
            )
        case _Phase.ENDED:
            return t("The key is changed"), t.joined(
                (
                    t("Only the new key is accepted now. Computers that don't have it can't use the table anymore."),
                    t("Keep a copy of the new key: an old copy can't open anything."),
                    _in_file(sync, t),
                )
            )


def _in_file(sync: SyncState, t: Translator) -> str:
    if sync.setup.key is not SecretPlace.FILE or not sync.setup.is_key_changing:
        return ""
    return t("Remove the colon and the old key from {name} in the configuration file.", name=KEY)


def _failure(state: AppState, change: TableChange | None, phase: _Phase, t: Translator) -> tuple[str, str]:
    sync = state.sync
    if change is not None and change.problem is not None:
        return t.title(change.problem), advice_of(change.problem, t)
    if sync.setup.problem is not None:
        return t.title(sync.setup.problem), t.hint(sync.setup.problem)
    problem = None if sync.report is None else sync.report.problem
    if phase is not _Phase.BEFORE and problem is not None:
        return t("The last sync failed: {what}", what=t.title(problem)), t.hint(problem)
    if phase is not _Phase.ENDED or sync.report is None or sync.report.old_key_ended or not sync.setup.is_key_changing:
        return "", ""
    if not sync.report.only_old_key:
        return t("Some rows still need the old key."), t("Sync again to write them with the new one.")
    said = t("This computer keeps the old key because only it can decrypt these rows:")
    if sync.report.resealable:
        advice = t("Sync again to write them with the new one.")
    else:
        advice = t("Delete them in Supabase, then sync again. Until then this computer keeps the old key.")
    return "\n".join((said, *_only_old_key(state, sync.report, t))), advice


def _only_old_key(state: AppState, report: SyncReport, t: Translator) -> list[str]:
    """A line for each row: whose it is, and why it isn't written with the new key."""
    items = {item.row_id: item for item in report.items}
    lines: list[str] = []
    for row_id in report.only_old_key[:_MOST_ROWS]:
        item = items.get(row_id)
        who = row_id if item is None or not item.who else item.who
        problem = None if item is None else item.problem
        why = t("It isn't written with the new key yet.") if problem is None else t.title(problem)
        lines.append(t("{account}: {note}", account=mask(who) if state.settings.privacy else who, note=why))
    more = len(report.only_old_key) - len(lines)
    return [*lines, t.plural("{n} more", "{n} more", more)] if more > 0 else lines


def _code(seconds: int, t: Translator) -> NextComputerView:
    return code_view(
        t("The code for your other computers"),
        t("It has the address and the keys. Anyone who sees it can use your logins, so show it only when you need it."),
        seconds,
        t,
    )
