"""Sentences about the numbers, for the command."""

from probe_tray.core.quota.quota_overview import QuotaOverview
from probe_tray.view.text.times import Now, both
from probe_tray.view.text.translate import Translator


def none_usable(overview: QuotaOverview, now: Now, t: Translator) -> str:
    """Why there is no account to go on with."""
    if overview.is_unknown:
        return t("The quota of no account is known. Run codex-probe --status to see why.")
    free = min((account.free_at for account in overview.accounts if account.free_at is not None), default=None)
    if free is None:
        return t("No account has capacity.")
    return t("No account has capacity. The next reset is {when}.", when=both(free, now, t))
