"""The engine: takes commands, runs the use cases, owns their tasks."""

import asyncio
from collections.abc import Callable, Coroutine

from probe_tray.core.alerts import Alert
from probe_tray.core.commands import (
    CancelLogin,
    Command,
    DismissTrouble,
    LogIn,
    ReadStores,
    Refresh,
    ReopenBrowser,
    SaveSettings,
)
from probe_tray.core.errors import ProbeError
from probe_tray.core.events import LoginChanged, SettingsChanged, TroubleMet
from probe_tray.core.identity import AccountKey
from probe_tray.core.secret import Secret
from probe_tray.core.state import AppState
from probe_tray.engine.accounts import Accounts
from probe_tray.engine.alerting import Alerting
from probe_tray.engine.login import Login
from probe_tray.engine.polling import Poller
from probe_tray.engine.store import Store
from probe_tray.ports import SettingsFile


class Engine:
    """What the tray app talks to: state out, commands in."""

    def __init__(
        self,
        *,
        store: Store,
        accounts: Accounts,
        login: Login,
        poller: Poller,
        alerting: Alerting,
        settings_file: SettingsFile,
    ) -> None:
        """Join the use cases."""
        self._store = store
        self._accounts = accounts
        self._login = login
        self._poller = poller
        self._alerting = alerting
        self._settings_file = settings_file
        self._tasks: set[asyncio.Task[None]] = set()
        self._login_task: asyncio.Task[None] | None = None
        self._on_alert: Callable[[Alert, str], None] = lambda _alert, _action: None

    @property
    def state(self) -> AppState:
        """The state now."""
        return self._store.state

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` on the loop's thread after every change; the returned function ends that."""
        return self._store.subscribe(listener)

    def login_address(self) -> Secret | None:
        """The sign-in page of the login that waits now."""
        return self._login.address

    def on_alert_action(self, handler: Callable[[Alert, str], None]) -> None:
        """Call ``handler`` when a person presses a button of an alert's notification."""
        self._on_alert = handler

    def send(self, command: Command) -> None:
        """Have ``command`` done; never waits."""
        match command:
            case LogIn(account=account):
                if self._login_task is None or self._login_task.done():
                    self._login_task = self._start(self._log_in(account))
                else:
                    self._start(self._login.show_page())
            case CancelLogin():
                if self._login_task is not None and not self._login_task.done():
                    self._login_task.cancel()
                else:
                    self._store.dispatch(LoginChanged(login=None))
            case ReopenBrowser():
                self._start(self._login.show_page())
            case Refresh(account=key):
                self._poller.refresh([a.key for a in self.state.accounts] if key is None else [key])
            case ReadStores():
                self._start(self._read_stores())
            case DismissTrouble():
                self._store.dispatch(TroubleMet(problem=None))
            case SaveSettings():
                self._start(self._save_settings(command))

    async def run(self) -> None:
        """Work until cancelled; then end every task that was started."""
        wake = asyncio.Event()
        unsubscribe = self._store.subscribe(wake.set)
        self._start(self._poller.run())
        try:
            await self._accounts.read()
            self._poller.replan()
            while True:
                await wake.wait()
                wake.clear()
                await self._alerting.look(self._on_alert)
        finally:
            unsubscribe()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _log_in(self, account: AccountKey | None) -> None:
        key = await self._login.run(account)
        if key is not None:
            self._poller.refresh([key])

    async def _read_stores(self) -> None:
        await self._accounts.read()
        self._poller.refresh([a.key for a in self.state.accounts if a.problem is not None or a.snapshot is None])

    async def _save_settings(self, command: SaveSettings) -> None:
        await self._settings_file.save(command.settings)
        self._store.dispatch(SettingsChanged(settings=command.settings))
        self._poller.replan()

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
