"""What ``codex-probe --apitest`` says: a table with a row for each model, and how many logins can use any."""

from collections.abc import Iterable, Sequence

from probe_tray.core.account.report import AccountReport
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelTest
from probe_tray.view.tables.status_table import Cell, Weight, printable
from probe_tray.view.text.reasons import used_up_words
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

_MISSING = "–"


def model_header(t: Translator) -> tuple[str, ...]:
    """The names of the columns."""
    return t("Account"), t("File"), t("Model"), t("Time to answer"), t("Result")


def model_rows(reports: Iterable[AccountReport], now: Now, t: Translator) -> list[tuple[Cell, ...]]:
    """One row for each model that was tried, login by login."""
    return [
        (Cell(printable(r.name)), Cell(printable(r.location or t("vault"))), *_cells(result, now, t))
        for r in reports
        if r.models is not None
        for result in r.models.results
    ]


def tried(test: ModelTest, t: Translator) -> Cell:
    """How far the test of one login is."""
    if test.problem is not None:
        return Cell(printable(t.title(test.problem)), Weight.CRITICAL)
    good = str(sum(result.available for result in test.results))
    if not test.complete:
        facts = {"done": str(len(test.results)), "all": str(len(test.models))}
        return Cell(t("{done} of {all} tried", **facts))
    said = t("{good} of {all} available", good=good, all=str(len(test.models)))
    return Cell(said, Weight.GOOD if test.available else Weight.CRITICAL)


def model_summary(reports: Sequence[AccountReport], t: Translator) -> str:
    """How many logins have a model that answers, and where the list came from if not from the service."""
    tests = [report.models for report in reports if report.models is not None]
    said = t.plural(
        "{good} of {n} login can use at least one of the tested models.",
        "{good} of {n} logins can use at least one of the tested models.",
        len(tests),
        good=str(sum(test.available for test in tests)),
    )
    if not any(test.listed_by is ListedBy.SETTINGS for test in tests):
        return said
    listed = t('Where OpenAI returned no model list, "models" in the configuration was used.')
    return f"{said} {listed}"


def _cells(result: ModelResult, now: Now, t: Translator) -> tuple[Cell, Cell, Cell]:
    latency = _MISSING if result.latency is None else t("{seconds} s", seconds=f"{result.latency:.1f}")
    return Cell(printable(result.model)), Cell(latency), _outcome(result, now, t)


def _outcome(result: ModelResult, now: Now, t: Translator) -> Cell:
    if result.problem is None:
        return Cell(t("available"), Weight.GOOD)
    said = t.title(result.problem)
    if result.resets_at is not None:
        said = used_up_words(result.resets_at, said, now, t)
    return Cell(printable(said), Weight.CRITICAL)


def model_problems(reports: Iterable[AccountReport]) -> list[AccountReport]:
    """Reports whose problem is why no tested model answered; what is said of the quota already is left out."""
    found = (
        (r, r.models.results[0].problem) for r in reports if r.models and r.models.results and not r.models.available
    )
    return [AccountReport(location=r.location, problem=problem) for r, problem in found if problem != r.problem]
