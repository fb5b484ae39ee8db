"""The flags of ``--sync`` for the table as a whole. Imports only argparse, as all that reads the command line."""

import argparse
from collections.abc import Callable
from typing import Protocol

from probe_tray.cli.wrong_use import Translate


class TableOptions(Protocol):
    """What the person asked of the table."""

    show_code: bool
    enter_code: bool
    show_sql: bool
    change_key: bool
    end_old_key: bool
    stop_sharing: str | None
    allow_unprotected: bool


def add_table_options(add: Callable[..., argparse.Action], t: Translate) -> None:
    """Add the flags, with their help."""
    add("--show-code", action="store_true", help=t("with --sync: show the code that sets up the next computer"))
    add("--enter-code", action="store_true", help=t("with --sync: set up this computer; asks for the code"))
    add("--show-sql", action="store_true", help=t("with --sync: print the SQL that protects the table with your key"))
    add("--change-key", action="store_true", help=t("with --sync: make a new encryption key beside the old one"))
    add("--end-old-key", action="store_true", help=t("with --sync: from now on only the new key is accepted"))
    add("--stop-sharing", metavar="ACCOUNT", help=t("with --sync: remove an account from the table for all computers"))
    add(
        "--allow-unprotected",
        action="store_true",
        help=t("with --sync: use a table that is no longer protected, from now on"),
    )


def acts_on_table(options: TableOptions) -> bool:
    """Whether any of them is given."""
    return _count(options) > 0


def misused_table_options(options: TableOptions, t: Translate) -> str:
    """Why they can't be used together or as they are given, as a sentence; empty where they can."""
    if _count(options) > 1:
        return t(
            "--sync takes one of --show-code, --enter-code, --show-sql, --change-key, --end-old-key, --stop-sharing, "
            "--allow-unprotected."
        )
    if options.stop_sharing is not None and not options.stop_sharing.strip():
        return t("--stop-sharing takes the email address or id of an account.")
    return ""


def _count(options: TableOptions) -> int:
    given = (options.show_code, options.enter_code, options.show_sql, options.change_key, options.end_old_key)
    return sum((*given, options.stop_sharing is not None, options.allow_unprotected))
