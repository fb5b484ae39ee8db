"""Where ``codex-probe`` starts and ends: flags, help and version, Ctrl-C."""

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from probe_tray.adapters.lean_import import import_asyncio
from probe_tray.cli.arguments import (
    Arguments,
    HelpWantedError,
    is_bare,
    named_config,
    parse,
)
from probe_tray.cli.combinations import misused
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.subcommand import Subcommand
from probe_tray.cli.terminal.pipes import end_line, finish, say
from probe_tray.cli.wrong_use import WrongUseError

if TYPE_CHECKING:
    from probe_tray.cli.session.session import CommandSession
    from probe_tray.view.text.translate import Translator


def main(argv: Sequence[str] | None = None) -> ExitStatus:
    """Run the command and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    if argv is None:
        # In a process of its own all that is loaded stays to the end. The collector would look through it again and
        # again, and at the end once more: 40 ms of CPU.
        gc.disable()
    try:
        return _run(words)
    except KeyboardInterrupt:
        end_line()
        t = _translator(named_config(words))
        _say(t("interrupted."))
        return ExitStatus.INTERRUPTED


def _run(argv: Sequence[str]) -> ExitStatus:
    config = named_config(argv)
    try:
        arguments = parse(argv)
    except HelpWantedError:
        return _help(config)
    except WrongUseError as error:
        t = _translator(config)
        return _wrong_use(t(error.template, **error.values), t)
    except SystemExit:
        # The version was printed.
        return _printed(config)
    if is_bare(arguments):
        return _help(config)
    if misused(arguments, str):
        t = _translator(config)
        return _wrong_use(misused(arguments, t), t)

    if (answer := _short_answer(arguments)) is not None:
        _collect_again()
        return answer(arguments)
    # Only now, for it brings the network and all that belongs to it.
    import_asyncio()
    from probe_tray.cli.session.session import run_session

    action = _action(arguments)
    _collect_again()
    return run_session(arguments, action)


def _collect_again() -> None:
    """Have the collector work, on what is made from now on."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _short_answer(arguments: Arguments) -> Callable[[Arguments], ExitStatus] | None:
    """The action that the running app may answer, so that it begins without a session."""
    match arguments.subcommand:
        case Subcommand.NEXT:
            from probe_tray.cli.quota.next_account import print_next

            return print_next
        case Subcommand.GUARD:
            from probe_tray.cli.quota.quota_guard import run_guard

            return run_guard
        case Subcommand.WATCH:
            from probe_tray.cli.quota.quota_watch import run_watch

            return run_watch
        case Subcommand.DIAGNOSE | Subcommand.USE | None:
            pass
    if arguments.format is None:
        return None
    from probe_tray.cli.quota.quota_format import print_line

    return print_line


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
    if arguments.show_code or arguments.enter_code:
        from probe_tray.cli.sync.setup_code import enter_code, show_code

        return show_code if arguments.show_code else enter_code
    if arguments.show_sql or arguments.change_key or arguments.end_old_key or arguments.stop_sharing is not None:
        from probe_tray.cli.sync.table_action import act_on_table

        return act_on_table
    if arguments.sync:
        from probe_tray.cli.sync.sync import sync

        return sync
    match arguments.subcommand:
        case Subcommand.DIAGNOSE:
            from probe_tray.cli.diagnose.diagnose import diagnose

            return diagnose
        case Subcommand.USE:
            from probe_tray.cli.codex.use import use_in_codex

            return use_in_codex
        case Subcommand.NEXT | Subcommand.GUARD | Subcommand.WATCH | None:
            pass
    from probe_tray.cli.renew.run import run_accounts

    return run_accounts


def _translator(config: str | None) -> "Translator":
    # Imported here: it reads the settings, which nothing else on the way to an action needs.
    from probe_tray.adapters.files.disk import Disk
    from probe_tray.cli.session.language import person_translator

    return person_translator(config, Disk())


def _help(config: str | None) -> ExitStatus:
    from probe_tray.cli.help_text import help_text

    # A failed write stays in the buffer, so that it is noticed when everything is brought out.
    with suppress(OSError):
        print(help_text(_translator(config)), end="")
    return _printed(config)


def _printed(config: str | None) -> ExitStatus:
    if finish():
        return ExitStatus.SUCCESS
    # Only now: loading the person's language would make --version slower.
    t = _translator(config)
    _say(t("standard output can't be written."))
    return ExitStatus.FAILURE


def _wrong_use(what: str, t: "Translator") -> ExitStatus:
    _say(t.joined((what, t("Run it with --help to see the options."))))
    return ExitStatus.WRONG_USE


def _say(text: str) -> None:
    say(f"codex-probe: {text}")


if __name__ == "__main__":
    sys.exit(main())
