"""Where ``codex-probe`` starts and ends: flags, help and version, Ctrl-C."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from probe_tray.cli.arguments import Arguments, WrongUseError, is_bare, misused, parse, wants_diagnosis
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.terminal.pipes import end_line, finish, say

if TYPE_CHECKING:
    from probe_tray.cli.session.session import CommandSession


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
        if is_bare(arguments):
            parse(["--help"])
    except WrongUseError as error:
        _say(f"{error}. Run codex-probe --help to see what it takes.")
        return ExitStatus.WRONG_USE
    except SystemExit:
        # Help or version was printed.
        if finish():
            return ExitStatus.SUCCESS
        _say("standard output can't be written.")
        return ExitStatus.FAILURE
    if wrong := misused(arguments):
        _say(f"{wrong} Run codex-probe --help to see what it takes.")
        return ExitStatus.WRONG_USE

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


def _say(text: str) -> None:
    say(f"codex-probe: {text}")


if __name__ == "__main__":
    sys.exit(main())
