"""Tells what was done for every login: in files, in tables or as JSON, and in the exit status."""

import itertools
from collections.abc import Mapping, Sequence

import msgspec

from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.cli.accounts import SelectedLogins
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.renew.interrupted_work import left_unanswered
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.tables.layout import TextTable
from probe_tray.cli.tables.model_table import model_header, model_problems, model_rows, model_summary
from probe_tray.cli.tables.renewal_table import renewal_header, renewal_problems, renewal_rows, renewal_summary
from probe_tray.cli.tables.result_files import ResultFiles
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.hints import at_the_command_line, with_hints
from probe_tray.core.account.credential import StoredCredential
from probe_tray.core.account.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.errors import WriteError
from probe_tray.core.settings import Percentages
from probe_tray.view.tables.json_table import accounts_json
from probe_tray.view.tables.status_table import MORE, failures, status_header, status_rows, summary
from probe_tray.view.text.privacy import discreet_report, mask
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator


class RunReporter:
    """Says once, at the end, what came of a run."""

    def __init__(self, arguments: Arguments, console: Console, files: ResultFiles, t: Translator) -> None:
        """Tell it on ``console`` and in ``files``."""
        self._arguments = arguments
        self._console = console
        self._files = files
        self._t = t

    def tell(
        self,
        found: SelectedLogins,
        done: Mapping[int, AccountReport],
        *,
        percentages: Percentages,
        tested: bool,
        interrupted: ExitStatus | None,
        unanswered: int = 0,
    ) -> ExitStatus:
        """Tell what is ``done`` and return the exit status, ``interrupted`` being the one that a signal asked for.

        ``unanswered``: renewals that were sent and whose answers nobody waits for any more.
        Raises WriteError when a result cannot be kept; what can be told has been told then.
        """
        t, console = self._t, self._console
        reports = _in_order(found, done, renew=self._arguments.renew)
        if self._arguments.hide_names:
            reports = [discreet_report(report) for report in reports]
        unkept: WriteError | None = None
        # Interrupted before anything was done, the results of an earlier run are still the best there are.
        if done or interrupted is None:
            try:
                self._files.write(reports, console, t, tested=tested)
            except WriteError as error:
                unkept = error
        self._tell_troubles(found)
        try:
            self._show_results(reports, percentages)
        except WriteError as error:
            unkept = unkept or error
        self._explain(reports)
        if unkept is not None:
            raise unkept
        if interrupted is not None:
            self._tell_interruption(len(found.logins) - len(done) - unanswered, unanswered)
            return interrupted
        failed = found.troubles or any(report.failed for report in reports)
        return ExitStatus.FAILURE if failed else ExitStatus.SUCCESS

    def _tell_troubles(self, found: SelectedLogins) -> None:
        for trouble in map(at_the_command_line, found.troubles):
            said = f"{self._t.title(trouble)} {self._t.hint(trouble)}"
            self._console.failure(mask(said) if self._arguments.hide_names else said)

    def _tell_interruption(self, left: int, unanswered: int) -> None:
        self._console.failure(_interrupted(left, self._t))
        if unanswered:
            self._console.failure(left_unanswered(unanswered, self._t))

    def _show_results(self, reports: Sequence[AccountReport], wanted: Percentages) -> None:
        if self._arguments.json:
            self._console.result(accounts_json(reports))
        elif reports:
            self._show_tables(reports, wanted, Now(SystemClock().now(), LocalZone()))

    def _explain(self, reports: Sequence[AccountReport]) -> None:
        console, t = self._console, self._t
        others = map(with_hints, [*renewal_problems(reports), *model_problems(reports)])
        for failure in failures([*reports, *others], t):
            console.failure(failure)
        if self._arguments.status:
            console.note(summary(reports, t))
        if any(report.renewal is not None for report in reports):
            console.note(renewal_summary(reports, t))
        if any(report.models is not None for report in reports):
            console.note(model_summary(reports, t))

    def _show_tables(self, reports: Sequence[AccountReport], wanted: Percentages, now: Now) -> None:
        console, t = self._console, self._t
        if self._arguments.renew:
            console.table(TextTable(header=renewal_header(t), rows=renewal_rows(reports, now, t)))
        if self._arguments.status:

            def said(*, brief: bool) -> TextTable:
                rows = status_rows(reports, wanted, now, t, brief=brief)
                return TextTable(header=status_header(wanted, t, brief=brief), rows=rows, aside=MORE)

            console.table(said(brief=False), lambda: said(brief=True))
        if self._arguments.apitest:
            console.table(TextTable(header=model_header(t), rows=model_rows(reports, now, t)))


def _interrupted(left: int, t: Translator) -> str:
    if not left:
        return t("interrupted.")
    return t.plural("interrupted: {n} login was not checked.", "interrupted: {n} logins were not checked.", left)


def _in_order(found: SelectedLogins, done: Mapping[int, AccountReport], *, renew: bool) -> list[AccountReport]:
    """The reports in the order of the entries; those for which nothing was done are left out."""
    numbers = itertools.count()
    reports = (
        done.get(next(numbers)) if isinstance(entry, StoredCredential) else _no_login(entry, renew=renew)
        for entry in found.entries
    )
    return [with_hints(report) for report in reports if report is not None]


def _no_login(report: AccountReport, *, renew: bool) -> AccountReport:
    if not renew:
        return report
    result = RenewalResult.NOT_OURS if report.no_login else RenewalResult.FAILED
    return msgspec.structs.replace(report, renewal=RenewalReport(result=result, problem=report.problem))
