"""The numbers as the service gives them now, for the actions that print nothing else."""

import asyncio
from collections.abc import Collection

from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.cli.accounts import find_logins, tell_left_out, with_owners
from probe_tray.cli.renew.command_context import run_context
from probe_tray.cli.session.session import CommandSession
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ProbeError
from probe_tray.core.events import ArrangementChanged, CheckFailed, CheckSucceeded
from probe_tray.core.quota.quota_overview import QuotaOverview
from probe_tray.core.state import AppState
from probe_tray.engine.batch import BatchContext
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.store import Store
from probe_tray.view.quota.quota_numbers import quota_overview


def ask_service(session: CommandSession) -> QuotaOverview:
    """Ask for the quota of every account. Raises UsageError where there is none."""
    return session.runner.run(_ask(session, session.read_settings()))


async def _ask(session: CommandSession, loaded: LoadedSettings) -> QuotaOverview:
    found = await with_owners(await find_logins(session, loaded), session, loaded)
    tell_left_out(found, session.console, session.t, hide_names=session.arguments.hide_names)
    store = Store(AppState(settings=loaded.settings))
    async with run_context(session, loaded, found, store) as context:
        arrangement = await JsonArrangementFile(session.places.arrangement, disk=session.disk).load()
        store.dispatch(ArrangementChanged(arrangement=arrangement))
        await context.accounts.read()
        keys = {stored.credential.key for stored in found.logins}
        await _check(keys, context, store, session.arguments.jobs)
        return quota_overview(store.state, context.clock.now(), keys)


async def _check(keys: Collection[AccountKey], context: BatchContext, store: Store, jobs: int) -> None:
    usage = UsageCheck(context.quota, context.accounts, context.renewals, context.clock)
    limit = asyncio.Semaphore(jobs)

    async def check(key: AccountKey) -> None:
        async with limit:
            try:
                snapshot = await usage.snapshot(key, store.state.settings)
            except ProbeError as error:
                now = context.clock.now()
                store.dispatch(CheckFailed(key=key, at=now, problem=error.problem, next_check=None))
            else:
                store.dispatch(CheckSucceeded(key=key, snapshot=snapshot, next_check=None))

    await asyncio.gather(*map(check, keys))
