"""The engine: takes commands, runs the use cases, owns their tasks."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import (
    Arrange,
    CancelLogin,
    CodexCommand,
    Command,
    DismissTrouble,
    EditSettings,
    FindProxy,
    LookAt,
    MoveAccount,
    MuteAccount,
    NotificationCommand,
    OpenReleasePage,
    PanelOpened,
    PasteAddress,
    ReadStores,
    Refresh,
    RemoveAccount,
    Renew,
    ReopenBrowser,
    ResetVault,
    ShowDetails,
    ShowSyncCode,
    StartLogin,
    StopConnectionCheck,
    StopModelTest,
    SyncCommand,
    TableCommand,
    TryConnection,
    TryModels,
    UndoLast,
    UseWindows,
)
from probe_tray.core.errors import ProbeError, Problem, StoreError
from probe_tray.core.events import SituationChanged, TroubleMet, VisibleAccountsChanged, WindowUseChanged
from probe_tray.core.feedback import FeedbackKind, UndoPrivacy
from probe_tray.core.polling.situation import Situation
from probe_tray.core.settings import SettingsPatch
from probe_tray.core.settings import change as changed_settings
from probe_tray.core.state import AppState, LoginPhase
from probe_tray.core.transfer.state import (
    CompareAgain,
    ForgetExport,
    ForgetImport,
    ReadFiles,
    ReadPasted,
    StopImport,
    TakeLogins,
    TransferCommand,
    WriteLogins,
    WriteTable,
)
from probe_tray.engine.account.account_service import AccountService
from probe_tray.engine.account.accounts import watch_stores
from probe_tray.engine.alert_service import OnPress
from probe_tray.engine.engine_use_cases import EngineUseCases, account_use_cases
from probe_tray.engine.feedback_service import FeedbackService
from probe_tray.engine.login.login_service import LoginService
from probe_tray.engine.timers import end_all, to_the_end, watch_clock, watch_machine
from probe_tray.ports.time import Clock, Randomness

_UNTOLD = frozenset({"icon_account", "model_test_confirmed"})
"""Settings that change along with something else, of which the person is told."""

_Awaited = NotificationCommand | SyncCommand | TableCommand | TryModels | OpenReleasePage | CodexCommand
"""Commands whose service does them from beginning to end."""


class Engine:
    """What the tray app talks to: state out, commands in."""

    def __init__(
        self,
        parts: EngineUseCases,
        clock: Clock,
        randomness: Randomness,
        on_alert: OnPress,
        samples: Iterable[Credential],
    ) -> None:
        """Join ``parts``.

        ``on_alert`` is called when a person presses a button of a notification. Where the stores hold no account at the
        start, ``samples`` are kept.
        """
        self._store, self._accounts, self._login = parts.store, parts.accounts, parts.login
        self._poller, self._renewals, self._renewal_timer = parts.poller, parts.renewals, parts.renewal_timer
        self._account_changes, self._alerting = parts.account_changes, parts.alerting
        self._arrangement, self._table = parts.arrangement, parts.table
        self._connection, self._transfers, self._sync = parts.connection, parts.transfers, parts.sync
        self._models, self._recording, self._monitor = parts.models, parts.recording, parts.monitor
        self._settings, self._updates, self._incidents = parts.settings, parts.updates, parts.incidents
        self._login_start, self._hooks, self._folder_watch = parts.autostart, parts.hooks, parts.folder_watch
        self._codex = parts.codex
        self._clock, self._randomness = clock, randomness
        self._tasks: set[asyncio.Task[None]] = set()
        self._feedback = feedback = FeedbackService(parts.store, clock, self._start)
        self._login_service = LoginService(parts.login, parts.store, self._start, self._logged_in, feedback, clock)
        self._account_service = AccountService(account_use_cases(parts, clock), self._feedback, self._start)
        self._on_alert, self._samples = on_alert, samples

    @property
    def state(self) -> AppState:
        """The state now."""
        return self._store.state

    def awaits_tokens(self) -> bool:
        """Whether a request was sent whose answer brings tokens that exist nowhere else."""
        login = self.state.login
        return self._renewals.sent > 0 or (login is not None and login.phase is LoginPhase.EXCHANGING)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on the loop's thread after every change; the returned function ends that."""
        return self._store.subscribe(callback)

    def login_address(self) -> Secret | None:
        """The sign-in page of the login that waits now."""
        return self._login.address

    def new_sync_key(self) -> Secret:
        """A key for the logins of sync that nobody has yet, kept nowhere."""
        return self._sync.new_key()

    def read_sync_key(self, then: Callable[[Secret | None], None]) -> None:
        """Call ``then`` with the key of sync that is kept, or None; never blocks."""
        self._start(self._sync.hand_out_key(then))

    def make_sync_code(self, command: ShowSyncCode, then: Callable[[Secret | None], None]) -> None:
        """Call ``then`` with the code for the next computer, or None; never blocks."""
        self._start(self._sync.hand_out_code(command, then))

    def find_login_obstacle(self, then: Callable[[str], None]) -> None:
        """Call ``then`` with why the program would not start at login, empty where it would; never blocks."""

        async def find() -> None:
            then(await self._login_start.obstacle())

        self._start(find())

    def try_hook(self, program: str, then: Callable[[Problem | None], None]) -> None:
        """Call ``then`` with why ``program`` failed as a hook, or None; never blocks."""
        self._start(self._hooks.test(program, then))

    def send(self, command: Command) -> None:
        """Have ``command`` done; never waits."""
        if isinstance(command, _Awaited):
            self._start(self._do(command))
            return
        match command:
            case StartLogin() | CancelLogin() | ReopenBrowser() | PasteAddress():
                self._login_service.send(command)
            case Renew() | RemoveAccount() | MoveAccount() | Arrange() | MuteAccount() | UndoLast():
                self._account_service.send(command)
            case Refresh() | PanelOpened() | LookAt() | UseWindows() | ShowDetails():
                self._send_check(command)
            case ReadStores():
                self._start(self._read_stores())
            case ResetVault():
                self._start(self._account_changes.reset_vault())
            case FindProxy() | TryConnection() | StopConnectionCheck():
                self._connection.send(command, self._start)
            case StopModelTest():
                self._models().stop()
            case (
                ReadFiles()
                | ReadPasted()
                | CompareAgain()
                | TakeLogins()
                | StopImport()
                | ForgetImport()
                | WriteLogins()
                | WriteTable()
                | ForgetExport()
            ):
                self._send_transfer(command)
            case DismissTrouble():
                self._store.dispatch(TroubleMet(problem=None))
            case EditSettings(change=change):
                self._start(self._change_settings(change))

    async def _do(self, command: _Awaited) -> None:
        if isinstance(command, NotificationCommand):
            await self._alerting.do(command, self._on_alert)
        elif isinstance(command, SyncCommand):
            await self._sync.do(command)
        elif isinstance(command, TableCommand):
            await self._table().do(command)
        elif isinstance(command, TryModels):
            await self._models().run(command)
        elif isinstance(command, CodexCommand):
            await self._codex.do(command, self._feedback)
        else:
            await self._updates.open_page()

    def _send_check(self, command: Refresh | PanelOpened | LookAt | UseWindows | ShowDetails) -> None:
        match command:
            case Refresh(account=key):
                self._poller.refresh([a.key for a in self.state.accounts] if key is None else [key])
                if key is None:
                    # A login that came meanwhile, or went to another place, is wanted too.
                    self._start(self._accounts.read(asks=True))
            case PanelOpened():
                self._poller.looked_at()
                self._start(self._alerting.panel_opened())
            case LookAt(accounts=accounts):
                self._store.dispatch(VisibleAccountsChanged(accounts=accounts))
                self._start(self._alerting.withdraw_seen())
            case UseWindows(in_use=in_use):
                self._store.dispatch(WindowUseChanged(in_use=in_use))
                self._start(self._alerting.withdraw_seen())
            case ShowDetails(account=key, span=span):
                self._start(self._recording.look_up(key, span))

    def _send_transfer(self, command: TransferCommand) -> None:
        if isinstance(command, ReadFiles | ReadPasted | CompareAgain):
            self._start(self._read_transfer(command))
        else:
            self._transfers().send(command, self._start, self._imported)

    async def _read_transfer(self, command: ReadFiles | ReadPasted | CompareAgain) -> None:
        # What the person has removed is no login that is here already.
        await self._account_service.carry_out_removals()
        self._transfers().send(command, self._start, self._imported)

    def _imported(self, keys: Iterable[AccountKey]) -> None:
        came = tuple(keys)
        self._logins_came(came)
        if came:
            self._feedback.give(FeedbackKind.IMPORTED, count=len(came))

    def _logged_in(self, key: AccountKey) -> None:
        self._logins_came([key])
        self._feedback.give(FeedbackKind.LOGGED_IN, key)

    def _logins_came(self, keys: Collection[AccountKey]) -> None:
        for key in keys:
            # Whoever logs in with an account wants to have it.
            self._account_service.keep(key)
        self._poller.refresh(keys)

    async def run(self) -> None:
        """Work until cancelled; then see what was sent to its end, and end every task that was started."""
        try:
            await self._arrangement.load()
            await self._accounts.read()
            await self._keep_samples()
            await self._recording.start()
            self._start(self._recording.run())
            self._start(self._hooks.run())
            self._start(self._finish_pending())
            self._start(self._look_for_proxy())
            self._start(self._poller.run())
            self._start(self._renewal_timer.run())
            self._start(self._sync.watch())
            self._start(self._codex.run())
            self._start(self._codex.watch_programs())
            self._start(self._updates.run())
            self._start(self._incidents.run())
            self._start(watch_stores(self._accounts, self._clock, self._folder_watch))
            self._start(watch_clock(self._clock, self._woke))
            self._start(watch_machine(self._monitor, self._clock, self._use_situation, self._network_changed))
            await self._alerting.run(self._on_alert)
        finally:
            await to_the_end(self._stop())

    async def _keep_samples(self) -> None:
        if self.state.accounts or self.state.store_problems:
            return
        try:
            for login in self._samples:
                await self._accounts.keep(login)
        except StoreError as error:
            self._store.dispatch(TroubleMet(problem=error.problem))
        await self._accounts.read()

    async def _stop(self) -> None:
        await self._account_service.carry_out_removals()
        await self._renewals.close()
        await end_all(tuple(self._tasks))
        with suppress(ProbeError):
            # The person was told when it could not be saved before.
            await self._login.close()
        await self._recording.close()

    async def _finish_pending(self) -> None:
        if await self._renewals.finish_all():
            await self._accounts.read()

    def _woke(self, at: datetime) -> None:
        # The network is not there at once, and many machines wake at the same minute.
        wait = timedelta(seconds=self._randomness.uniform(15, 60))
        self._renewal_timer.woke(at)
        self._poller.network_changed(after=wait)

    def _network_changed(self) -> None:
        self._poller.network_changed(after=timedelta(seconds=self._randomness.uniform(3, 10)))

    def _use_situation(self, situation: Situation) -> None:
        self._store.dispatch(SituationChanged(situation=situation))
        self._poller.replan()

    async def _change_settings(self, change: SettingsPatch) -> None:
        before = self.state.settings
        await self._settings.change(change)
        if change == changed_settings(privacy=not before.privacy):
            kind = FeedbackKind.NAMES_SHOWN if before.privacy else FeedbackKind.NAMES_HIDDEN
            self._feedback.give(kind, undo=UndoPrivacy(before.privacy))
        elif change.values.keys() - _UNTOLD:
            self._feedback.give(FeedbackKind.SETTINGS_SAVED)
        await self._look_for_proxy()

    async def _look_for_proxy(self) -> None:
        if await self._connection.look():
            self._poller.network_changed(after=timedelta())

    async def _read_stores(self) -> None:
        await self._accounts.read(asks=True)
        self._poller.refresh([a.key for a in self.state.accounts if a.problem is not None or a.snapshot is None])
        # A keyring that was unlocked opens the answers as well that waited for it.
        await self._finish_pending()

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        # One failing use case does not end the others: the person reads why, the log keeps what nobody expected.
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ProbeError):
            self._store.dispatch(TroubleMet(problem=error.problem))
        elif error is not None:
            self._store.dispatch(TroubleMet(problem=ProbeError().problem))
            task.get_loop().call_exception_handler({"message": "a task ended unexpectedly", "exception": error})
