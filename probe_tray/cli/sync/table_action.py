"""What ``codex-probe --sync`` does with the table as a whole: its SQL, its key, an account that is taken out of it."""

import os

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.http.tables import HttpTableFactory
from probe_tray.adapters.system import LocalZone
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.sync.sync import sync_target, sync_with
from probe_tray.core.state import AppState
from probe_tray.core.sync.table_key import keys_of, table_digest
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.store import Store
from probe_tray.engine.sync.table_owner import TableOwner
from probe_tray.resources import resource
from probe_tray.wiring import make_sync_context


def act_on_table(session: CommandSession) -> ExitStatus:
    """Do what was asked; the exit status. Raises a ProbeError that says why nothing was done."""
    return session.runner.run(_act(session, session.read_settings()))


async def _act(session: CommandSession, loaded: LoadedSettings) -> ExitStatus:
    arguments, console, t = session.arguments, session.console, session.t
    goal = await sync_target(session, loaded)
    if arguments.show_sql:
        console.lines(protecting_sql(table_digest(keys_of(goal.key)[-1])))
        return ExitStatus.SUCCESS
    proxy = session.proxy(loaded.settings)
    session.tell_proxy(proxy, (goal.url,))
    accounts = Accounts((session.vault,), Store(AppState(settings=loaded.settings)))
    tables = HttpTableFactory(proxy, os.environ, handles=session.handles)
    context = make_sync_context(
        accounts=accounts, sources=lambda: (), tables=tables, files=session.files, zone=LocalZone()
    )
    owner = TableOwner(context, session.sync_secrets(loaded))
    if arguments.stop_sharing is not None:
        await owner.withdraw(goal, arguments.stop_sharing)
        console.note(
            t(
                "{account} was removed from the table and won't come back. Computers that have its login keep it.",
                account=arguments.stop_sharing,
            )
        )
        return ExitStatus.SUCCESS
    if arguments.change_key:
        await owner.begin_key_change(goal)
        console.note(
            t(
                "There is a new key, and the table accepts both. Set up your other computers with codex-probe --sync "
                "--show-code, then run codex-probe --sync --end-old-key."
            )
        )
        return ExitStatus.SUCCESS
    await owner.end_old_key(goal)
    console.note(t("Only the new key is accepted now. Computers that don't have it can't use the table any more."))
    return await sync_with(session, loaded, goal)


def protecting_sql(digest: str) -> str:
    """The SQL of the table, which lets in only computers with the key of ``digest``."""
    names = ("sql/tokens.sql", "sql/protect.sql")
    return "".join(resource(name).read_text("utf-8") for name in names).replace("{digest}", digest)
