"""What menus have of sync, also before anybody has set it up."""

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.sync.rows import StepKind
from probe_tray.core.sync.setup import SyncState
from probe_tray.view.text.translate import Translator


def can_stop_sharing(sync: SyncState, key: AccountKey) -> bool:
    """Whether an account may be in a table that knows removed accounts, as far as the last sync has seen."""
    items = () if sync.report is None else sync.report.items
    kinds = {item.kind for item in items if item.key == key}
    return sync.setup.ready and sync.setup.is_protected and not kinds & {StepKind.WITHDRAWN, StepKind.OTHER_MEMBER}


def sync_entry(sync: SyncState, t: Translator) -> str:
    """The row of the menu."""
    if sync.running:
        return t("S&yncing…")
    if not sync.setup.begun:
        return t("Set up s&ync…")
    failed = sync.report is not None and sync.report.problem is not None
    return t("S&ync now (the last one failed)") if failed else t("S&ync now")
