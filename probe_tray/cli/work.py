"""``codex-probe --renew``, ``--status`` and ``--apitest``, which combine for each login in this order."""

import asyncio
import itertools
import logging
import os
import sys
from collections.abc import Sequence

import msgspec

from probe_tray.adapters.clock import SystemClock
from probe_tray.adapters.config_file import LoadedSettings
from probe_tray.adapters.http_client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets, Redactor, configure_logging, switch_off_core_dumps
from probe_tray.adapters.journal import FileJournal
from probe_tray.adapters.keyring_key import OsKeyStore
from probe_tray.adapters.local_zone import LocalZone
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.places import Places, user_places
from probe_tray.adapters.process_start import process_began
from probe_tray.adapters.proxy import ProxyChoice, detect_proxy
from probe_tray.adapters.sealer import HandySealer
from probe_tray.adapters.vault import VaultStore
from probe_tray.bootstrap import make_renewals, vault_key
from probe_tray.cli.accounts import Found, find_logins, read_settings
from probe_tray.cli.apitest import ModelStage, agreed
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.hints import at_the_command_line, with_hints
from probe_tray.cli.model_table import HEADER as MODELS_HEADER
from probe_tray.cli.model_table import model_problems, model_rows, model_summary
from probe_tray.cli.output import Console
from probe_tray.cli.renewal_table import HEADER, renewal_problems, renewal_rows, renewal_summary
from probe_tray.cli.results import ResultFiles
from probe_tray.cli.signals import Interruption
from probe_tray.core.credential import StoredCredential
from probe_tray.core.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.engine.accounts import Accounts
from probe_tray.engine.clock_watch import ClockWatch
from probe_tray.engine.store import Store
from probe_tray.engine.tending import Means, Order, Tending
from probe_tray.view.json_table import accounts_json
from probe_tray.view.status_table import failures, status_header, status_rows, summary
from probe_tray.view.times import Now
from probe_tray.view.translate import Translator

_DONE, _FAILED = 0, 1


class _Outcome(msgspec.Struct, frozen=True, kw_only=True):
    found: Found
    reports: list[AccountReport]
    left: int
    """Logins for which nothing was done."""
    interrupted: int | None
    """The exit status that a signal asked for."""


def run_work(arguments: Arguments) -> int:
    """Do what is asked for every login, print and write the tables, and return the exit status.

    Raises UsageError or ConfigError before anything is asked, WriteError when the result cannot be kept.
    """
    switch_off_core_dumps()
    known = KnownSecrets()
    with configure_logging(logging.WARNING, sys.stderr, Redactor(known)):
        return _run(arguments, known)


def chosen_proxy(arguments: Arguments, settings: Settings) -> ProxyChoice:
    """The proxy of the flag, else of the configuration, else the one that is found."""
    if arguments.proxy is None and settings.proxy is not None:
        return detect_proxy(settings.proxy, os.environ, override_name="the configuration")
    return detect_proxy(arguments.proxy, os.environ)


def _run(arguments: Arguments, known: KnownSecrets) -> int:
    console, t = Console(quiet=arguments.quiet), Translator()
    files = ResultFiles(arguments)
    places = user_places()
    loaded = read_settings(arguments.config, places)
    if loaded.problem is not None:
        console.note(t.title(loaded.problem))
    tested = arguments.apitest and agreed(arguments, loaded, console)
    if not (tested or arguments.status or arguments.renew):
        return _DONE
    outcome = asyncio.run(_work(arguments, console, places, loaded, known, tested=tested))
    found, reports = outcome.found, outcome.reports

    files.write(reports, console, tested=tested)
    for trouble in map(at_the_command_line, found.troubles):
        console.failure(f"{t.title(trouble)} {t.hint(trouble)}")
    _show(reports, arguments, console, t)
    if outcome.interrupted is not None:
        console.failure(
            t.plural("interrupted: {n} login was not asked.", "interrupted: {n} logins were not asked.", outcome.left)
        )
        return outcome.interrupted
    return _FAILED if found.troubles or any(r.failed for r in reports) else _DONE


async def _work(
    arguments: Arguments,
    console: Console,
    places: Places,
    loaded: LoadedSettings,
    known: KnownSecrets,
    *,
    tested: bool,
) -> _Outcome:
    settings, locks, clock = loaded.settings, FileLocks(places.locks), SystemClock()
    proxy = chosen_proxy(arguments, settings)
    keyring = OsKeyStore(handles=known.add)
    key, silent = (vault_key(places, entry, locks) for entry in (keyring, keyring.silent))
    found = await find_logins(arguments.paths, loaded, places, VaultStore(places.vault, key))
    if found.logins:
        console.note(f"Proxy: {proxy.shown} ({proxy.found_in})")
    store = Store(AppState(settings=settings))
    accounts = Accounts(found.stores, store)
    watch = ClockWatch(clock, lambda error: console.failure(str(error)))
    client = ServiceClient(OFFICIAL, proxy, os.environ, handles=known.add, answered=watch.answered)
    journal = FileJournal(places.journal, HandySealer(key, silent))
    renewals = make_renewals(OFFICIAL, client, accounts, journal, places, locks, store.dispatch)
    means = Means(quota=client, accounts=accounts, renewals=renewals, journal=journal, clock=clock)
    tending = Tending(means, _order(arguments, settings))
    models = ModelStage(means, arguments, settings)

    async def stop() -> None:
        models.stop()
        await tending.stop()

    done: dict[int, AccountReport] = {}
    ending: list[asyncio.Task[None]] = []
    try:
        with Interruption(lambda: ending.append(asyncio.create_task(stop()))) as interruption:
            await tending.run(found.logins, jobs=arguments.jobs, done=done.__setitem__)
            if tested:
                await models.run(found.logins, done)
            await asyncio.gather(*ending)
    finally:
        await renewals.close()
        await client.aclose()
    return _Outcome(
        found=found,
        reports=_in_order(found, done, renew=arguments.renew),
        left=len(found.logins) - len(done),
        interrupted=interruption.status,
    )


def _order(arguments: Arguments, settings: Settings) -> Order:
    return Order(
        renew=arguments.renew,
        force=arguments.force,
        status=arguments.status,
        days=settings.renew_before_expiry_days,
        renew_refused=settings.auto_renew,
        since=process_began(),
    )


def _in_order(found: Found, done: dict[int, AccountReport], *, renew: bool) -> list[AccountReport]:
    """The reports in the order of the entries; those for which nothing was done are left out."""
    numbers = itertools.count()
    reports = (
        done.get(next(numbers)) if isinstance(entry, StoredCredential) else _no_login(entry, renew=renew)
        for entry in found.entries
    )
    return [with_hints(report) for report in reports if report is not None]


def _no_login(report: AccountReport, *, renew: bool) -> AccountReport:
    if not renew:
        return report
    result = RenewalResult.NOT_OURS if report.api_key else RenewalResult.FAILED
    return msgspec.structs.replace(report, renewal=RenewalReport(result=result, problem=report.problem))


def _show(reports: Sequence[AccountReport], arguments: Arguments, console: Console, t: Translator) -> None:
    now = Now(SystemClock().now(), LocalZone())
    if arguments.json:
        console.result(accounts_json(reports))
    else:
        if arguments.renew:
            console.table(HEADER, renewal_rows(reports, now, t))
        if arguments.status:
            console.table(status_header(t), status_rows(reports, now, t))
        if arguments.apitest:
            console.table(MODELS_HEADER, model_rows(reports, now, t))
    for failure in failures([*reports, *renewal_problems(reports), *model_problems(reports)], t):
        console.failure(failure)
    if arguments.status:
        console.note(summary(reports, t))
    if any(report.renewal is not None for report in reports):
        console.note(renewal_summary(reports))
    if any(report.models is not None for report in reports):
        console.note(model_summary(reports))
