"""The table of ``codex-probe --status`` for people, as words; how it is drawn is the command's business."""

import enum
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec

from probe_tray.core.account.condition import free_at, local_time
from probe_tray.core.account.report import AccountReport
from probe_tray.core.quota.snapshot import Capacity, Limit, Snapshot, Window, WindowKind
from probe_tray.core.quota.usage_parser import capacity
from probe_tray.core.settings import Percentages
from probe_tray.view.tables.csv_table import INSTEAD
from probe_tray.view.text.money import plain
from probe_tray.view.text.percentages import amount, headed, shown
from probe_tray.view.text.reasons import in_short, own_reason
from probe_tray.view.text.times import Now, both, span, until
from probe_tray.view.text.translate import Translator

_WARN, _CRITICAL = 80.0, 95.0
_MISSING = "–"


class Weight(enum.Enum):
    """How much a cell asks to be looked at."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    CRITICAL = "critical"


class Cell(msgspec.Struct, frozen=True):
    """One cell: one line of printable text."""

    text: str
    weight: Weight = Weight.PLAIN


MORE = 4
"""The number of the column with every window that has no column of its own."""


def status_header(wanted: Percentages, t: Translator, *, brief: bool = False) -> tuple[str, ...]:
    """The names of the columns."""
    short, week = t("5 h"), t("Week")
    if brief:
        short, week = (t("{used}, resets in", used=headed(name, wanted, t)) for name in (short, week))
    return t("Account"), t("Plan"), short, week, t("More"), t("State")


def status_rows(
    reports: Iterable[AccountReport], wanted: Percentages, now: Now, t: Translator, *, brief: bool = False
) -> list[tuple[Cell, ...]]:
    """One row for each report, in their order. ``brief``: in as few words as the header allows."""
    return [_row(report, _Words(wanted, now, t, brief=brief)) for report in reports]


def summary(reports: Sequence[AccountReport], t: Translator) -> str:
    """The last line: how many accounts, and how many of them failed."""
    failed = sum(r.failed for r in reports)
    said = t.plural("{n} account", "{n} accounts", len(reports))
    return t("{accounts}, {failed} failed", accounts=said, failed=str(failed)) if failed else said


def failures(reports: Iterable[AccountReport], t: Translator) -> list[str]:
    """What went wrong and what to do about it; what several accounts share is said once."""
    shared: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        if report.problem is not None:
            shared.setdefault((t.title(report.problem), t.hint(report.problem)), []).append(report.location)
    said: list[str] = []
    for (title, hint), places in shared.items():
        several = t.plural("{n} account", "{n} accounts", len(places))
        who = several if len(places) > 1 or not places[0] else places[0]
        # The sentence about a file names it already.
        said.append(f"{title} {hint}" if who in title else f"{who}: {title} {hint}")
    return said


def printable(text: str) -> str:
    """``text`` without anything that could move the cursor or break the line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


class _Words(msgspec.Struct, frozen=True):
    """What of a limit is said, when, in which language, and how tersely."""

    wanted: Percentages
    now: Now
    t: Translator
    brief: bool


def _row(report: AccountReport, words: _Words) -> tuple[Cell, ...]:
    t = words.t
    name, plan = Cell(printable(report.name)), Cell(printable(report.plan) or _MISSING)
    snapshot = report.snapshot
    if report.problem is not None:
        said = Cell(printable(t.title(report.problem)), Weight.CRITICAL)
        more, state = (said, Cell(t("failed"), Weight.CRITICAL)) if words.brief else (Cell(""), said)
        return name, plan, Cell(_MISSING), Cell(_MISSING), more, state
    if snapshot is None:
        return (
            name,
            plan,
            Cell(_MISSING),
            Cell(_MISSING),
            Cell(""),
            Cell(t(INSTEAD[report.no_login]) if report.no_login else ""),
        )
    short, week = (_cell(w, snapshot, words) for w in (snapshot.short, snapshot.weekly))
    return name, plan, short, week, _more(snapshot, words), _state(snapshot, words)


def _cell(window: Window | None, snapshot: Snapshot, words: _Words) -> Cell:
    if window is None:
        return Cell(_MISSING)
    return Cell(_use(window, snapshot, words, under_head=words.brief), _weight(window))


def _use(window: Window, snapshot: Snapshot, words: _Words, *, under_head: bool) -> str:
    t, percent, wanted = words.t, window.used_percent, words.wanted
    used = f"{shown(percent, wanted)}%" if under_head else amount(percent, wanted, t)
    if window.reset_at is None:
        return used
    when = local_time(window.reset_at, snapshot)
    if words.brief:
        left = when - words.now.moment
        return t("{used}, {span}", used=used, span=span(left, t) if left > timedelta() else t("now"))
    return t("{used}, resets {when}", used=used, when=until(when, words.now, t))


def _weight(window: Window) -> Weight:
    if window.used_percent >= _CRITICAL:
        return Weight.CRITICAL
    return Weight.WARNING if window.used_percent >= _WARN else Weight.PLAIN


def _more(snapshot: Snapshot, words: _Words) -> Cell:
    """Every other window that was found."""
    t, before = words.t, {id(snapshot.short), id(snapshot.weekly)}
    main = [w for w in snapshot.main.windows if id(w) not in before]

    def said(window: Window) -> str:
        return f"{_name(window, t)} {_use(window, snapshot, words, under_head=False)}"

    parts = [said(w) for w in main]
    review = [] if snapshot.code_review is None else [(t("code review"), snapshot.code_review)]
    others: list[tuple[str, Limit]] = [*review, *((x.name or x.feature or t("other"), x) for x in snapshot.extra)]
    parts += [f"{name} {said(w)}" for name, limit in others for w in limit.windows]
    windows = [*main, *(w for _, limit in others for w in limit.windows)]
    if not snapshot.main.windows and snapshot.credits is not None and snapshot.credits.balance is not None:
        # All that such an account has; how much it was at first, and so a percentage, nobody says.
        parts.append(t("{amount} credits left", amount=plain(snapshot.credits.balance)))
    weights = {_weight(w) for w in windows}
    weight = next((w for w in (Weight.CRITICAL, Weight.WARNING) if w in weights), Weight.PLAIN)
    return Cell(printable("; ".join(parts)), weight)


def _name(window: Window, t: Translator) -> str:
    match window.kind:
        case WindowKind.WEEKLY:
            return t("week")
        case WindowKind.MONTHLY:
            return t("month")
        case WindowKind.BUDGET:
            return t("budget")
        case WindowKind.SHORT | WindowKind.OTHER:
            return span(timedelta(seconds=window.named_seconds), t)


def _state(snapshot: Snapshot, words: _Words) -> Cell:
    t = words.t
    match capacity(snapshot):
        case Capacity.AVAILABLE:
            return Cell(t("available"), Weight.GOOD)
        case Capacity.UNKNOWN:
            return Cell(t("no quota") if words.brief else t("no quota shown"))
        case Capacity.LIMITED:
            free = free_at(snapshot, words.now.moment)
            said = t("no capacity")
            if free is not None and not words.brief:
                said = t("no capacity until it resets {when}", when=both(free, words.now, t))
            reason = in_short(snapshot, t) if words.brief else own_reason(snapshot, t) or in_short(snapshot, t)
            said = t("{words}: {reason}", words=said, reason=reason) if reason else said
            return Cell(printable(said), Weight.CRITICAL)
