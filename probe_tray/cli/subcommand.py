"""The subcommands, and the flags of those that answer with numbers. Imports only what the command line needs."""

import argparse
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING

from probe_tray.cli.wrong_use import Translate, WrongUseError
from probe_tray.core.quota.guarded_window import GuardedWindow

if TYPE_CHECKING:
    from probe_tray.cli.arguments import Arguments


class Subcommand(enum.Enum):
    """The first words that say what to do. A file of that name is reached as ``./next``, or with a flag that acts."""

    NEXT = "next"
    GUARD = "guard"
    WATCH = "watch"
    USE = "use"
    DIAGNOSE = "diagnose"


class LineFormat(enum.Enum):
    """How ``--format`` prints one account."""

    LINE = "line"
    JSON = "json"
    WAYBAR = "waybar"
    TMUX = "tmux"
    TEMPLATE = "template"


LOOKS = frozenset({Subcommand.NEXT, Subcommand.GUARD, Subcommand.WATCH})
"""Those that only look at quotas."""


def subcommands_help(t: Translate) -> str:
    """What the help says of them, one line each."""
    about = {
        Subcommand.NEXT: t("print the account to use next"),
        Subcommand.GUARD: t("exit with 0 if enough of a quota is left, 1 if not, 3 if unknown"),
        Subcommand.WATCH: t("print a line of JSON now and at each change"),
        Subcommand.USE: t("use an account in Codex, or show which one it uses"),
        Subcommand.DIAGNOSE: t("check what works, and see how to fix the rest"),
    }
    # As wide as the column that argparse leaves for the names of options.
    return "\n".join(f"{one.value:<22}{about[one]}" for one in Subcommand)


def add_subcommand_options(parser: argparse.ArgumentParser, t: Translate) -> None:
    """Add the flags of all of them, in groups."""
    _add_quota_options(parser.add_argument_group(t("numbers for scripts")).add_argument, t)
    _add_use_options(parser.add_argument_group(t("use in Codex")).add_argument, t)


def misused_subcommand(arguments: "Arguments", t: Translate) -> str:
    """Why these flags can't be combined, as a sentence; empty if they can."""
    return _misused_quota_options(arguments, t) or _misused_use_options(arguments, t)


def _add_quota_options(add: Callable[..., argparse.Action], t: Translate) -> None:
    """Add the flags."""
    add(
        "--account",
        metavar="A",
        help=t("the account: its address, your name for it, or its id (default: the one Codex uses, else the next)"),
    )
    add("--min-left", metavar="PERCENT", type=_percent, help=t("with guard: how much must be left (default 20)"))
    add(
        "--window",
        metavar="W",
        type=_window,
        help=t("with guard: 5h, week, any (one is enough) or all (default: each has enough)"),
    )
    add(
        "--format",
        metavar="F",
        type=_format,
        help=t("print one account in one line: line, json, waybar, tmux, template"),
    )
    add("--template", metavar="TEXT", help=t("with --format template: the line, with fields in braces"))


def _add_use_options(add: Callable[..., argparse.Action], t: Translate) -> None:
    """Add the flags of ``use``."""
    add("--whole", action="store_true", help=t("give Codex the refresh token too, so that Codex renews the login"))
    add("--keep", action="store_true", help=t("if Probe Tray doesn't have Codex's present login, save it first"))
    add("--home", metavar="PATH", help=t("the Codex folder to change (default: CODEX_HOME, else ~/.codex)"))
    add("--put-back", action="store_true", help=t("put back what Codex had before, such as an API key"))


def _misused_use_options(arguments: "Arguments", t: Translate) -> str:
    """Why these flags can't be combined, as a sentence; empty if they can."""
    flags = arguments.whole or arguments.keep or arguments.home is not None or arguments.put_back
    if arguments.subcommand is not Subcommand.USE:
        return t("--whole, --keep, --home and --put-back work only with use.") if flags else ""
    if len(arguments.paths) > 1:
        return t("use takes one account.")
    if arguments.put_back and (arguments.paths or arguments.whole):
        return t("--put-back takes no account.")
    if (arguments.whole or arguments.keep) and not (arguments.paths or arguments.put_back):
        return t("--whole and --keep need an account.")
    return ""


def _misused_quota_options(arguments: "Arguments", t: Translate) -> str:
    """Why these flags can't be combined, as a sentence; empty if they can."""
    subcommand, formatted = arguments.subcommand, arguments.format is not None
    if subcommand is Subcommand.DIAGNOSE and arguments.paths:
        return t("diagnose takes no files.")
    if formatted and arguments.paths and arguments.paths[0] in {one.value for one in LOOKS}:
        return t("--format can't be combined with next, guard or watch. If you mean a file, put ./ before its name.")
    if formatted and (arguments.renew or arguments.apitest or arguments.output is not None or arguments.json):
        return t("--format can only be combined with --status.")
    if (arguments.min_left is not None or arguments.window is not None) and subcommand is not Subcommand.GUARD:
        return t("--min-left and --window work only with guard.")
    if arguments.account is not None and not (formatted or subcommand in {Subcommand.GUARD, Subcommand.WATCH}):
        return t("--account works only with guard, watch and --format.")
    if (arguments.format is LineFormat.TEMPLATE) is (arguments.template is None):
        return t("--format template and --template work only together.")
    return ""


def _percent(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:9]) <= 100:
        return int(text)
    raise WrongUseError("--min-left takes a whole number from 0 to 100, not “{given}”.", given=text)


def _window(text: str) -> GuardedWindow:
    try:
        return GuardedWindow(text.lower())
    except ValueError:
        raise WrongUseError("--window takes 5h, week, any or all, not “{given}”.", given=text) from None


def _format(text: str) -> LineFormat:
    try:
        return LineFormat(text.lower())
    except ValueError:
        formats = ", ".join(one.value for one in LineFormat)
        raise WrongUseError(
            "--format takes one of these: {formats}. “{given}” isn't one.", formats=formats, given=text
        ) from None
