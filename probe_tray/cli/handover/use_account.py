"""``codex-probe use``: gives an account to the official client, and says what follows from that."""

import asyncio
import sys
from functools import partial

import msgspec

from probe_tray.adapters.desktop.client_processes import running_clients
from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.logins.sealer import Sealer, VaultSealer
from probe_tray.adapters.systems.current import this_system
from probe_tray.cli.accounts import SelectedLogins
from probe_tray.cli.own_stores import own_stores
from probe_tray.cli.renew.run_context import run_context
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.cli.terminal.pipes import is_terminal, said_yes
from probe_tray.core.account.account_match import matching
from probe_tray.core.errors import Phrase, ProbeError, UsageError
from probe_tray.core.state import AccountState, AppState
from probe_tray.engine.batch import BatchContext
from probe_tray.engine.handover.hand_over_transaction import HandedOver, HandOverTransaction
from probe_tray.engine.store import Store
from probe_tray.view.handover.hand_over_words import after_hand_over, clients_keep, foreign_question
from probe_tray.wiring import make_hand_over, vault_key


def use_account(session: CommandSession) -> ExitStatus:
    """Give the account of that name to the client, or put an earlier login back. Raises a ProbeError."""
    return session.runner.run(_use(session, session.read_settings()))


async def update_client(session: CommandSession, loaded: LoadedSettings, context: BatchContext) -> None:
    """Bring the client's place and the logins of ``context`` up to date with each other, and say where that fails."""
    try:
        await _hand_over(session, context, _sealer(session, loaded)).update()
    except ProbeError as error:
        session.console.failure(session.t.told(at_the_command_line(error.problem)))


def _sealer(session: CommandSession, loaded: LoadedSettings) -> Sealer:
    """Never plain beside a vault, and never a password window: a script may run this."""
    if loaded.login_folder is None:
        return VaultSealer(vault_key(session.files, session.keyring.silent))
    return session.sealer()


def _hand_over(session: CommandSession, context: BatchContext, sealer: Sealer) -> HandOverTransaction:
    return make_hand_over(context.accounts, context.renewals, session.files, sealer)


async def _use(session: CommandSession, loaded: LoadedSettings) -> ExitStatus:
    arguments, (stores, _) = session.arguments, own_stores(session, loaded)
    store = Store(AppState(settings=loaded.settings))
    async with run_context(session, loaded, SelectedLogins(stores=stores), store) as context:
        hand_over = _hand_over(session, context, _sealer(session, loaded))
        if arguments.back:
            return await _told(session, await hand_over.put_back())
        await context.accounts.read()
        account = await _chosen(session, store.state)
        if account is None:
            return ExitStatus.FAILURE
        keep = arguments.yes or await _keeps_foreign(session, hand_over)
        return await _told(session, await hand_over.give(account.key, keep=keep))


async def _chosen(session: CommandSession, state: AppState) -> AccountState | None:
    """The account that is meant; None where several are, which are listed. Raises UsageError where none is."""
    word = session.arguments.paths[0]
    arrangement = await JsonArrangementFile(session.places.arrangement, disk=session.disk).load()
    found = matching(word, state.accounts, arrangement)
    if not found:
        for _, problem in state.store_problems:
            session.console.failure(session.t.told(at_the_command_line(problem)))
        raise UsageError(what=Phrase("No account of Probe Tray has the address, alias or id {word}.", word=word))
    if len(found) == 1:
        return found[0]
    t = session.t
    session.console.failure(t("{word} fits several accounts. Name one by its id:", word=word))
    for account in found:
        parts = (account.key.slug, account.email, account.workspace, account.plan)
        session.console.lines("  ".join(part for part in parts if part) + "\n")
    return None


async def _keeps_foreign(session: CommandSession, hand_over: HandOverTransaction) -> bool:
    """Whether a login that only the client has becomes an account here; a person at the terminal is asked."""
    arguments = session.arguments
    foreign = await hand_over.foreign()
    if foreign is None or arguments.json or not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return False
    session.console.prompt(foreign_question(foreign.email or foreign.account_id, session.t) + " [y/N] ", end="")
    return await asyncio.to_thread(said_yes)


async def _told(session: CommandSession, done: HandedOver) -> ExitStatus:
    console, t = session.console, session.t
    clients = await asyncio.to_thread(partial(running_clients, this_system()))
    if session.arguments.json:
        clients_as = [{"name": name, "process": process} for name, process in clients]
        result = {
            "account": None if done.key is None else done.key.slug,
            "file": done.location,
            "before": done.before.value,
            "clients": clients_as,
        }
        console.result(msgspec.json.encode(result) + b"\n")
        return ExitStatus.SUCCESS
    for sentence in after_hand_over(done.before, done.before_email, session.arguments.paths[:1], t):
        console.note(sentence)
    if clients:
        console.note(clients_keep(clients, t))
    return ExitStatus.SUCCESS
