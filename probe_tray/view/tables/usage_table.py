"""The usage table that a person saves from the tray app, to read it in a spreadsheet."""

from codecs import BOM_UTF8
from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from probe_tray.core.account.condition import login_ended
from probe_tray.core.account.report import AccountReport
from probe_tray.core.quota.percent import tenths
from probe_tray.core.quota.snapshot import Snapshot, Window, WindowKind, length_name
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState
from probe_tray.view.tables.csv_table import STATUS_COLUMNS, defused, status_row, to_csv, written
from probe_tray.view.text.privacy import discreet_account, discreet_report
from probe_tray.view.text.sentences import why_ended
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

MORE_COLUMNS = ("more", "as_of")
"""The windows that have no column of their own, and when the numbers were told."""
_ERROR = STATUS_COLUMNS.index("error")
_ANSWERED = 200
"""The HTTP status of an answer with numbers."""


def quota_table(accounts: Iterable[AccountState], now: Now, *, hide: bool) -> bytes:
    """One row for each account, UTF-8; ``hide`` leaves addresses and ids out.

    It begins with a byte order mark: without one Excel takes it for text of the system's code page.

    All times are true ones in the zone of ``now``, also where this computer's clock is wrong.
    """
    t = Translator()
    return BOM_UTF8 + to_csv(
        [(*STATUS_COLUMNS, *MORE_COLUMNS), *(_row(account, now, t, hide=hide) for account in accounts)]
    )


def _row(account: AccountState, now: Now, t: Translator, *, hide: bool) -> list[str]:
    def local(moment: datetime) -> datetime:
        return moment.astimezone(now.zone)

    report = _report(account)
    if hide:
        # A file is named after its owner, and the row says enough without it.
        report = replace(discreet_report(report), location="")
    cells = status_row(report, local, t)
    if not cells[_ERROR] and login_ended(account, now.moment):
        cells[_ERROR] = defused(why_ended(discreet_account(account, Settings(privacy=hide)), t))
    snapshot = account.snapshot
    if snapshot is None:
        return [*cells, "", ""]
    return [*cells, _more(snapshot), written(local(snapshot.service_now(snapshot.taken_at)))]


def _report(account: AccountState) -> AccountReport:
    snapshot = account.snapshot
    answered = account.problem is None and snapshot is not None and account.checked_at == snapshot.taken_at
    return AccountReport(
        location=account.location,
        account_id=account.key.account_id,
        email=account.email,
        workspace=account.workspace,
        plan=(snapshot.plan if snapshot else "") or account.plan,
        expires_at=account.expires_at,
        snapshot=snapshot,
        upstream_status=_ANSWERED if answered else 0,
        problem=account.problem,
    )


def _more(snapshot: Snapshot) -> str:
    """The windows of the main limit that have no column: "monthly 63.0%; 1h 92.0%"."""
    named = (snapshot.short, snapshot.weekly)
    others = (w for w in snapshot.main.windows if w not in named)
    return "; ".join(f"{_name(w)} {tenths(w.used_percent):.1f}%" for w in others)


def _name(window: Window) -> str:
    is_named_by_length = window.kind in {WindowKind.SHORT, WindowKind.OTHER}
    return length_name(window.seconds) if is_named_by_length else window.kind.value
