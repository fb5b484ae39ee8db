"""Where ``codex-probe`` starts and ends: flags, help and version, Ctrl-C."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from probe_tray.cli.arguments import (
    Arguments,
    HelpWantedError,
    WrongUseError,
    is_bare,
    misused,
    parse,
    wants_diagnosis,
)
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.terminal.pipes import end_line, finish, say

if TYPE_CHECKING:
    from probe_tray.cli.session.session import CommandSession
    from probe_tray.view.text.translate import Translator


def main(argv: Sequence[str] | None = None) -> ExitStatus:
    """Run the command and return its exit status."""
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        end_line()
        _say("interrupted.")
        return ExitStatus.INTERRUPTED


def _run(argv: Sequence[str]) -> ExitStatus:
    try:
        arguments = parse(argv)
    except HelpWantedError as wanted:
        return _help(wanted.config)
    except WrongUseError as error:
        return _wrong_use(f"{error}.", None)
    except SystemExit:
        # The version was printed.
        return _printed()
    if is_bare(arguments):
        return _help(arguments.config)
    if misused(arguments, str):
        t = _translator(arguments.config)
        return _wrong_use(misused(arguments, t), arguments.config)

    # Only now, for it brings the network and all that belongs to it.
    from probe_tray.cli.session.session import run_session

    return run_session(arguments, _action(arguments))


def _action(arguments: Arguments) -> "Callable[[CommandSession], ExitStatus]":
    if arguments.login:
        from probe_tray.cli.login.login import log_in

        return log_in
    if arguments.take:
        from probe_tray.cli.transfer.import_logins import import_logins

        return import_logins
    if arguments.export is not None:
        from probe_tray.cli.transfer.export_logins import export_logins

        return export_logins
    if arguments.sync:
        from probe_tray.cli.sync.sync import sync

        return sync
    if wants_diagnosis(arguments):
        from probe_tray.cli.diagnose.diagnose import diagnose

        return diagnose
    from probe_tray.cli.renew.run import run_accounts

    return run_accounts


def _translator(config: str | None) -> "Translator":
    # Imported here: it reads the settings, which nothing else on the way to an action needs.
    from probe_tray.cli.session.language import person_translator

    return person_translator(config)


def _help(config: str | None) -> ExitStatus:
    from probe_tray.cli.help_text import help_text

    # A failed write stays in the buffer, so that it is noticed when everything is brought out.
    with suppress(OSError):
        print(help_text(_translator(config)), end="")
    return _printed()


def _printed() -> ExitStatus:
    if finish():
        return ExitStatus.SUCCESS
    _say("standard output can't be written.")
    return ExitStatus.FAILURE


def _wrong_use(what: str, config: str | None) -> ExitStatus:
    t = _translator(config)
    _say(t.joined((what, t("Run it with --help to see the options."))))
    return ExitStatus.WRONG_USE


def _say(text: str) -> None:
    say(f"codex-probe: {text}")


if __name__ == "__main__":
    sys.exit(main())
