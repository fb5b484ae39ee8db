"""Joins what the command needs for work on accounts: stores, the way to the service, and renewals."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.adapters.system import LocalZone, SystemClock, SystemRandomness
from probe_tray.cli.accounts import SelectedLogins, official_stores
from probe_tray.cli.renew.interrupted_work import interruptible
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.terminal.hints import told
from probe_tray.core.errors import ProbeError
from probe_tray.core.service.service import OFFICIAL
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.batch import BatchContext
from probe_tray.engine.codex.codex_parts import CodexParts
from probe_tray.engine.codex.codex_renewal_guard import CodexRenewalGuard
from probe_tray.engine.codex.hand_over import LoginHandOver
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.polling.clock_watch import ClockWatch
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.store import Store
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from probe_tray.ports.shared_logins import SharedLogins
from probe_tray.wiring import make_codex, make_renewals, make_shared_logins, make_sync_context


class CommandContext(BatchContext, frozen=True, kw_only=True):
    """The same with what use in Codex needs."""

    codex: CodexParts
    hand_overs: LoginHandOver


@asynccontextmanager
async def run_context(
    session: CommandSession, loaded: LoadedSettings, found: SelectedLogins, store: Store
) -> AsyncGenerator[CommandContext]:
    """For work on the logins that were ``found``, told to ``store``; closed at the end.

    A signal ends the work, but no renewal that was sent. Raises ProxyAddressError, and SignalledError then.
    """
    clock = SystemClock()
    proxy = session.proxy(loaded.settings)
    if found.logins:
        session.tell_proxy(proxy, (OFFICIAL.issuer, OFFICIAL.backend))
    # Before the token of a copy is sent, the client's own logins are looked at.
    accounts = Accounts((*found.stores, *official_stores(session, loaded)), store, nothing_remembered)
    watch = ClockWatch(clock, lambda error: session.console.failure(told(error, session.t)))
    client = session.client(proxy, answered=watch.answered)
    journal = session.journal()
    codex = codex_parts(session, accounts, store)
    shared = _shared_logins(session, loaded, accounts, proxy, codex.placements)
    memory = TokenMemory(FileRenewalMemory(session.places.memory, disk=session.disk), clock, SystemRandomness())
    guarded = CodexRenewalGuard(codex.placements, shared, codex.places_of(lambda: loaded.settings), memory)
    renewals = make_renewals(client, accounts, journal, session.files, store.dispatch, guarded)
    try:
        async with interruptible(renewals, session.console, session.t):
            await bring_up_to_date(codex.placements)
            yield CommandContext(
                quota=client,
                accounts=accounts,
                renewals=renewals,
                journal=journal,
                clock=clock,
                codex=codex,
                hand_overs=codex.hand_overs(accounts, renewals, memory, clock),
            )
            await bring_up_to_date(codex.placements)
    finally:
        await client.aclose()


async def bring_up_to_date(placements: PlacementKeeper) -> None:
    """Give the official client what an earlier run could not, and what came from other computers; see what it did."""
    # What is wrong with the record is said of each renewal that needs it.
    with suppress(ProbeError):
        await placements.look(())


def codex_parts(session: CommandSession, accounts: Accounts, store: Store) -> CodexParts:
    """Which logins the official client has, so that the command renews none that the client renews."""
    return make_codex(accounts, session.files, session.keyring, session.kept_sealer(), store.dispatch)


def _shared_logins(
    session: CommandSession,
    loaded: LoadedSettings,
    accounts: Accounts,
    proxy: ProxyChoice,
    placements: PlacementKeeper,
) -> SharedLogins:
    """What other computers have renewed, where sync is set up. A login that is not in the table is left to --sync."""
    if not loaded.settings.sync_url:
        return NoSharedLogins()
    # Only here, for it brings more than most runs need.
    from probe_tray.adapters.http.table_factory import HttpTableFactory

    context = make_sync_context(
        accounts=accounts,
        sources=lambda: accounts.ours,
        tables=HttpTableFactory(proxy, os.environ, handles=session.handles),
        files=session.files,
        zone=LocalZone(),
        placements=placements,
    )
    secrets = session.sync_secrets(loaded)
    return make_shared_logins(context, lambda: loaded.settings, secrets, str(loaded.path), adds_rows=False)
