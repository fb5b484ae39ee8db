"""Runs the person's own program for what a run of ``--renew`` did, as the tray app does for what happens there."""

from collections.abc import Sequence
from typing import final

from msgspec.structs import replace

from probe_tray.adapters.desktop.hook_runner import ProcessHookRunner
from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.system import SystemClock, SystemRandomness
from probe_tray.cli.accounts import SelectedLogins
from probe_tray.cli.session.session import CommandSession
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.events import ArrangementChanged, SettingsChanged
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.hooks.hook_service import HookService
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.store import Store
from probe_tray.ports.accounts import AccountStore
from probe_tray.view.quota.quota_numbers import hook_payload


@final
class RunHooks:
    """Notes the accounts before a run, and runs the hook for what became of them."""

    def __init__(self, session: CommandSession, found: SelectedLogins, store: Store) -> None:
        """For the logins that were ``found``, whose renewals are told to ``store``."""
        clock = SystemClock()
        memory = FileRenewalMemory(session.places.memory, disk=session.disk)
        # A login that was known to be dead before this run is no news.
        renewals_of = TokenMemory(memory, clock, SystemRandomness()).renewals_of
        self._session, self._store = session, store
        self._accounts = Accounts(_stores(found), store, renewals_of)
        self._hooks = HookService(ProcessHookRunner(), store, clock, hook_payload)

    async def begin(self) -> None:
        """Note how the accounts are now."""
        session, settings = self._session, self._store.state.settings
        if session.arguments.hide_names:
            self._store.dispatch(SettingsChanged(settings=replace(settings, privacy=True)))
        arrangement = await JsonArrangementFile(session.places.arrangement, disk=session.disk).load()
        self._store.dispatch(ArrangementChanged(arrangement=arrangement))
        await self._accounts.read()
        await self._hooks.look()

    async def finish(self) -> None:
        """Run the hook for what has happened since, one event after the other."""
        # That a login was renewed is seen by its newer token.
        await self._accounts.read()
        await self._hooks.look()


def _stores(found: SelectedLogins) -> Sequence[AccountStore]:
    """Those that the run works on: for files that were named the keyring isn't asked."""
    works_on_vault = any(stored.store is StoreKind.VAULT for stored in found.logins)
    return [store for store in found.stores if store.kind is not StoreKind.VAULT or works_on_vault]
