"""The one account that an answer is about."""

from probe_tray.cli.arguments import Arguments
from probe_tray.cli.quota.quota_action import shown, tell
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview


def is_enough(overview: QuotaOverview, arguments: Arguments) -> bool:
    """Whether the service would know nothing better of the account."""
    found = asked_accounts(overview, arguments)
    return bool(found) and all(account.settled for account in found)


def asked_accounts(overview: QuotaOverview, arguments: Arguments) -> tuple[AccountQuota, ...]:
    """The accounts that ``--account`` names; without it the one that is meant then."""
    if arguments.account is not None:
        return overview.matching(arguments.account)
    return () if overview.usual is None else (overview.usual,)


def one_account(overview: QuotaOverview, arguments: Arguments) -> tuple[AccountQuota, QuotaOverview] | None:
    """The one account, and the overview, as they may be shown; None where there is none or are several."""
    accounts = asked_accounts(overview, arguments)
    # Names are hidden only now: a person may still name an account by its address.
    told = shown(overview, arguments)
    account = told.account(accounts[0].id) if len(accounts) == 1 else None
    return None if account is None else (account, told)


def tell_which(overview: QuotaOverview, arguments: Arguments) -> ExitStatus:
    """Say why there is no one account, and what to do."""
    from probe_tray.view.quota.quota_words import none_usable, which_account

    given = arguments.account
    if given is None:
        tell(arguments, lambda now, t: none_usable(overview, now, t))
        return ExitStatus.NOT_KNOWN
    told = shown(overview, arguments)
    found = tuple(filter(None, (told.account(account.id) for account in asked_accounts(overview, arguments))))
    tell(arguments, lambda _now, t: which_account(found, given, t))
    return ExitStatus.WRONG_USE
