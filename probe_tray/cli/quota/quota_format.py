"""``codex-probe --format``: one account in one line."""

import msgspec

from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.quota.quota_account import asked_accounts, one_account, tell_which
from probe_tray.cli.quota.quota_action import printed, run_quota_action, tell
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.subcommand import LineFormat
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview
from probe_tray.view.quota.quota_line import (
    TEMPLATE_FIELDS,
    QuotaLineFieldError,
    line,
    template_line,
    tmux_line,
    waybar_line,
)
from probe_tray.view.text.times import Now

_LINES = {LineFormat.LINE: line, LineFormat.WAYBAR: waybar_line, LineFormat.TMUX: tmux_line}


def print_line(arguments: Arguments) -> ExitStatus:
    """Print the line; 3 where there is no account to print, and as JSON also where the account's quota is not known.

    Waybar hides a line whose program fails, Starship shows nothing, SwiftBar a warning sign: what the line says counts.
    """

    def action(overview: QuotaOverview) -> ExitStatus:
        found = one_account(overview, arguments)
        if found is None:
            return tell_which(overview, arguments)
        account, told = found
        try:
            text = _formatted(arguments, account, told)
        except QuotaLineFieldError as error:
            return _tell_field(arguments, str(error))
        is_unknown = arguments.format is LineFormat.JSON and not (account.usable or account.limited)
        return printed(text, arguments) or (ExitStatus.NOT_KNOWN if is_unknown else ExitStatus.SUCCESS)

    return run_quota_action(arguments, action, lambda overview: _is_enough(overview, arguments))


def _is_enough(overview: QuotaOverview, arguments: Arguments) -> bool:
    """Whether the app's numbers say whether there is capacity, or nobody would know better.

    A bar asks every few seconds. What was reset since the last check the app itself asks for soon.
    """
    found = asked_accounts(overview, arguments)
    return bool(found) and all(account.settled or account.usable or account.limited for account in found)


def _formatted(arguments: Arguments, account: AccountQuota, overview: QuotaOverview) -> str:
    now = Now(SystemClock().now(), LocalZone())
    if arguments.template is not None:
        return template_line(arguments.template, account, now)
    made = None if arguments.format is None else _LINES.get(arguments.format)
    return msgspec.json.encode(account).decode() if made is None else made(account, overview, now)


def _tell_field(arguments: Arguments, given: str) -> ExitStatus:
    from probe_tray.view.quota.quota_words import unknown_field

    tell(arguments, lambda _now, t: unknown_field(given, TEMPLATE_FIELDS, t))
    return ExitStatus.WRONG_USE
