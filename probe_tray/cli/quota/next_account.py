"""``codex-probe next``: the account to go on with."""

import msgspec

from probe_tray.cli.arguments import Arguments
from probe_tray.cli.quota.quota_action import printed, run_quota_action, shown, tell
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.quota.quota_overview import QuotaOverview


def print_next(arguments: Arguments) -> ExitStatus:
    """Print what names the account; 1 where none has capacity, 3 where that is not known."""

    def action(found: QuotaOverview) -> ExitStatus:
        overview = shown(found, arguments)
        account = overview.account(overview.next)
        if account is not None:
            line = msgspec.json.encode(account).decode() if arguments.json else overview.reference(account)
            return printed(line, arguments)
        # Imported here: where there is one, no sentence is needed.
        from probe_tray.view.quota.quota_words import none_usable

        tell(arguments, lambda now, t: none_usable(overview, now, t))
        is_known = overview.is_whole and not overview.is_unknown
        return ExitStatus.FAILURE if is_known else ExitStatus.NOT_KNOWN

    return run_quota_action(arguments, action, lambda overview: overview.next is not None or overview.settled)
