"""Sentences about the numbers, for the command."""

from collections.abc import Sequence
from datetime import datetime

from probe_tray.core.quota.quota_guard import GuardResult, QuotaGuardVerdict
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview
from probe_tray.view.text.times import Now, at, both
from probe_tray.view.text.translate import Translator


def none_usable(overview: QuotaOverview, now: Now, t: Translator) -> str:
    """Why there is no account to go on with."""
    if overview.is_unknown:
        return t("The quota of no account is known. Run codex-probe --status to see why.")
    free = min((account.free_at for account in overview.accounts if account.free_at is not None), default=None)
    if not overview.is_whole:
        return _none_readable_usable(free, now, t)
    if free is None:
        return t("No account has capacity.")
    return t("No account has capacity. The next reset is {when}.", when=both(free, now, t))


def of_those_readable(words: str, t: Translator) -> str:
    """``words`` about an account, where another that counts may not have been read."""
    rest = t("Not every login can be read, so another account may have more left.")
    return t("{words} {resets}", words=words, resets=rest)


def guard_words(account: AccountQuota, verdict: QuotaGuardVerdict, min_left: int, now: Now, t: Translator) -> str:
    """Why there is enough, too little, or no answer."""
    window = verdict.window
    if verdict.result is GuardResult.NOT_KNOWN:
        if account.usable:
            return t("OpenAI doesn't report this limit for {name}.", name=account.name)
        return t("The quota of {name} isn't known. Run codex-probe --status to see why.", name=account.name)
    if window is None and verdict.result is GuardResult.ENOUGH:
        return t("OpenAI reports no limit for {name}.", name=account.name)
    if window is None:
        if account.free_at is None:
            return t("{name} has no capacity.", name=account.name)
        said = t("{name} has no capacity.", name=account.name)
        return t("{words} {resets}", words=said, resets=_resets(account.free_at, now, t))
    said = t("{name}: {left}% of {window} left", name=account.name, left=f"{window.left_percent:g}", window=window.name)
    said = t("{words} (at least {least}% needed).", words=said, least=str(min_left))
    if verdict.result is GuardResult.ENOUGH or window.reset_at is None:
        return said
    return t("{words} {resets}", words=said, resets=_resets(window.reset_at, now, t))


def _resets(moment: datetime, now: Now, t: Translator) -> str:
    if moment > now.moment:
        return t("It resets {when}.", when=both(moment, now, t))
    # The hour, since the sentence may be read later.
    return t("It resets at {when}.", when=at(moment, now, t))


def _none_readable_usable(free: datetime | None, now: Now, t: Translator) -> str:
    if free is None:
        return t("None of the accounts that can be read has capacity.")
    return t("None of the accounts that can be read has capacity. Their next reset is {when}.", when=both(free, now, t))


def which_account(found: Sequence[AccountQuota], given: str, t: Translator) -> str:
    """That ``given`` names no account, or several: these."""
    facts = ((account, account.plan or account.account_id) for account in found)
    return which_of([(f"{one.name}{f' ({fact})' if fact else ''}", one.id) for one, fact in facts], given, t)


def which_of(found: Sequence[tuple[str, str]], given: str, t: Translator) -> str:
    """The same for accounts by name and id."""
    if not found:
        return t("No account is called “{name}”.", name=given)
    listed = ", ".join(f"{name}: {number}" for name, number in found)
    return t("“{name}” matches several accounts. Use the id of one: {accounts}", name=given, accounts=listed)


def none_readable(given: str, t: Translator) -> str:
    """That no account has this name, where not all of them could be read."""
    return t("None of the accounts that can be read is called “{name}”.", name=given)


def unknown_field(given: str, fields: Sequence[str], t: Translator) -> str:
    """That a template has no such field."""
    return t("--template has no field {field}. There are: {fields}.", field=given, fields=", ".join(fields))
