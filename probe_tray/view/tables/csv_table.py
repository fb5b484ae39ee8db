"""The CSV of ``codex-probe``: columns, shapes and order that scripts rely on."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from probe_tray.core.account.report import AccountReport
from probe_tray.core.formats.login_fields import NoLogin
from probe_tray.core.quota.percent import tenths
from probe_tray.core.quota.snapshot import Window
from probe_tray.view.text.translate import Translator, mark

STATUS_COLUMNS = (
    "file",
    "account_id",
    "email",
    "plan_type",
    "5h_used_pct",
    "5h_reset_at",
    "weekly_used_pct",
    "weekly_reset_at",
    "upstream_status",
    "error",
)
"""Those of the Go program and no other: scripts count on the last one, too."""
MODEL_COLUMNS = ("file", "account_id", "sample_models", "available")
NO_RESET = "-"
INSTEAD: Mapping[NoLogin, str] = {
    NoLogin.API_KEY: mark("API key: no quota to show"),
    NoLogin.ACCESS_TOKEN: mark("personal access token"),
}
"""What is said of a report that has this in the place of a login."""
# OWASP, CSV injection: what makes a spreadsheet run a cell, the full-width forms of some languages included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_AFTER_SEMICOLON = re.compile(f';(?="*[{re.escape("".join(_FORMULA))}])')
# What a terminal acts on when the file is printed there, and what writes a line backwards.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class _LineBuffer(list[str]):
    """What the csv module writes to."""

    def write(self, line: str) -> None:
        self.append(line)


def status_csv(reports: Iterable[AccountReport], local: Callable[[datetime], datetime]) -> bytes:
    """The table of ``--status``, UTF-8; ``local`` turns a moment into this computer's time."""
    t = Translator()
    return to_csv([STATUS_COLUMNS, *(status_row(r, local, t) for r in reports)])


def models_csv(reports: Iterable[AccountReport]) -> bytes:
    """The table of ``--apitest``, UTF-8: which models were tried, and whether at least one of them answered."""
    rows = [
        [
            *map(defused, (r.location, r.account_id, ";".join(r.models.models) if r.models else "")),
            "true" if r.models and r.models.available else "false",
        ]
        for r in reports
    ]
    return to_csv([MODEL_COLUMNS, *rows])


def to_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows with LF line ends, as scripts for the Go program count on (``grep -c ',true$'``).

    Control characters are escaped as Python writes them; a lone surrogate, which UTF-8 cannot carry, becomes a
    question mark.
    """
    lines = _LineBuffer()
    csv.writer(lines, lineterminator="\n").writerows([_escaped(cell) for cell in row] for row in rows)
    return "".join(lines).encode("utf-8", "replace")


def defused(cell: str) -> str:
    """``cell`` so that no spreadsheet runs it as a formula, also where cells are taken to end at each semicolon.

    So they are where the decimal point is a comma, and quotes that begin within a cell don't keep it together there.
    """
    cell = _AFTER_SEMICOLON.sub(";'", cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _escaped(cell: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), cell)


def status_row(report: AccountReport, local: Callable[[datetime], datetime], t: Translator) -> list[str]:
    """The cells of :data:`STATUS_COLUMNS`; ``local`` turns a moment into the time that is written."""
    snapshot = report.snapshot
    return [
        *map(defused, (report.location, report.account_id, report.email, report.plan)),
        *_window(snapshot.short if snapshot else None, local),
        *_window(snapshot.weekly if snapshot else None, local),
        str(report.upstream_status),
        defused(_error(report, t)),
    ]


def _error(report: AccountReport, t: Translator) -> str:
    if report.no_login is not None:
        return t(INSTEAD[report.no_login])
    return t.title(report.problem) if report.problem else ""


def _window(window: Window | None, local: Callable[[datetime], datetime]) -> tuple[str, str]:
    if window is None:
        return "", ""
    reset = NO_RESET if window.reset_at is None else written(local(window.reset_at))
    return f"{tenths(window.used_percent):.1f}", reset


def written(moment: datetime) -> str:
    """A moment as the table has it, without its zone."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"
