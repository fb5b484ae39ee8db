"""Where ``codex-probe`` starts and ends: exit states, interruptions, closed pipes."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from probe_tray.cli.arguments import Arguments, WrongUseError, is_bare, misused, parse, wants_diagnosis
from probe_tray.cli.terminal.pipes import end_line, finish, say

if TYPE_CHECKING:
    from probe_tray.core.errors import Problem

WRONG_USE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        end_line()
        _say("interrupted.")
        return INTERRUPTED


def _run(argv: Sequence[str]) -> int:
    try:
        arguments = parse(argv)
        if is_bare(arguments):
            parse(["--help"])
    except WrongUseError as error:
        _say(f"{error}. Run codex-probe --help to see what it takes.")
        return WRONG_USE
    except SystemExit:
        # Help or version was printed.
        if finish():
            return 0
        _say("standard output can't be written.")
        return 1
    if wrong := misused(arguments):
        _say(f"{wrong} Run codex-probe --help to see what it takes.")
        return WRONG_USE

    # Only now, for they bring the network and all that belongs to it.
    from probe_tray.core.errors import ConfigError, ProbeError, ProxyAddressError, UsageError

    try:
        return _do(arguments)
    except UsageError as error:
        # What is wrong with a flag is said in the language of the flags, as in the help.
        _say(str(error))
        return WRONG_USE
    except ProbeError as error:
        _say(_translated(error.problem))
        return WRONG_USE if isinstance(error, ConfigError | ProxyAddressError) else 1


def _do(arguments: Arguments) -> int:
    if arguments.login:
        from probe_tray.cli.login.login import run_login

        return run_login(arguments)
    if arguments.take:
        from probe_tray.cli.transfer.import_logins import run_import

        return run_import(arguments)
    if arguments.export is not None:
        from probe_tray.cli.transfer.export_logins import run_export

        return run_export(arguments, arguments.export)
    if arguments.sync:
        from probe_tray.cli.sync.sync import run_sync

        return run_sync(arguments)
    if wants_diagnosis(arguments):
        from probe_tray.cli.diagnose.diagnose import run_diagnosis

        return run_diagnosis(arguments)
    from probe_tray.cli.renew.run import run_work

    return run_work(arguments)


def _translated(problem: "Problem") -> str:
    from probe_tray.cli.terminal.hints import at_the_command_line
    from probe_tray.cli.terminal.language import spoken
    from probe_tray.core.settings import Language
    from probe_tray.view.text.translate import Translator

    return Translator(spoken(Language.AUTO, os.environ)).told(at_the_command_line(problem))


def _say(text: str) -> None:
    say(f"codex-probe: {text}")


if __name__ == "__main__":
    sys.exit(main())
