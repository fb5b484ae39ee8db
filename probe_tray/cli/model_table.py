"""What ``codex-probe --apitest`` says: a table with a row for each model, and how many logins can use any."""

from collections.abc import Iterable, Sequence

from probe_tray.core.model_test import ListedBy, ModelResult
from probe_tray.core.report import AccountReport
from probe_tray.view.status_table import Cell, Weight, printable
from probe_tray.view.times import Now, both
from probe_tray.view.translate import Translator

HEADER = ("Account", "File", "Model", "First answer", "Result")
_MISSING = "–"


def model_rows(reports: Iterable[AccountReport], now: Now, t: Translator) -> list[tuple[Cell, ...]]:
    """One row for each model that was tried, login by login."""
    return [
        (Cell(printable(r.name)), Cell(printable(r.location or "vault")), *_cells(result, now, t))
        for r in reports
        if r.models is not None
        for result in r.models.results
    ]


def model_summary(reports: Sequence[AccountReport]) -> str:
    """How many logins have a model that answers, and where the list came from if not from the service."""
    tests = [report.models for report in reports if report.models is not None]
    logins = "login" if len(tests) == 1 else "logins"
    said = (
        f"{sum(test.available for test in tests)} of {len(tests)} {logins} can use at least one of the tested models."
    )
    if any(test.listed_by is ListedBy.SETTINGS for test in tests):
        said += " Where the service told no list of models, that of the configuration was used (models)."
    return said


def _cells(result: ModelResult, now: Now, t: Translator) -> tuple[Cell, Cell, Cell]:
    latency = _MISSING if result.latency is None else f"{result.latency:.1f} s"
    return Cell(printable(result.model)), Cell(latency), _outcome(result, now, t)


def _outcome(result: ModelResult, now: Now, t: Translator) -> Cell:
    if result.problem is None:
        return Cell("available", Weight.GOOD)
    said = printable(t.title(result.problem))
    if result.resets_at is not None:
        said += f" It is reset {both(result.resets_at, now, t)}."
    return Cell(said, Weight.CRITICAL)


def model_problems(reports: Iterable[AccountReport]) -> list[AccountReport]:
    """Reports whose problem is why no tested model answered; what is said of the quota already is left out."""
    found = (
        (r, r.models.results[0].problem) for r in reports if r.models and r.models.results and not r.models.available
    )
    return [AccountReport(location=r.location, problem=problem) for r, problem in found if problem != r.problem]
