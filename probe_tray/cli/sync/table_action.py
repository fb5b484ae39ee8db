"""What ``codex-probe --sync`` does with the table as a whole: its SQL, its key, an account that is taken out of it."""

import os

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.http.tables import HttpTableFactory
from probe_tray.adapters.system import LocalZone
from probe_tray.cli.own_stores import own_stores
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.sync.sync import sync_target, sync_with
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
    accounts = Accounts(stores, Store(AppState(settings=loaded.settings)), nothing_remembered)
    tables = HttpTableFactory(proxy, os.environ, handles=session.handles)
    context = make_sync_context(
        accounts=accounts, sources=lambda: (), tables=tables, files=session.files, zone=LocalZone()
    )
    owner = TableOwner(context, session.sync_secrets(loaded))
    if arguments.stop_sharing is not None:
        return await _stop_sharing(session, owner, goal, arguments.stop_sharing)
    if arguments.change_key:
        await owner.begin_key_change(goal)
        console.note(
            t(
                "There is a new key, and the table accepts both. Set up your other computers with codex-probe --sync "
                "--show-code, then run codex-probe --sync --end-old-key. Keep a copy of the new key: after that, the "
                "old one can't open anything."
            )
        )
        return ExitStatus.SUCCESS
    await owner.end_old_key(goal)
    console.note(t("Only the new key is accepted now. Computers that don't have it can't use the table any more."))
    if loaded.login_folder is None:
        console.note(t("The next sync of Probe Tray encrypts the rows with the new key."))
        return ExitStatus.SUCCESS
    return await sync_with(session, loaded, goal)


async def _stop_sharing(session: CommandSession, owner: TableOwner, goal: SyncTarget, who: str) -> ExitStatus:
    login = await owner.withdraw(goal, who)
    session.console.note(
        session.t(
            "{account} (id {id}) was removed from the table and won't come back. Computers that have its login "
            "keep it, but only one of them can renew it; log in again on the others.",
            account=login.email,
            id=login.account_id,
        )
    )
    return ExitStatus.SUCCESS
