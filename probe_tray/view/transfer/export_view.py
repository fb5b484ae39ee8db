"""The window that writes logins and numbers for other programs."""

import enum
from collections.abc import Collection, Iterable, Mapping

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.state import AccountState, AppState
from probe_tray.core.transfer.export import SHARED_WARNING, ExportFormat, live_warning
from probe_tray.core.transfer.state import ExportPhase, ExportState
from probe_tray.view.panel.survey import label, plan_beside, told_apart
from probe_tray.view.text.privacy import discreet_account
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.transfer.words import enumerated, not_renewable_words, said_once, without_names
from probe_tray.view.view_models import Question, Tone


class ExportKind(enum.Enum):
    """What can be written."""

    TABLE = "table"
    PROBE = "codex-probe"
    PROXY_API = "cliproxyapi"
    OFFICIAL = "auth.json"
    SUB2API = "sub2api"
    LINES = "jsonl"

    @property
    def format(self) -> ExportFormat | None:
        """The format of logins; None for the table, which holds none."""
        return None if self is ExportKind.TABLE else ExportFormat(self.value)


_WORDS: Mapping[ExportKind, tuple[str, str]] = {
    ExportKind.TABLE: (
        mark("Usage table (CSV)"),
        mark("Each account's usage, for a spreadsheet. Contains no logins."),
    ),
    ExportKind.PROBE: (
        mark("Logins: codex-probe files"),
        mark("One file per account, for codex-probe or Probe Tray on another computer."),
    ),
    ExportKind.PROXY_API: (
        mark("Logins: CLIProxyAPI files"),
        mark("One file per account, for CLIProxyAPI's login folder."),
    ),
    ExportKind.OFFICIAL: (
        mark("Logins: auth.json for the Codex client"),
        mark("One file per account. The client reads the one called auth.json."),
    ),
    ExportKind.SUB2API: (mark("Logins: sub2api file"), mark("All accounts in one file.")),
    ExportKind.LINES: (mark("Logins: JSON lines"), mark("All accounts in one file, one per line.")),
}


_IN_ONE_FILE = frozenset({ExportKind.TABLE, ExportKind.SUB2API, ExportKind.LINES})


class ExportChoices(msgspec.Struct, frozen=True, kw_only=True):
    """What the person has chosen so far."""

    kind: ExportKind = ExportKind.TABLE
    chosen: frozenset[AccountKey] | None = None
    """The accounts that were ticked; None for all of them, whichever come."""
    refresh_tokens: bool = True
    hide: bool = False

    def wants(self, key: AccountKey) -> bool:
        """Whether an account is ticked."""
        return self.chosen is None or key in self.chosen


class ExportAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that may be written."""

    key: AccountKey
    name: str
    note: str
    """Why it cannot be chosen; empty where it can."""
    ticked: bool


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """All of the window."""

    window_title: str
    title: str
    what: str
    kinds: tuple[tuple[ExportKind, str], ...]
    kind: ExportKind
    help: str
    who: str
    everybody: str
    all_ticked: bool | None
    """None: some are."""
    accounts: tuple[ExportAccount, ...]
    refresh: str
    """A box; empty where there is no such choice. Likewise ``hide``."""
    refresh_ticked: bool
    """Whether it can be unticked."""
    hide: str
    hide_ticked: bool
    warning: str
    busy: bool
    result: str
    """What came of it; empty before."""
    result_tone: Tone
    folder: str
    """What the button opens; empty where there is nothing to show."""
    show_folder: str
    export: str
    can_export: bool
    close: str
    choose_file: str
    """The titles of the windows in which a place is chosen."""
    choose_folder: str
    file_name: str
    """What a single file may be called."""


def exportable(state: AppState, choices: ExportChoices) -> tuple[AccountState, ...]:
    """The accounts that the person wants written."""
    return tuple(a for a in state.accounts if not _note(a, choices.kind) and choices.wants(a.key))


def export_view(state: AppState, choices: ExportChoices, now: Now, t: Translator) -> ExportView:
    """The window for what was chosen, and for what came of the last export."""
    shown, logins = state.exporting, choices.kind.format is not None and bool(state.accounts)
    apart = told_apart(state.accounts, state.settings)
    shown_as = ((discreet_account(a, state.settings), apart.get(a.key, "")) for a in state.accounts)
    accounts = tuple(_account(account, told, choices, t) for account, told in shown_as)
    able = [a for a in accounts if not a.note]
    ticked = sum(a.ticked for a in able)
    result, tone = _result(shown, privacy=state.settings.privacy, t=t)
    busy = shown is not None and shown.phase is ExportPhase.WRITING
    return ExportView(
        window_title=t("Export"),
        title=t("Export logins or usage") if accounts else t("No account to export"),
        what=t("&Format"),
        kinds=tuple((kind, t(words)) for kind, (words, _) in _WORDS.items()),
        kind=choices.kind,
        help=t(_WORDS[choices.kind][1]) if accounts else t("Log in or import a login first."),
        who=t("&Accounts"),
        everybody=t.plural("A&ll {n} account", "A&ll {n} accounts", len(able)) if len(able) > 1 else "",
        all_ticked=None if 0 < ticked < len(able) else bool(ticked),
        accounts=accounts,
        refresh=_refresh(ticked, t) if logins else "",
        refresh_ticked=choices.refresh_tokens,
        hide="" if logins or not accounts else t("&Hide email addresses and IDs"),
        hide_ticked=choices.hide,
        warning=_warning(choices, ticked, t) if logins else "",
        busy=busy,
        result=result,
        result_tone=tone,
        folder=_folder(shown),
        show_folder=t("&Show in folder"),
        export=t("&Export…"),
        can_export=bool(ticked) and not busy,
        close=t("Close"),
        choose_file=t("Export to a file"),
        choose_folder=t("Export into a folder"),
        file_name=_file_name(choices.kind, now),
    )


def replacing(paths: Collection[str], t: Translator, *, privacy: bool) -> Question:
    """Whether files that are there already may be replaced."""
    return Question(
        window_title=t("Export"),
        title=t.plural("Replace {n} file?", "Replace {n} files?", len(paths)),
        text=t.plural(
            "This file already exists: {names}. Its content will be lost.",
            "These files already exist: {names}. Their content will be lost.",
            len(paths),
            names=_named(paths, privacy=privacy, t=t),
        ),
        yes=t("&Replace"),
        no=t("Cancel"),
    )


def _account(account: AccountState, apart: str, choices: ExportChoices, t: Translator) -> ExportAccount:
    note = _note(account, choices.kind)
    words = " · ".join(filter(None, (label(account, apart, t), plan_beside(account, apart))))
    return ExportAccount(
        key=account.key,
        name=t("{account}: {note}", account=words, note=t(note)) if note else words,
        note=t(note) if note else "",
        ticked=not note and choices.wants(account.key),
    )


def _note(account: AccountState, kind: ExportKind) -> str:
    """Why it cannot be written, to be translated."""
    if kind is ExportKind.TABLE:
        return ""
    return mark("the Codex client's own login, which is not copied") if account.official else ""


def _refresh(accounts: int, t: Translator) -> str:
    if accounts == 1:
        return t("Include &refresh tokens, so it can be renewed there")
    return t("Include &refresh tokens, so they can be renewed there")


def _warning(choices: ExportChoices, accounts: int, t: Translator) -> str:
    live = live_warning(accounts=accounts, files=1 if choices.kind in _IN_ONE_FILE else accounts)
    return t.joined((t(live), t(SHARED_WARNING)) if choices.refresh_tokens else (t(live),))


def _result(shown: ExportState | None, *, privacy: bool, t: Translator) -> tuple[str, Tone]:
    if shown is None or shown.phase is not ExportPhase.DONE:
        return "", Tone.CALM
    said: list[str] = []
    if shown.written:
        folder = without_names(_folder(shown), privacy=privacy)
        many = len(shown.written)
        said.append(t.plural("Saved {n} file in {folder}.", "Saved {n} files in {folder}.", many, folder=folder))
    said += [
        t("{who} was skipped: {reason}.", who=without_names(left.who, privacy=privacy), reason=t.said(left.reason))
        for left in shown.left_out
    ]
    if shown.not_renewable and shown.written:
        said.append(without_names(not_renewable_words(shown.not_renewable, t), privacy=privacy))
    said += [without_names(told, privacy=privacy) for told in said_once(shown.problems, t)]
    if shown.too_large:
        names = _named(shown.too_large, privacy=privacy, t=t)
        said.append(
            t("{names} is too large to import again. The codex-probe format makes one file per login.", names=names)
        )
    if not said:
        said.append(t("Nothing was saved: none of these accounts has a readable login."))
    if shown.problems:
        return t.joined(said), Tone.CRITICAL
    doubtful = shown.left_out or shown.not_renewable or shown.too_large or not shown.written
    return t.joined(said), Tone.WARNING if doubtful else Tone.CALM


def _folder(shown: ExportState | None) -> str:
    if shown is None or not shown.written:
        return ""
    first = shown.written[0]
    cut = max(first.rfind("/"), first.rfind("\\"))
    return first[:cut] or first[: cut + 1]


def _named(paths: Iterable[str], *, privacy: bool, t: Translator) -> str:
    names = [without_names(path[max(path.rfind("/"), path.rfind("\\")) + 1 :], privacy=privacy) for path in paths]
    return enumerated(names, t)


def _file_name(kind: ExportKind, now: Now) -> str:
    match kind:
        case ExportKind.TABLE:
            return f"codex-quotas-{now.moment.astimezone(now.zone):%Y-%m-%d}.csv"
        case ExportKind.LINES:
            return "logins.jsonl"
        case ExportKind.PROBE | ExportKind.PROXY_API | ExportKind.OFFICIAL | ExportKind.SUB2API:
            return "sub2api.json"
