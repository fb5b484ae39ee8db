"""Looks for the proxy and tests the way to the service, when the settings ask for it."""

import asyncio
from collections.abc import Callable, Coroutine

from msgspec.structs import replace

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import FindProxy, StopConnectionCheck, TryConnection
from probe_tray.core.service.connection import ConnectionChanged, ConnectionCheck, ProxyChecked
from probe_tray.engine.store import Store
from probe_tray.ports.http import ConnectionProbe

Work = Coroutine[object, object, None]


class ConnectionTest:
    """One test at a time; a new one takes the place of the one that runs."""

    def __init__(self, probe: ConnectionProbe, store: Store) -> None:
        """Ask ``probe``, tell ``store``."""
        self._probe = probe
        self._store = store
        self._task: asyncio.Task[None] | None = None

    def send(self, command: FindProxy | TryConnection | StopConnectionCheck, start: Callable[[Work], object]) -> None:
        """Have ``command`` done; ``start`` runs what takes time."""
        match command:
            case FindProxy():
                start(self.find(command))
            case TryConnection():
                start(self.check(command))
            case StopConnectionCheck():
                self.stop()

    async def look(self) -> bool:
        """Tell whether the proxy of the settings can be used; whether it can now and could not before."""
        setting, before = self._store.state.settings.proxy, self._store.state.proxy_problem
        found = await self._probe.find_proxy(None if setting is None else Secret(setting))
        if found.problem != before:
            self._store.dispatch(ProxyChecked(problem=found.problem))
        return before is not None and found.problem is None

    async def find(self, command: FindProxy) -> None:
        """Tell which proxy this setting leads to. What an earlier test showed is over."""
        self._tell(ConnectionCheck())
        proxy = await self._probe.find_proxy(command.proxy)
        self._tell(replace(self._store.state.connection, proxy=proxy))

    async def check(self, command: TryConnection) -> None:
        """Try the way that this setting leads to."""
        self.stop()
        task = self._task = asyncio.ensure_future(self._check(command))
        try:
            # Stopping ends the test and not whoever waits for it.
            await asyncio.wait({task})
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if self._task is task:
                self._task = None
                self._tell(replace(self._store.state.connection, running=False))
        if not task.cancelled():
            task.result()

    def stop(self) -> None:
        """End the test that runs."""
        if self._task is not None:
            self._task.cancel()

    async def _check(self, command: TryConnection) -> None:
        self._tell(replace(self._store.state.connection, running=True, reached=None))
        proxy = await self._probe.find_proxy(command.proxy)
        self._tell(replace(self._store.state.connection, proxy=proxy))
        reached = await self._probe.reach(command.proxy)
        self._tell(replace(self._store.state.connection, reached=reached))

    def _tell(self, check: ConnectionCheck) -> None:
        self._store.dispatch(ConnectionChanged(check=check))
