"""Sync in words: how it stands, what came of the last one, and what is asked before a row is overwritten."""

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ProbeError, Problem, SyncKeyError, SyncOpenedError
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import OVERWRITABLE, RECEIVED, REFUSED, SENT, SETTLED, StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SyncSetup, SyncState
from probe_tray.core.sync.table_change import TableChangeKind
from probe_tray.view.sync.advice import advice_of
from probe_tray.view.sync.setup_view import key_changing
from probe_tray.view.text.privacy import mask
from probe_tray.view.text.times import Now, ago, stamp
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Tone

_DONE = {
    StepKind.UPLOAD_NEW: mark("Sent: only this computer had it."),
    StepKind.UPLOAD_NEWER: mark("Sent: this computer has a newer login."),
    StepKind.REPAIR: mark("Sent again: the table had an older login."),
    StepKind.OVERWRITE: mark("Sent, replacing an unreadable row."),
    StepKind.RESTORE: mark("Received: only the table had it."),
    StepKind.ADOPT: mark("Received: the table has a newer login."),
    StepKind.REMOVED: mark(
        "You removed it from this computer, so it was not brought back. To use it here again, log in."
    ),
    StepKind.SAME: mark("Already the same."),
    StepKind.WITHDRAWN: mark("Removed from the table for all computers, so it isn't shared."),
    StepKind.WITH_CODEX: mark(
        "Not shared: Codex renews it. To share it, use the account in Codex without its refresh token."
    ),
    StepKind.HELD_BACK: mark("Not sent: its refresh token may no longer work. The table was not changed."),
    StepKind.NOT_TAKEN: mark("Not taken: the login in the table has ended. The one on this computer stays."),
}
_OVERWRITTEN = {
    StepKind.ROLLED_BACK: mark("Sent, replacing an old row that was put back."),
    StepKind.WITHDRAWN: mark("Sent: it is shared again."),
}
"""What was done with a row that was overwritten with permission, by what was wrong with it, if there is more to say."""
_ORDER = (
    StepKind.FAILED,
    StepKind.UNDECRYPTABLE,
    StepKind.GARBAGE,
    StepKind.ID_MISMATCH,
    StepKind.ALTERED,
    StepKind.ROLLED_BACK,
    StepKind.OLDER_THAN_SEEN,
    StepKind.OTHER_MEMBER,
    StepKind.HELD_BACK,
    StepKind.NOT_TAKEN,
    StepKind.REPAIR,
    StepKind.OVERWRITE,
    StepKind.UPLOAD_NEW,
    StepKind.UPLOAD_NEWER,
    StepKind.RESTORE,
    StepKind.ADOPT,
    StepKind.REMOVED,
    StepKind.WITH_CODEX,
    StepKind.WITHDRAWN,
    StepKind.SAME,
)
"""What needs a person comes first."""
_MOST_ROWS = 500
"""Anybody with the publishable key may have put any number of rows into the table."""


class SyncRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account in the result."""

    row_id: str
    who: str
    said: str
    """What was done with it, or why nothing was."""
    advice: str = ""
    told: str = ""
    """Both in one."""
    tone: Tone | None = None
    overwritable: bool = False
    """Whether the person may have its row replaced."""
    kind: StepKind | None = None
    """What became of it; None for the line that counts others."""
    removable: AccountKey | None = None
    """The account that the person may take out of the table for all computers."""


class SyncResultView(msgspec.Struct, frozen=True, kw_only=True):
    """The window of the sync that runs or that ran last."""

    window_title: str
    title: str
    text: str
    columns: tuple[str, str]
    rows: tuple[SyncRow, ...]
    done: int
    total: int
    """0 while nobody knows how many there are."""
    running: bool
    overwrite: str
    overwrite_all: str
    """Offered where no row could be read at all, most likely since the key was lost; empty elsewhere."""
    allow_open: str
    """Offered where the table is no longer protected; empty elsewhere."""
    withdraw: str
    again: str
    """Empty while one runs."""
    close: str


class SyncBoxView(msgspec.Struct, frozen=True, kw_only=True):
    """Sync in the settings window."""

    said: str
    """How it stands."""
    advice: str
    tone: Tone | None
    last: str
    """What came of the last one; empty before the first."""
    key_change: str
    """Goes on with a change of the key; empty where none is under way."""
    set_up: str
    sync_now: str
    """Empty where it cannot begin."""
    result: str


def sync_box(state: AppState, now: Now, t: Translator) -> SyncBoxView:
    """How sync stands, for the settings window."""
    sync = state.sync
    said, advice, tone = _status(sync.setup, t)
    return SyncBoxView(
        said=said,
        advice=advice,
        tone=tone,
        last=last_sync(sync, now, t),
        key_change=t("&Key change…") if sync.setup.is_key_changing else "",
        set_up=t("Change s&etup…") if sync.setup.begun else t("S&et up sync…"),
        sync_now=t("S&ync now") if can_begin(sync.setup) and not sync.running else "",
        result=t("Last &result…") if sync.report is not None or sync.running else "",
    )


def can_begin(setup: SyncSetup) -> bool:
    """Whether trying is worth it: a keyring that was locked may be open by now."""
    return setup.ready or (setup.begun and setup.problem is not None)


def last_sync(sync: SyncState, now: Now, t: Translator) -> str:
    """What came of the last sync, in a line; empty before the first."""
    if sync.running:
        return t("Syncing…")
    report = sync.report
    if report is None:
        return ""
    when = ago(report.ended_at, now, t)
    if report.problem is not None:
        return t("Last sync {when}: {what}", when=when, what=t.title(report.problem))
    return t("Last sync {when}: {what}.", when=when, what=counts(report, t))


def counts(report: SyncReport, t: Translator) -> str:
    """How many of what: "2 sent, 1 received, 4 the same"."""
    parts = (
        (report.sent, t("{n} sent", n=str(report.sent))),
        (report.received, t("{n} received", n=str(report.received))),
        (report.same, t("{n} the same", n=str(report.same))),
        (report.refused, t.plural("{n} needs a look", "{n} need a look", report.refused)),
        (report.failed, t("{n} failed", n=str(report.failed))),
        (report.partly, t("{n} not saved everywhere", n=str(report.partly))),
        (report.unshared, t("{n} not shared", n=str(report.unshared))),
        (report.left, t("{n} not checked", n=str(report.left))),
        (report.resealed, t("{n} encrypted again", n=str(report.resealed))),
    )
    words = [text for count, text in parts if count]
    return t(", ").join(words) if words else t("nothing to share")


def done_words(item: SyncItem, t: Translator) -> str:
    """What was done with an account."""
    if item.replaced in _OVERWRITTEN:
        return t(_OVERWRITTEN[item.replaced])
    return t(_DONE[item.kind]) if item.kind in _DONE else t("Nothing was done.")


def behind_words(fault: Problem, t: Translator) -> str:
    """What happened to an account of which ``fault`` kept a place here from getting its login, without what to do."""
    return t("Not saved everywhere: {fault}", fault=t.title(fault))


def with_behind(said: str, item: SyncItem, fault: Problem, t: Translator) -> str:
    """The same after what else is ``said`` of ``item``, if that is more than that all went well."""
    is_well = item.problem is None and item.kind in SETTLED
    return t.joined(("" if is_well else said, behind_words(fault, t)))


def sync_result(state: AppState, now: Now, t: Translator) -> SyncResultView:
    """The window for the sync that ``state`` knows; without one it says that there was none yet."""
    sync, report = state.sync, state.sync.report
    busy = sync.running or (sync.change is not None and sync.change.running)
    items = () if report is None or sync.running else report.items
    title, text = _heading(sync, now, t)
    shown = _most_important(sorted(items, key=lambda item: 0 if item.partly else _ORDER.index(item.kind)))
    rows = [_row(item, state, t) for item in shown]
    if more := len(items) - len(shown):
        rows.append(SyncRow(row_id="", who=t.plural("and {n} more", "and {n} more", more), said=""))
    return SyncResultView(
        window_title=t("Sync result"),
        title=title,
        text=text,
        columns=(t("Account"), t("What happened")),
        rows=tuple(rows),
        done=sync.done,
        total=sync.total,
        running=busy,
        overwrite=t("&Overwrite this row…"),
        overwrite_all=t("&Overwrite the rows of my accounts…")
        if _failed(sync, SyncKeyError) and state.accounts
        else "",
        allow_open=t("&Use it unprotected…") if _failed(sync, SyncOpenedError) else "",
        withdraw=t("&Remove from the table…"),
        again=t("Sync &again") if can_begin(sync.setup) and not busy else "",
        close=t("Close"),
    )


def result_row(row_id: str, state: AppState, t: Translator) -> SyncRow | None:
    """What became of one account, also while the next sync runs; None once that has said nothing of it."""
    items = () if state.sync.report is None else state.sync.report.items
    return next((_row(item, state, t) for item in items if item.row_id == row_id), None)


def _most_important(items: list[SyncItem]) -> list[SyncItem]:
    """As many as a window can show; accounts that are here go before rows of nobody knows whom."""
    if len(items) <= _MOST_ROWS:
        return items
    nobodys = [item.key is None and item.kind in REFUSED for item in items]
    first = sorted(range(len(items)), key=lambda place: (nobodys[place], place))[:_MOST_ROWS]
    return [items[place] for place in sorted(first)]


def _failed(sync: SyncState, kind: type[ProbeError]) -> bool:
    """Whether the last sync as a whole failed for this reason."""
    problem = None if sync.report is None or sync.running else sync.report.problem
    return problem is not None and problem.is_a(kind)


def _status(setup: SyncSetup, t: Translator) -> tuple[str, str, Tone | None]:
    if not setup.begun:
        said = t(
            "Share your logins between your computers through a table in your own Supabase project. "
            "They are encrypted with a key that only your computers have."
        )
        return said, "", None
    if setup.problem is not None:
        return t.title(setup.problem), t.hint(setup.problem), Tone.WARNING
    if setup.ready:
        return (
            t("Sync is set up with {url}.", url=setup.url),
            key_changing(t) if setup.is_key_changing else "",
            Tone.CALM,
        )
    return t("Sync isn't fully set up."), t("Finish the setup. Nothing is shared until then."), Tone.WARNING


def _heading(sync: SyncState, now: Now, t: Translator) -> tuple[str, str]:
    report, change = sync.report, sync.change
    if change is not None and change.kind is TableChangeKind.STOP_SHARING and not sync.running:
        if change.running:
            return t("Removing the account from the table…"), ""
        if change.problem is not None:
            return t.title(change.problem), advice_of(change.problem, t)
    if sync.running:
        said = t("{done} of {total} accounts done.", done=str(sync.done), total=str(sync.total)) if sync.total else ""
        return t("Syncing…"), said or t("Reading the table…")
    if report is None:
        return t("Not synced yet"), ""
    when = t("Last sync: {when}.", when=stamp(report.ended_at, now, t))
    if report.problem is not None:
        said = t("{first} {second}", first=t.hint(report.problem), second=when)
        return t.title(report.problem), said
    if report.well:
        return _sentence(counts(report, t), t), when
    advice = t("Those that need you are at the top.")
    return _sentence(counts(report, t), t), t("{first} {second}", first=advice, second=when)


def _sentence(text: str, t: Translator) -> str:
    return t("Done: {what}", what=text)


def _row(item: SyncItem, state: AppState, t: Translator) -> SyncRow:
    who, settings = item.who, state.settings
    said, advice, problem = done_words(item, t), "", item.problem
    tone = Tone.CALM if item.kind in SENT | RECEIVED else None
    removable = None
    if item.kind is StepKind.REMOVED:
        change = state.sync.change
        tried = change if change is not None and change.account == item.key else None
        problem = None if tried is None else tried.problem
        if tried is not None and tried.running:
            said = t("Removing it from the table…")
        elif state.sync.setup.is_protected:
            removable = item.key
        else:
            # Out of a table that is not protected any computer would bring it back.
            advice = t("To remove it from the table too, first protect the table with the SQL from Set up sync.")
    if problem is not None:
        problem = _masked(problem) if settings.privacy else problem
        said, advice = t.title(problem), t.hint(problem)
    if item.behind is not None:
        behind = _masked(item.behind) if settings.privacy else item.behind
        said, advice = with_behind(said, item, behind, t), t.joined((advice, t.hint(behind)))
    if problem is not None or item.behind is not None:
        tone = Tone.CRITICAL if item.kind is StepKind.FAILED else Tone.WARNING
    return SyncRow(
        row_id=item.row_id,
        who=mask(who) if settings.privacy else who,
        said=said,
        advice=advice,
        told=t.joined((said, advice)),
        tone=tone,
        overwritable=item.kind in OVERWRITABLE and item.key is not None,
        kind=item.kind,
        removable=removable,
    )


def _masked(problem: Problem) -> Problem:
    return problem.with_facts(mask)
