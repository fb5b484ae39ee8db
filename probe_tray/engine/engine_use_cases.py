"""What an engine joins: every use case, made elsewhere and passed on as a whole."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from probe_tray.engine.account.account_changes import AccountChanges
from probe_tray.engine.account.account_service import AccountUseCases
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.account.arrangement import ArrangementService
from probe_tray.engine.alert_service import AlertService
from probe_tray.engine.codex.codex_service import CodexService
from probe_tray.engine.hooks.hook_service import HookService
from probe_tray.engine.login.login_runner import LoginRunner
from probe_tray.engine.polling.connection_test import ConnectionTest
from probe_tray.engine.polling.history_recorder import HistoryRecorder
from probe_tray.engine.polling.incident_service import IncidentService
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.renewal.renewal_timer import RenewalTimer
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.settings_service import SettingsService
from probe_tray.engine.store import Store
from probe_tray.engine.sync.sync_service import SyncService
from probe_tray.engine.update.update_service import UpdateService
from probe_tray.ports.desktop import Autostart, MachineMonitor
from probe_tray.ports.files import FolderWatch
from probe_tray.ports.time import Clock

if TYPE_CHECKING:
    from probe_tray.engine.models.model_test_service import ModelTestService
    from probe_tray.engine.sync.table_service import TableService
    from probe_tray.engine.transfer.transfers import Transfers


class EngineUseCases(NamedTuple):
    """What an engine joins. What is a callable is made by its first call: most runs of the program never want it."""

    store: Store
    accounts: Accounts
    login: LoginRunner
    poller: Poller
    renewals: Renewals
    renewal_timer: RenewalTimer
    account_changes: AccountChanges
    models: "Callable[[], ModelTestService]"
    connection: ConnectionTest
    alerting: AlertService
    recording: HistoryRecorder
    arrangement: ArrangementService
    transfers: "Callable[[], Transfers]"
    sync: SyncService
    table: "Callable[[], TableService]"
    settings: SettingsService
    updates: UpdateService
    incidents: IncidentService
    monitor: MachineMonitor
    autostart: Autostart
    hooks: HookService
    folder_watch: FolderWatch
    codex: CodexService


def account_use_cases(parts: EngineUseCases, clock: Clock) -> AccountUseCases:
    """What :class:`AccountService` needs of them."""
    return AccountUseCases(
        changes=parts.account_changes,
        accounts=parts.accounts,
        arrangement=parts.arrangement,
        alerting=parts.alerting,
        settings=parts.settings,
        renewals=parts.renewals,
        store=parts.store,
        clock=clock,
    )
