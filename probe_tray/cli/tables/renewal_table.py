"""What ``codex-probe --renew`` says: a table, and how many came to what."""

from collections.abc import Iterable, Sequence

from probe_tray.core.account.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.errors import Problem
from probe_tray.core.renewal.policy import Reason
from probe_tray.view.tables.status_table import Cell, Weight, printable
from probe_tray.view.text.times import Now, until
from probe_tray.view.text.translate import Translator, mark

_REASONS = {
    Reason.FORCED: mark("asked for with -f"),
    Reason.REFUSED: mark("OpenAI no longer accepted its access token"),
    Reason.NO_ID_TOKEN: mark("it had no id_token"),
    Reason.NO_EXPIRY: mark("no usable expiry date was recorded"),
    Reason.EXPIRED: mark("it had expired"),
    Reason.EXPIRES_SOON: mark("it was about to expire"),
}
_SKIPPED = frozenset({RenewalResult.FRESH, RenewalResult.NOT_OURS})


def renewal_header(t: Translator) -> tuple[str, ...]:
    """The names of the columns."""
    return t("Account"), t("File"), t("Renewal")


def renewal_rows(reports: Iterable[AccountReport], now: Now, t: Translator) -> list[tuple[Cell, ...]]:
    """One row for each login that was to be renewed, in their order."""
    return [
        (Cell(printable(r.name)), Cell(printable(r.location or t("vault"))), _result(r, r.renewal, now, t))
        for r in reports
        if r.renewal is not None
    ]


def renewal_summary(reports: Sequence[AccountReport], t: Translator) -> str:
    """How many were renewed, skipped and failed, in two sentences."""
    results = [report.renewal.result for report in reports if report.renewal is not None]
    failed = results.count(RenewalResult.FAILED)
    skipped = sum(result in _SKIPPED for result in results)
    renewed = len(results) - failed - skipped
    return t.plural(
        "{renewed} of {n} login renewed. {skipped} skipped, {failed} failed.",
        "{renewed} of {n} logins renewed. {skipped} skipped, {failed} failed.",
        len(results),
        renewed=str(renewed),
        skipped=str(skipped),
        failed=str(failed),
    )


def renewal_problems(reports: Iterable[AccountReport]) -> list[AccountReport]:
    """Reports whose problem is why the renewal failed; what is said of the quota already is left out."""
    return [
        AccountReport(location=r.location, problem=r.renewal.problem)
        for r in reports
        if r.renewal is not None and r.renewal.problem is not None and r.renewal.problem != r.problem
    ]


def _result(report: AccountReport, renewal: RenewalReport, now: Now, t: Translator) -> Cell:
    end = "" if renewal.expires_at is None else t("expires {when}", when=until(renewal.expires_at, now, t))
    match renewal.result:
        case RenewalResult.RENEWED:
            reason = renewal.reason
            done = t("renewed") if reason is None else t("renewed ({reason})", reason=t(_REASONS[reason]))
            return Cell(_joined(t, done, end), Weight.GOOD)
        case RenewalResult.ADOPTED:
            return Cell(_joined(t, t("already renewed elsewhere, taken over"), end), Weight.GOOD)
        case RenewalResult.FRESH:
            return Cell(_joined(t, t("fresh"), end, t("use -f to force")))
        case RenewalResult.NOT_OURS if report.api_key:
            return Cell(t("API key: nothing to renew"))
        case RenewalResult.NOT_OURS if report.no_login or report.personal:
            return Cell(t("personal access token: nothing to renew"))
        case RenewalResult.NOT_OURS:
            return Cell(_joined(t, t("not renewed: the Codex client renews its own login"), end))
        case RenewalResult.FAILED:
            return Cell(_failure(renewal.problem, t), Weight.CRITICAL)


def _failure(problem: Problem | None, t: Translator) -> str:
    return t("failed") if problem is None else printable(t.title(problem))


def _joined(t: Translator, *parts: str) -> str:
    return t(", ").join(part for part in parts if part)
