"""The window that takes logins out of files: what was found, what would happen, what came of it."""

from collections.abc import Mapping, Sequence

import msgspec

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import Problem
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.transfer.import_plan import COPY_WARNING, ImportAction
from probe_tray.core.transfer.state import ImportOutcome, ImportPhase, ImportRow, ImportState, RowId
from probe_tray.view.text.times import Now, until
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.transfer.words import (
    MISSING,
    action_tone,
    action_words,
    expected,
    format_name,
    place_of,
    said_once,
    without_names,
)
from probe_tray.view.view_models import Tone

_NOTHING = ImportState(phase=ImportPhase.READY)
_BUSY = frozenset({ImportPhase.READING, ImportPhase.COMPARING, ImportPhase.TAKING})
_PASTED = mark("pasted text")
_SEPARATORS = ("/", "\\")

Chosen = Mapping[RowId, bool]
"""What the person has ticked or unticked."""


class ImportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One login that was found."""

    id: RowId
    name: str
    detail: str
    """Where it was found, and in which format."""
    ends: str
    said: str
    tone: Tone | None
    tip: str
    """The whole of it."""
    tickable: bool
    ticked: bool


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """All of the window."""

    window_title: str
    title: str
    text: str
    warning: str
    """Empty where nothing warns. Likewise ``trouble``."""
    trouble: str
    columns: tuple[str, str, str]
    lines: tuple[ImportLine, ...]
    everything: str
    """The box that ticks all of them; empty where there is nothing to choose."""
    all_ticked: bool | None
    """None: some are."""
    drop: str
    """Shown in place of the table while there is nothing in it."""
    busy: bool
    done: int
    total: int
    """0 while it is not known."""
    choose_files: str
    choose_folder: str
    paste: str
    """The three ways to add something; all are empty while nothing can be added."""
    choose_files_title: str
    choose_folder_title: str
    take: str
    """A button's words. Empty: no such button now. The same for the others."""
    can_take: bool
    stop: str
    again: str
    close: str


def ticked(row: ImportRow, chosen: Chosen) -> bool:
    """Whether a login is to be taken: what the client here goes on using only if the person says so."""
    return row.takeable and chosen.get(row.id, not row.in_use)


def import_view(
    state: AppState, chosen: Chosen, now: Now, t: Translator, *, nothing_pasted: bool = False
) -> ImportView:
    """The window for the import that ``state`` knows. ``nothing_pasted``: there was nothing to paste just now."""
    found, settings = state.importing or _NOTHING, state.settings
    phase, rows = found.phase, found.rows
    choosing = phase is ImportPhase.READY
    able = [row for row in rows if row.takeable]
    picked = [row for row in able if ticked(row, chosen)]
    adding = phase is not ImportPhase.TAKING
    return ImportView(
        window_title=t("Import logins"),
        title=_title(found, len(picked), t),
        text=_text(found, picked, settings, t),
        warning=_warning(picked if choosing else (), t, nothing_pasted=nothing_pasted),
        trouble=t.joined(said_once((_hidden(p, settings) for p in found.problems), t)),
        columns=(
            t("Account"),
            t("Expires"),
            t("What happened") if phase is ImportPhase.DONE else t("What happens"),
        ),
        lines=tuple(_line(row, found, chosen, settings, now, t) for row in rows),
        everything=t("&All that can be imported") if choosing and len(able) > 1 else "",
        all_ticked=None if 0 < len(picked) < len(able) else bool(picked),
        drop=t("Drop files or folders here"),
        busy=phase in _BUSY,
        done=found.done,
        total=0 if phase is ImportPhase.COMPARING else found.total,
        choose_files=t("Choose &files…") if adding else "",
        choose_folder=t("Choose f&older…") if adding else "",
        paste=t("&Paste") if adding else "",
        choose_files_title=t("Choose files with logins"),
        choose_folder_title=t("Choose a folder with logins"),
        take=_take(len(picked), t) if choosing and able else "",
        can_take=bool(picked) and not found.blocked,
        stop=t("&Stop") if phase in {ImportPhase.READING, ImportPhase.TAKING} else "",
        again=t("&Try again") if choosing and found.problems else "",
        close=t("Cancel") if choosing and able else t("Close"),
    )


def _warning(picked: Sequence[ImportRow], t: Translator, *, nothing_pasted: bool) -> str:
    if nothing_pasted:
        return t("The clipboard has no text and no files. Copy a login or its file first, then paste again.")
    return t(COPY_WARNING) if any(row.renewable for row in picked) else ""


def _title(found: ImportState, picked: int, t: Translator) -> str:
    match found.phase:
        case ImportPhase.READING:
            return t("Reading…")
        case ImportPhase.COMPARING:
            return t("Comparing with your saved logins…")
        case ImportPhase.TAKING:
            return t("Importing…")
        case ImportPhase.DONE:
            good = sum(_good(row.outcome) for row in found.rows)
            return t.plural("{n} login was imported", "{n} logins were imported", good)
        case ImportPhase.READY:
            pass
    if not found.rows:
        return t("Import logins")
    if _no_login(found):
        return t("That is not a login") if len(found.rows) == 1 else t("No login found")
    if not any(row.takeable for row in found.rows):
        return t("Nothing new to import")
    return t.plural("{n} login to import", "{n} logins to import", picked)


def _text(found: ImportState, picked: Sequence[ImportRow], settings: Settings, t: Translator) -> str:
    match found.phase:
        case ImportPhase.READING if found.total:
            return t.plural("{done} of {n} file read.", "{done} of {n} files read.", found.total, done=str(found.done))
        case ImportPhase.TAKING:
            return t.plural(
                "{done} of {n} login imported.", "{done} of {n} logins imported.", found.total, done=str(found.done)
            )
        case ImportPhase.DONE:
            return _ending(found, t)
        case ImportPhase.READY if not found.rows:
            return t(
                "Drop files or folders here, choose them, or paste what you copied. Probe Tray reads "
                "logins from codex-probe, CLIProxyAPI, sub2api and the Codex client. You see what was "
                "found before anything is imported, and your files are not changed."
            )
        case ImportPhase.READY if _no_login(found):
            return t(
                "Probe Tray reads Codex logins as JSON from codex-probe, CLIProxyAPI, sub2api and the Codex "
                "client (auth.json)."
            )
        case ImportPhase.READY:
            return _what_happens(found, picked, settings, t)
        case ImportPhase.READING | ImportPhase.COMPARING:
            return ""


def _no_login(found: ImportState) -> bool:
    """Whether nothing of what was read is a login of anybody."""
    return not any(row.account is not None or row.personal or row.action is ImportAction.DEAD for row in found.rows)


def _what_happens(found: ImportState, picked: Sequence[ImportRow], settings: Settings, t: Translator) -> str:
    folder = found.target is not StoreKind.VAULT and settings.sync_dir
    place = _shown(settings.sync_dir, settings) if folder else t("the vault")
    said = [t("Stopped before everything was read.")] if found.stopped else []
    if picked:
        said.append(
            expected(len(picked), len(found.rows), place, t, are_logins=all(row.problem is None for row in found.rows))
        )
    new = sum(row.action is ImportAction.ADD for row in picked)
    if new:
        said.append(t.plural("{n} account is new here.", "{n} accounts are new here.", new))
    newer = sum(row.action is ImportAction.REPLACE for row in picked)
    if newer:
        said.append(t.plural("{n} account gets a newer login.", "{n} accounts get a newer login.", newer))
    if others := len(picked) - new - newer:
        said.append(t.plural("{n} account gets another login.", "{n} accounts get another login.", others))
    dead = sum(row.action is ImportAction.DEAD for row in found.rows)
    if dead:
        said.append(t.plural("{n} login no longer works.", "{n} logins no longer work.", dead))
    broken = sum(row.problem is not None for row in found.rows) - dead
    if broken:
        said.append(t.plural("{n} is not a login.", "{n} are not logins.", broken))
    return t.joined((*said, t("Your files are not changed.")))


def _ending(found: ImportState, t: Translator) -> str:
    tried = [row.outcome for row in found.rows if row.outcome is not None]
    good = sum(_good(outcome) for outcome in tried)
    broken = sum(row.problem is not None for row in found.rows)
    failed = sum(outcome.problem is not None for outcome in tried)
    # How many were imported is the title.
    left = len(found.rows) - good - failed - broken
    said = t("{left} skipped, {failed} failed.", left=str(left), failed=str(failed + broken))
    return f"{t('Stopped. Logins imported so far are kept.')} {said}" if found.stopped else said


def _good(outcome: ImportOutcome | None) -> bool:
    return outcome is not None and outcome.action is not None and outcome.action.takes


def _take(picked: int, t: Translator) -> str:
    return t.plural("&Import {n} login", "&Import {n} logins", picked) if picked else t("&Import")


def _line(
    row: ImportRow, found: ImportState, chosen: Chosen, settings: Settings, now: Now, t: Translator
) -> ImportLine:
    choosing = found.phase is ImportPhase.READY
    picked = ticked(row, chosen)
    whole = place_of(_location(row.id, t), row.id.entry, t)
    said, tone = _said(row, picked=picked, ended=found.phase is ImportPhase.DONE, settings=settings, t=t)
    notes = (t("The Codex client on this computer uses this login."),) if row.in_use else ()
    advice = "" if row.problem is None else t.hint(_hidden(row.problem, settings))
    more = (*notes, *(t.said(note) for note in row.notes), advice)
    shown = _name(row, settings)
    return ImportLine(
        id=row.id,
        name=shown,
        detail=_detail(row, settings, t),
        ends=_ends(row, now, t),
        said=said,
        tone=tone,
        tip="\n".join(filter(None, (shown, _shown(whole, settings), said, *more))),
        tickable=choosing and row.takeable,
        ticked=picked if choosing else _good(row.outcome),
    )


def _name(row: ImportRow, settings: Settings) -> str:
    if row.account is None:
        return MISSING
    if settings.privacy and not row.email:
        return f"#{row.account.slug[:4]}"
    first = _shown(row.email, settings) or row.workspace or row.account.account_id
    # One address may own several workspaces, which privacy mode does not name.
    more = row.plan.replace("_", " ").title() if settings.privacy or not row.workspace else row.workspace
    return " · ".join(dict.fromkeys(filter(None, (first, more))))


def _said(row: ImportRow, *, picked: bool, ended: bool, settings: Settings, t: Translator) -> tuple[str, Tone | None]:
    outcome = row.outcome
    if row.problem is not None:
        return t.title(_shortened(_hidden(row.problem, settings))), Tone.CRITICAL
    if outcome is None:
        if not row.takeable or (picked and not ended):
            return action_words(row.action, t), action_tone(row.action)
        if row.in_use and not picked:
            return t("Not selected: the Codex client on this computer uses it"), None
        return (t("Not selected") if not picked else t("Skipped")), None
    if outcome.problem is not None:
        problem = _hidden(outcome.problem, settings)
        return t("Failed: {first} {second}", first=t.title(problem), second=t.hint(problem)), Tone.CRITICAL
    if not _good(outcome):
        return action_words(outcome.action or row.action, t), None
    if outcome.faults:
        faults = t.joined(said_once((_hidden(f, settings) for f in outcome.faults), t))
        return t("Imported, but not saved everywhere: {faults}", faults=faults), Tone.WARNING
    return t("Imported"), Tone.CALM


def _ends(row: ImportRow, now: Now, t: Translator) -> str:
    if row.expires_at is None:
        return MISSING
    return t("ended") if row.expires_at <= now.moment else until(row.expires_at, now, t)


def _detail(row: ImportRow, settings: Settings, t: Translator) -> str:
    place = place_of(_last(_location(row.id, t)), row.id.entry, t)
    both = format_name(row.format, t), _shown(place, settings)
    return " · ".join(part for part in both if part not in {"", MISSING})


def _location(row: RowId, t: Translator) -> str:
    """The file, or what was pasted: the second time with its number."""
    number = row.location.removeprefix(_PASTED)
    return row.location if number == row.location else f"{t(_PASTED)}{number}"


def _last(path: str) -> str:
    """The file's own name; the folders before it are in the tip."""
    for separator in _SEPARATORS:
        path = path.rstrip(separator).rpartition(separator)[2] or path
    return path


def _shortened(problem: Problem) -> Problem:
    """Its file by its name alone, as it stands beside it."""
    facts = tuple((name, _last(value) if name == "path" else value) for name, value in problem.facts)
    return msgspec.structs.replace(problem, facts=facts)


def _hidden(problem: Problem, settings: Settings) -> Problem:
    return problem.with_facts(lambda text: _shown(text, settings))


def _shown(text: str, settings: Settings) -> str:
    return without_names(text, privacy=settings.privacy)
