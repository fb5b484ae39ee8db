"""What ``codex-probe --sync`` does with the table as a whole: its SQL, its key, an account that is taken out of it."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.system import LocalZone
from probe_tray.cli.own_stores import own_stores
from probe_tray.cli.renew.command_context import codex_parts
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.sync.sync import sync_target, sync_with
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.cli.terminal.signals import Interruption
from probe_tray.core.errors import ProbeError
from probe_tray.core.state import AppState
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.store import Store
from probe_tray.engine.sync.table_owner import TableOwner
from probe_tray.wiring import make_sync_context, table_sql


def act_on_table(session: CommandSession) -> ExitStatus:
    """Do what was asked; the exit status. Raises a ProbeError that says why nothing was done."""
    return session.runner.run(_act(session, session.read_settings()))


async def _act(session: CommandSession, loaded: LoadedSettings) -> ExitStatus:
    arguments, console, t = session.arguments, session.console, session.t
    goal = await sync_target(session, loaded)
    if arguments.show_sql:
        console.lines(table_sql().protected(goal.key))
        return ExitStatus.SUCCESS
    proxy = session.proxy(loaded.settings)
    session.tell_proxy(proxy, (goal.url,))
    stores, _ = own_stores(session, loaded, session.vault)
    store = Store(AppState(settings=loaded.settings))
    accounts = Accounts(stores, store, nothing_remembered)
    tables = HttpTableFactory(proxy, os.environ, handles=session.handles)
    context = make_sync_context(
        accounts=accounts,
        sources=lambda: (),
        tables=tables,
        files=session.files,
        zone=LocalZone(),
        placements=codex_parts(session, accounts, store).placements,
    )
    action = _TableAction(session, TableOwner(context, session.sync_secrets(loaded)))
    if arguments.stop_sharing is not None:
        return await action.stop_sharing(goal, arguments.stop_sharing)
    if arguments.change_key:
        return await action.change_key(goal)
    status = await action.end_old_key(goal)
    if status is not ExitStatus.SUCCESS:
        return status
    if loaded.login_folder is None:
        console.note(t("The next sync of Probe Tray encrypts the rows with the new key."))
        return ExitStatus.SUCCESS
    return (await sync_with(session, loaded, goal)).status


class _TableAction:
    """One change of the table, which a signal ends only before anything was changed."""

    def __init__(self, session: CommandSession, owner: TableOwner) -> None:
        self._owner, self._console, self._t = owner, session.console, session.t

    async def change_key(self, goal: SyncTarget) -> ExitStatus:
        """Make a new key beside the old one."""

        async def change() -> None:
            await self._owner.begin_key_change(goal)
            self._console.note(
                self._t(
                    "There is a new key, and the table accepts both. Set up your other computers with codex-probe "
                    "--sync --show-code, then run codex-probe --sync --end-old-key. Keep a copy of the new key: after "
                    "that, the old one can't open anything."
                )
            )

        return await self._see_to_its_end(change())

    async def end_old_key(self, goal: SyncTarget) -> ExitStatus:
        """Let in the new key alone."""
        t = self._t

        async def end() -> None:
            await self._owner.end_old_key(goal)
            self._console.note(
                t("Only the new key is accepted now. Computers that don't have it can't use the table anymore.")
            )

        return await self._see_to_its_end(end())

    async def stop_sharing(self, goal: SyncTarget, who: str) -> ExitStatus:
        """Take an account out of the table."""

        async def stop() -> None:
            login = await self._owner.withdraw(goal, who)
            self._console.note(
                self._t(
                    "{account} (id {id}) was removed from the table and won't come back. Computers that have its login "
                    "keep it, but only one of them can renew it; log in again on the others.",
                    account=login.email,
                    id=login.account_id,
                )
            )

        return await self._see_to_its_end(stop())

    async def _see_to_its_end(self, work: Coroutine[Any, Any, None]) -> ExitStatus:
        """Do it, and tell what was done where a signal comes meanwhile. Raises a ProbeError where none came."""
        console, t = self._console, self._t
        task = asyncio.ensure_future(work)
        kept = t("interrupted: what is done so far is kept. Run it again to go on.")

        def stop() -> None:
            console.end_line()
            if self._owner.has_begun:
                console.prompt(t("Finishing the change in progress. Press Ctrl-C again to stop at once."))
            else:
                task.cancel()

        with Interruption(stop, lambda: console.failure(kept)) as interruption:
            await asyncio.wait({task})
        if interruption.status is None:
            task.result()
            return ExitStatus.SUCCESS
        try:
            if not task.cancelled():
                task.result()
        except ProbeError as error:
            console.failure(t.told(at_the_command_line(error.problem)))
        console.failure(kept if self._owner.has_begun else t("interrupted: nothing was changed."))
        return interruption.status
