"""The table of quotas as the window writes it: the same columns as the command's."""

from collections.abc import Iterable

from msgspec.structs import replace

from probe_tray.core.account.report import AccountReport
from probe_tray.core.state import AccountState
from probe_tray.view.tables.csv_table import status_csv
from probe_tray.view.text.privacy import discreet_report
from probe_tray.view.text.times import Now


def quota_table(accounts: Iterable[AccountState], now: Now, *, hide: bool) -> bytes:
    """One row for each account, UTF-8, times in the zone of ``now``; ``hide`` leaves addresses and ids out."""
    reports = [_report(account) for account in accounts]
    if hide:
        # A file is named after its owner, and the row says enough without it.
        reports = [replace(discreet_report(report), location="") for report in reports]
    return status_csv(reports, lambda moment: moment.astimezone(now.zone))


def _report(account: AccountState) -> AccountReport:
    snapshot = account.snapshot
    return AccountReport(
        location=account.location,
        account_id=account.key.account_id,
        email=account.email,
        workspace=account.workspace,
        plan=(snapshot.plan if snapshot else "") or account.plan,
        expires_at=account.expires_at,
        snapshot=snapshot,
        problem=account.problem,
    )
