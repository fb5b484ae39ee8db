"""How the actions start that need nothing but the last numbers: of the running app, else of the service."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from probe_tray.adapters.desktop.instance_socket import system_socket
from probe_tray.adapters.desktop.running_numbers import RunningNumbers
from probe_tray.adapters.files.app_folders import user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.terminal.pipes import finish, say
from probe_tray.core.errors import UsageError
from probe_tray.core.quota.quota_overview import QuotaOverview

if TYPE_CHECKING:
    from probe_tray.view.text.times import Now
    from probe_tray.view.text.translate import Translator

    Words = Callable[[Now, Translator], str]

QuotaAction = Callable[[QuotaOverview], ExitStatus]
"""Prints what is asked for; what is shown of the overview goes through :func:`shown`."""


def run_quota_action(arguments: Arguments, action: QuotaAction, enough: Callable[[QuotaOverview], bool]) -> ExitStatus:
    """Run ``action`` with the running app's numbers where they are ``enough``, else with those of the service."""
    found = running_numbers(arguments)
    overview = None if found is None else found.now()
    if overview is not None and enough(overview):
        return action(overview)
    # Only now, for it brings the network and all that belongs to it.
    from probe_tray.cli.quota.service_numbers import ask_service
    from probe_tray.cli.session.session import CommandSession, run_session

    def ask(session: CommandSession) -> ExitStatus:
        found, given = ask_service(session), arguments.account
        if found.overview is None:
            return ExitStatus.NOT_KNOWN
        if given is None or not found.may_hide(given):
            return action(found.overview)
        from probe_tray.view.quota.quota_words import none_readable

        session.console.failure(none_readable(given, session.t))
        return ExitStatus.NOT_KNOWN

    # One line is all that is wanted: notes have no place in a prompt or a bar. Of a failure nobody must read that there
    # is no capacity, as next and guard say with 1.
    return run_session(arguments, ask, quiet=True, failed=ExitStatus.NOT_KNOWN)


def running_numbers(arguments: Arguments) -> RunningNumbers | None:
    """The running app's, where it works on what the command is to work on."""
    if arguments.paths or arguments.config is not None or arguments.proxy is not None:
        return None
    try:
        folder = user_places().data_folder
    except UsageError:
        return None
    return RunningNumbers(system_socket(folder, disk=Disk()))


def shown(overview: QuotaOverview, arguments: Arguments) -> QuotaOverview:
    """``overview`` as it may be shown."""
    return overview.discreet() if overview.privacy or arguments.hide_names else overview


def printed(line: str, arguments: Arguments) -> ExitStatus:
    """Print the result; says so where standard output can't be written.

    An answer that nobody can read is none. 1 would be one: of ``guard`` that not enough is left.
    """
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal of an old encoding shows what it cannot as "?", instead of ending the run.
        sys.stdout.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - TextIO does not declare it
    with suppress(OSError):
        print(line)
    if finish():
        return ExitStatus.SUCCESS
    tell(arguments, lambda _now, t: t("standard output can't be written."))
    return ExitStatus.NOT_KNOWN


def tell(arguments: Arguments, words: "Words") -> None:
    """Say on standard error why there is no result."""
    say(f"codex-probe: {words_of(arguments, words)}")


def words_of(arguments: Arguments, words: "Words") -> str:
    """The sentence in the person's language."""
    # Imported here: it reads the settings, which no result needs.
    from probe_tray.adapters.system import LocalZone, SystemClock
    from probe_tray.cli.session.language import person_translator
    from probe_tray.view.text.times import Now

    return words(Now(SystemClock().now(), LocalZone()), person_translator(arguments.config, Disk()))
