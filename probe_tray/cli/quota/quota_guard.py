"""``codex-probe guard``: whether enough of a quota is left, as an exit status."""

from typing import TYPE_CHECKING

import msgspec

from probe_tray.cli.arguments import Arguments
from probe_tray.cli.quota.quota_account import is_enough, one_account, tell_which
from probe_tray.cli.quota.quota_action import printed, run_quota_action, words_of
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.quota.guarded_window import GuardedWindow
from probe_tray.core.quota.quota_guard import GuardResult, guard
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview, WindowQuota

if TYPE_CHECKING:
    from probe_tray.view.text.times import Now
    from probe_tray.view.text.translate import Translator

_MIN_LEFT = 20
_STATUS = {
    GuardResult.ENOUGH: ExitStatus.SUCCESS,
    GuardResult.BELOW: ExitStatus.FAILURE,
    GuardResult.NOT_KNOWN: ExitStatus.NOT_KNOWN,
}


class _GuardAnswer(msgspec.Struct, frozen=True, kw_only=True):
    result: GuardResult
    window: WindowQuota | None
    """The one that decided it; None where none did."""
    min_left: int
    """Percent."""
    account: AccountQuota


def run_guard(arguments: Arguments) -> ExitStatus:
    """Say in one line whether there is enough: 0 if so, 1 if not, 3 where that is not known."""
    least = _MIN_LEFT if arguments.min_left is None else arguments.min_left
    window = arguments.window or GuardedWindow.ALL

    def action(overview: QuotaOverview) -> ExitStatus:
        found = one_account(overview, arguments)
        if found is None:
            return tell_which(overview, arguments)
        account, _ = found
        verdict = guard(account, window, least)
        is_open = verdict.result is GuardResult.BELOW and arguments.account is None and overview.may_be_another(account)
        result = GuardResult.NOT_KNOWN if is_open else verdict.result
        if arguments.json:
            answer = _GuardAnswer(result=result, window=verdict.window, min_left=least, account=account)
            return printed(msgspec.json.encode(answer).decode(), arguments) or _STATUS[result]
        if not arguments.quiet:
            # Imported here: with --quiet nothing is said.
            from probe_tray.view.quota.quota_words import guard_words, of_those_readable

            def words(now: "Now", t: "Translator") -> str:
                said = guard_words(account, verdict, least, now, t)
                return of_those_readable(said, t) if is_open else said

            return printed(words_of(arguments, words), arguments) or _STATUS[result]
        return _STATUS[result]

    return run_quota_action(arguments, action, lambda overview: is_enough(overview, arguments))
