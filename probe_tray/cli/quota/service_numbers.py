"""The numbers as the service gives them now, for the actions that print nothing else."""

import asyncio
from collections.abc import Collection, Sequence

import msgspec
from msgspec.structs import replace

from probe_tray.adapters.files.arrangement_file import JsonArrangementFile
from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.cli.accounts import find_logins, tell_left_out, with_owners
from probe_tray.cli.renew.command_context import run_context
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.terminal.hints import at_the_command_line, with_hints
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import ProbeError, Problem
from probe_tray.core.events import ArrangementChanged, CheckFailed, CheckSucceeded
from probe_tray.core.quota.quota_overview import QuotaOverview
from probe_tray.core.state import AppState
from probe_tray.engine.batch import BatchContext
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.store import Store
from probe_tray.view.quota.quota_numbers import quota_overview
from probe_tray.view.tables.status_table import failures
from probe_tray.view.text.privacy import mask


class ServiceNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """What the service says, and whether that is all."""

    overview: QuotaOverview | None
    """None where no login could be read, which was said."""
    is_whole: bool
    """Whether every login could be read."""

    def may_hide(self, given: str | None) -> bool:
        """Whether the account that a person named may be among those that can't be read."""
        overview = self.overview
        return not self.is_whole and given is not None and not (overview and overview.matching(given))


def ask_service(session: CommandSession, told: set[str] | None = None) -> ServiceNumbers:
    """Ask for the quota of every account, and say which logins can't be read, unless it was ``told`` before.

    Raises UsageError where there is none.
    """
    return session.runner.run(_ask(session, session.read_settings(), set() if told is None else told))


async def _ask(session: CommandSession, loaded: LoadedSettings, told: set[str]) -> ServiceNumbers:
    found = await with_owners(await find_logins(session, loaded), session, loaded)
    tell_left_out(found, session.console, session.t, hide_names=session.arguments.hide_names)
    unread = [entry for entry in found.entries if isinstance(entry, AccountReport) and entry.problem is not None]
    is_whole = not (unread or found.troubles)
    # A broken file that nobody named, beside others that can be read, has no place in a prompt.
    _complain(found.troubles, unread if session.arguments.paths or not found.logins else (), session, loaded, told)
    if not (is_whole or found.logins):
        return ServiceNumbers(overview=None, is_whole=False)
    store = Store(AppState(settings=loaded.settings))
    async with run_context(session, loaded, found, store) as context:
        arrangement = await JsonArrangementFile(session.places.arrangement, disk=session.disk).load()
        store.dispatch(ArrangementChanged(arrangement=arrangement))
        await context.accounts.read()
        keys = {stored.credential.key for stored in found.logins}
        await _check(keys, context, store, session.arguments.jobs)
        overview = replace(quota_overview(store.state, context.clock.now(), keys), is_whole=is_whole)
        return ServiceNumbers(overview=overview, is_whole=is_whole)


def _complain(
    troubles: Sequence[Problem],
    unread: Sequence[AccountReport],
    session: CommandSession,
    loaded: LoadedSettings,
    told: set[str],
) -> None:
    """Say what can't be read and why."""
    t = session.t
    said = [*(t.told(at_the_command_line(trouble)) for trouble in troubles), *failures(map(with_hints, unread), t)]
    hides = session.arguments.hide_names or loaded.settings.privacy
    for sentence in said:
        if sentence not in told:
            told.add(sentence)
            session.console.failure(mask(sentence) if hides else sentence)


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
