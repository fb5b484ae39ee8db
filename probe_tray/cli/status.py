"""``codex-probe --status``."""

import asyncio
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from probe_tray.adapters.clock import SystemClock
from probe_tray.adapters.http_client import ServiceClient
from probe_tray.adapters.local_zone import LocalZone
from probe_tray.adapters.places import Places, user_places
from probe_tray.adapters.proxy import ProxyChoice, detect_proxy
from probe_tray.cli.accounts import Found, find_logins, read_settings
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.output import Console, OutputFile
from probe_tray.core.credential import StoredCredential
from probe_tray.core.errors import UsageError
from probe_tray.core.report import AccountReport
from probe_tray.core.service import OFFICIAL
from probe_tray.core.settings import Settings
from probe_tray.engine.status import report_accounts
from probe_tray.view.csv_table import status_csv
from probe_tray.view.json_table import status_json
from probe_tray.view.status_table import failures, status_header, status_rows, summary
from probe_tray.view.times import Now
from probe_tray.view.translate import Translator

_DONE, _FAILED, _INTERRUPTED = 0, 1, 130


def run_status(arguments: Arguments) -> int:
    """Ask for every quota, print and write the table, and return the exit status.

    Raises UsageError or ConfigError before anything is asked, WriteError when the result cannot be kept.
    """
    console, t = Console(quiet=arguments.quiet), Translator()
    output = None if arguments.output is None else OutputFile(Path(arguments.output))
    places = _places()
    loaded = read_settings(arguments.config, places)
    if loaded.problem is not None:
        console.note(t.title(loaded.problem))
    proxy = _proxy(arguments, loaded.settings)
    found = find_logins(arguments.paths, loaded, places)
    if found.logins:
        console.note(t("Proxy: {proxy} ({place})", proxy=proxy.shown, place=proxy.found_in))

    done: dict[int, AccountReport] = {}
    interrupted = False
    try:
        asyncio.run(_ask(found.logins, proxy, arguments.jobs, done))
    except KeyboardInterrupt:
        interrupted = True
    reports = _in_order(found, done)

    if output is not None:
        zone = LocalZone()
        table = status_json(reports) if output.is_json else status_csv(reports, lambda moment: moment.astimezone(zone))
        output.write(table)
        console.note(t("Wrote {path}.", path=str(output.path)))
    for trouble in found.troubles:
        console.failure(f"{t.title(trouble)} {t.hint(trouble)}")
    _show(reports, console, t, as_json=arguments.json)
    if interrupted:
        left = len(found.logins) - len(done)
        console.failure(
            t.plural("interrupted: {n} login was not asked.", "interrupted: {n} logins were not asked.", left)
        )
        return _INTERRUPTED
    failed = bool(found.troubles) or any(r.problem is not None for r in reports)
    return _FAILED if failed else _DONE


def _places() -> Places:
    try:
        return user_places()
    except RuntimeError:
        raise UsageError(what="Your home folder is not known: set HOME to it.") from None


def _proxy(arguments: Arguments, settings: Settings) -> ProxyChoice:
    if arguments.proxy is None and settings.proxy is not None:
        return detect_proxy(settings.proxy, os.environ, override_name="the configuration")
    return detect_proxy(arguments.proxy, os.environ)


def _in_order(found: Found, done: dict[int, AccountReport]) -> list[AccountReport]:
    """The reports in the order of the entries; what was not asked is left out."""
    numbers = itertools.count()
    asked = (done.get(next(numbers)) if isinstance(e, StoredCredential) else e for e in found.entries)
    return [report for report in asked if report is not None]


def _show(reports: Sequence[AccountReport], console: Console, t: Translator, *, as_json: bool) -> None:
    if as_json:
        console.result(status_json(reports))
    else:
        console.table(status_header(t), status_rows(reports, Now(SystemClock().now(), LocalZone()), t))
    for failure in failures(reports, t):
        console.failure(failure)
    console.note(summary(reports, t))


async def _ask(
    logins: Sequence[StoredCredential], proxy: ProxyChoice, jobs: int, done: dict[int, AccountReport]
) -> None:
    client = ServiceClient(OFFICIAL, proxy, os.environ)
    try:
        await report_accounts(client, logins, SystemClock(), jobs=jobs, done=done.__setitem__)
    finally:
        await client.aclose()
